//! Small schemas to tell apart, and what the writers make of them.

use super::Options;
use super::context::{Context, Decisions, Written};
use crate::core::schema::{Column, Grant, Kind, Object, ObjectId, Schema, Table, View};

/// What a single object is in the old and in the new schema.
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
        Self { id, old, new, options: Options { creator: "maker".to_owned(), version: 18 } }
    }

    pub fn context(&self) -> Context<'_> {
        Context { old: &self.old, new: &self.new, options: &self.options, decisions: Decisions::default() }
    }
}

pub fn schema(objects: impl IntoIterator<Item = (ObjectId, Object)>) -> Schema {
    Schema { objects: objects.into_iter().collect(), ..Schema::default() }
}

/// The statements alone.
pub fn sql(written: Vec<Written>) -> Vec<String> {
    written.into_iter().map(|written| written.sql).collect()
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

/// From `role=PRIVILEGE` or `role=PRIVILEGE*`, which has the option.
pub fn grant(text: &str) -> Grant {
    let (grantee, privilege) = text.split_once('=').unwrap();
    let grantable = privilege.ends_with('*');
    Grant { grantee: grantee.to_owned(), privilege: privilege.trim_end_matches('*').to_owned(), grantable }
}
