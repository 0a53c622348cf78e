//! Small schemas for tests.

use super::ownership::{Decisions, DiffContext, Options};
use super::steps::NotedSql;
use crate::core::schema::{
    Column, Constraint, ConstraintKind, Enum, Function, FunctionKind, Grant, Index, Kind, Object, ObjectId, Schema,
    SequenceOptions, Table, View,
};

/// One object in the old and in the new schema.
pub struct Pair {
    pub id: ObjectId,
    pub old: Schema,
    pub new: Schema,
    pub options: Options,
}

impl Pair {
    pub fn new(id: ObjectId, old: impl Into<Option<Object>>, new: impl Into<Option<Object>>) -> Self {
        let schema = |object: Option<Object>| schema(object.map(|object| (id.clone(), object)));
        let (old, new) = (schema(old.into()), schema(new.into()));
        Self { id, old, new, options: Options { creator: "creator".to_owned(), version: 18 } }
    }

    pub fn context(&self) -> DiffContext<'_> {
        DiffContext { old: &self.old, new: &self.new, options: &self.options, decisions: Decisions::default() }
    }
}

pub fn schema(objects: impl IntoIterator<Item = (ObjectId, Object)>) -> Schema {
    Schema { objects: objects.into_iter().collect(), ..Schema::default() }
}

/// The statements without notes.
pub fn sql(statements: Vec<NotedSql>) -> Vec<String> {
    statements.into_iter().map(|statement| statement.sql).collect()
}

pub fn own(kind: Kind, name: &str) -> ObjectId {
    ObjectId::new(kind, "public", name)
}

pub fn column(name: &str, type_name: &str) -> Column {
    Column {
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        collation: None,
        not_null: false,
        default: None,
        generated: None,
        identity: None,
        storage: None,
        compression: None,
        statistics: None,
        options: Vec::new(),
        foreign_options: Vec::new(),
        local: true,
        inherited: false,
    }
}

pub fn table(columns: &[Column]) -> Object {
    Object::Table(Box::new(Table {
        columns: columns.to_vec(),
        constraints: Vec::new(),
        persistence: crate::core::schema::Persistence::Permanent,
        partition_by: None,
        partition_of: None,
        inherits: Vec::new(),
        of_type: None,
        row_security: false,
        force_row_security: false,
        replica_identity: "default".to_owned(),
        access_method: Some("heap".to_owned()),
        tablespace: None,
        options: Vec::new(),
        foreign: None,
    }))
}

pub fn view(definition: &str, options: &[&str], columns: &[Column]) -> Object {
    Object::View(View { definition: definition.to_owned(), options: texts(options), columns: columns.to_vec() })
}

pub fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Reads `role=PRIVILEGE`, or `role=PRIVILEGE*` with grant option.
pub fn grant(text: &str) -> Grant {
    let (grantee, privilege) = text.split_once('=').unwrap();
    let grantable = privilege.ends_with('*');
    Grant { grantee: grantee.to_owned(), privilege: privilege.trim_end_matches('*').to_owned(), grantable }
}

/// A constraint; `definition` is the text after its name.
pub fn constraint(name: &str, kind: ConstraintKind, definition: &str, columns: &[&str]) -> Constraint {
    Constraint {
        name: name.to_owned(),
        kind,
        definition: definition.to_owned(),
        validated: !definition.ends_with(" NOT VALID") && !definition.ends_with(" NOT ENFORCED"),
        deferrable: definition.contains(" DEFERRABLE"),
        deferred: definition.contains(" INITIALLY DEFERRED"),
        columns: texts(columns),
        references: None,
        local: true,
        inherited: false,
        index_options: Vec::new(),
        index_tablespace: None,
        index_part_of: None,
        clustered: false,
        replica_identity: false,
    }
}

/// A table with more attributes.
pub fn table_with(columns: &[Column], set: impl FnOnce(&mut Table)) -> Object {
    let Object::Table(mut built) = table(columns) else { unreachable!() };
    set(&mut built);
    Object::Table(built)
}

pub fn index(definition: &str) -> Index {
    Index {
        unique: false,
        definition: definition.to_owned(),
        valid: true,
        clustered: false,
        replica_identity: false,
        tablespace: None,
        statistics: Vec::new(),
        part_of: None,
    }
}

/// The default options of CREATE SEQUENCE.
pub fn numbers(type_name: &str) -> SequenceOptions {
    let maximum = match type_name {
        "smallint" => i16::MAX.into(),
        "integer" => i32::MAX.into(),
        _ => i64::MAX,
    };
    let type_name = type_name.to_owned();
    SequenceOptions { type_name, start: 1, increment: 1, minimum: 1, maximum, cache: 1, cycle: false }
}

pub fn labels(labels: &[&str]) -> Object {
    Object::Enum(Enum { labels: texts(labels) })
}

/// A function without arguments.
pub fn function(name: &str, result: &str, body: &str) -> Object {
    Object::Function(Function {
        kind: FunctionKind::Function,
        arguments: String::new(),
        input_types: String::new(),
        result: Some(result.to_owned()),
        language: "sql".to_owned(),
        definition: format!("CREATE OR REPLACE FUNCTION public.{name}() RETURNS {result} LANGUAGE sql AS '{body}'"),
    })
}

/// A part of a table in `public`.
pub fn on(kind: Kind, table: &str, name: &str) -> ObjectId {
    ObjectId::on(kind, "public", table, name)
}

/// Records that the first object depends on the others.
pub fn depend(schema: &mut Schema, id: &ObjectId, others: &[ObjectId]) {
    schema.depends.entry(id.clone()).or_default().extend(others.iter().cloned());
}
