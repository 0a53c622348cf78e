//! Tables: their own attributes, and CREATE TABLE with columns and constraints.

use super::{Alteration, NotedSql, Writer};
use super::{column, column_attributes, constraint, not_null, options, recreated_table};
use crate::core::diff::ownership::{self, DiffContext};
use crate::core::schema::{
    Column, Constraint, ConstraintKind, Kind, Object, ObjectId, Persistence, QualifiedName, Table,
};
use crate::core::sql::identifier::{qualified, quote};
use crate::core::sql::lexer::Lexer;

/// The first version with SET ACCESS METHOD.
const SET_ACCESS_METHOD: u32 = 15;
pub(super) const WRITER: Writer = Writer { alteration, create, drop, alter };

pub(super) fn alteration(context: &DiffContext, id: &ObjectId) -> Alteration {
    let (Some(old), Some(new)) = pair(context, id) else { return Alteration::None };
    let server = |table: &Table| table.foreign.as_ref().map(|foreign| foreign.server.clone());
    let method = |table: &Table| table.access_method.clone().filter(|_| context.options.version < SET_ACCESS_METHOD);
    if old.partition_by != new.partition_by || server(old) != server(new) || method(old) != method(new) {
        return Alteration::Recreate;
    }
    if retypes_partition_key(old, new) {
        return Alteration::Recreate;
    }
    let is_same = release(context, id).is_empty() && alter(context, id).is_empty();
    if is_same { Alteration::None } else { Alteration::InPlace { rebuilds_dependents: false } }
}

/// Whether a column of the partition key changes its type, which PostgreSQL cannot do in place.
fn retypes_partition_key(old: &Table, new: &Table) -> bool {
    let Some(key) = &old.partition_by else { return false };
    let of_type = |column: &Column| (column.type_name.clone(), column.collation.clone());
    let is_retyped = |column: &&Column| {
        let wanted = new.columns.iter().find(|wanted| wanted.name == column.name);
        wanted.is_some_and(|wanted| of_type(wanted) != of_type(column))
    };
    old.columns.iter().filter(is_retyped).any(|column| mentions(key, &quote(&column.name)))
}

/// Whether an expression contains a name.
fn mentions(expression: &str, name: &str) -> bool {
    let mut lexer = Lexer::new(expression);
    while let Ok(Some(token)) = lexer.next_token() {
        if token.text(expression) == name {
            return true;
        }
    }
    false
}

pub(super) fn create(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let Some(table) = context.new.table(&id.schema, &id.name) else { return Vec::new() };
    let is_inline = |one: &&Constraint| {
        let own = ObjectId::on(Kind::Constraint, &id.schema, &id.name, &one.name);
        one.local && one.kind != ConstraintKind::NotNull && context.decisions.inline.contains(&own)
    };
    let mut inline: Vec<&Constraint> = table.constraints.iter().filter(is_inline).collect();
    inline.sort_by_key(|one| match one.kind {
        ConstraintKind::PrimaryKey => 0,
        ConstraintKind::Unique => 1,
        ConstraintKind::Exclusion => 2,
        ConstraintKind::Check => 3,
        ConstraintKind::ForeignKey | ConstraintKind::NotNull => 4,
    });
    let mut statements = vec![create_statement(context, id, table, &inline)];
    for column in &table.columns {
        let own = ObjectId::on(Kind::Column, &id.schema, &id.name, &column.name);
        statements.extend(differences_from_parent(context, &own, table, column));
        statements.extend(column_attributes::set_attributes(context.options.version, &own, None, column));
    }
    for one in inline {
        let own = ObjectId::on(Kind::Constraint, &id.schema, &id.name, &one.name);
        statements.extend(constraint::set_attributes(context, &own, one));
    }
    statements.extend(row_security_statements(id, (false, false), table));
    statements.extend(replica_identity_statements(id, "default", table));
    statements.into_iter().map(NotedSql::from).collect()
}

pub(super) fn drop(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    if let Some(other) = context.decisions.temporary_names.get(id) {
        return recreated_table::drop(context, id, other);
    }
    let is_foreign = context.old.table(&id.schema, &id.name).is_some_and(|table| table.foreign.is_some());
    let foreign = if is_foreign { "FOREIGN " } else { "" };
    let detach = referred_parent(context, id).map(|parent| {
        let parent = qualified(&parent.schema, &parent.name);
        format!("ALTER TABLE {parent} DETACH PARTITION {}", qualified(&id.schema, &id.name)).into()
    });
    let drop = format!("DROP {foreign}TABLE {}", qualified(&id.schema, &id.name)).into();
    detach.into_iter().chain([drop]).collect()
}

/// The partitioned table from which a partition must be detached before DROP TABLE: foreign keys refer to it and it
/// stays.
fn referred_parent<'a>(context: &DiffContext<'a>, id: &ObjectId) -> Option<&'a QualifiedName> {
    let parent = &context.old.table(&id.schema, &id.name)?.partition_of.as_ref()?.parent;
    context.new.table(&parent.schema, &parent.name)?;
    let parent_id = ObjectId::new(Kind::Table, &parent.schema, &parent.name);
    if context.decisions.temporary_names.contains_key(&parent_id) {
        // The foreign keys to it are dropped already.
        return None;
    }
    let refers = |object: &Object| match object {
        Object::Table(table) => table.constraints.iter().any(|one| one.references.as_ref() == Some(parent)),
        _ => false,
    };
    context.old.objects.values().any(refers).then_some(parent)
}

pub(super) fn alter(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let (Some(old), Some(new)) = pair(context, id) else { return Vec::new() };
    let foreign = if new.foreign.is_some() { "FOREIGN " } else { "" };
    let prefix = format!("ALTER {foreign}TABLE {}", qualified(&id.schema, &id.name));
    let mut statements = Vec::new();
    if let Some(of) = new.of_type.as_ref().filter(|_| old.of_type != new.of_type) {
        statements.push(format!("{prefix} OF {of}"));
    }
    if old.persistence != new.persistence {
        let logged = if new.persistence == Persistence::Unlogged { "UNLOGGED" } else { "LOGGED" };
        statements.push(format!("{prefix} SET {logged}"));
    }
    if old.access_method != new.access_method && context.options.version >= SET_ACCESS_METHOD {
        let method = new.access_method.as_deref().map_or_else(|| "DEFAULT".to_owned(), quote);
        statements.push(format!("{prefix} SET ACCESS METHOD {method}"));
    }
    if old.tablespace != new.tablespace {
        let tablespace = new.tablespace.as_deref().unwrap_or("pg_default");
        statements.push(format!("{prefix} SET TABLESPACE {}", quote(tablespace)));
    }
    statements.extend(options::alter_statements(&prefix, &old.options, &new.options));
    if let (Some(had), Some(has)) = (&old.foreign, &new.foreign)
        && had.options != has.options
    {
        statements.push(format!("{prefix} OPTIONS ({})", options::foreign_changes(&had.options, &has.options)));
    }
    statements.extend(row_security_statements(id, (old.row_security, old.force_row_security), new));
    statements.extend(replica_identity_statements(id, &old.replica_identity, new));
    statements.extend(join_parents(context, id, old, new));
    statements.into_iter().map(NotedSql::from).collect()
}

/// DETACH PARTITION, NO INHERIT, NOT OF.
pub(super) fn release(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let (Some(old), Some(new)) = pair(context, id) else { return Vec::new() };
    let released = context.decisions.released.contains(id);
    let name = qualified(&id.schema, &id.name);
    let mut statements = Vec::new();
    if let Some(partition) = old.partition_of.as_ref().filter(|_| released || old.partition_of != new.partition_of) {
        let parent = qualified(&partition.parent.schema, &partition.parent.name);
        statements.push(format!("ALTER TABLE {parent} DETACH PARTITION {name}").into());
    }
    for parent in old.inherits.iter().skip(unchanged_parents(released, old, new)) {
        let parent = qualified(&parent.schema, &parent.name);
        statements.push(format!("ALTER TABLE {name} NO INHERIT {parent}").into());
    }
    if old.of_type.is_some() && old.of_type != new.of_type {
        statements.push(format!("ALTER TABLE {name} NOT OF").into());
    }
    statements
}

/// ATTACH PARTITION and INHERIT.
fn join_parents(context: &DiffContext, id: &ObjectId, old: &Table, new: &Table) -> Vec<String> {
    let released = context.decisions.released.contains(id);
    let name = qualified(&id.schema, &id.name);
    let mut statements = Vec::new();
    if let Some(partition) = new.partition_of.as_ref().filter(|_| released || old.partition_of != new.partition_of) {
        let parent = qualified(&partition.parent.schema, &partition.parent.name);
        statements.push(format!("ALTER TABLE {parent} ATTACH PARTITION {name} {}", partition.bound));
    }
    for parent in new.inherits.iter().skip(unchanged_parents(released, old, new)) {
        statements.push(format!("ALTER TABLE {name} INHERIT {}", qualified(&parent.schema, &parent.name)));
    }
    statements
}

/// The number of parents at the start of the list that stay. Their order matters.
fn unchanged_parents(released: bool, old: &Table, new: &Table) -> usize {
    let alike = old.inherits.iter().zip(&new.inherits).take_while(|(old, new)| old == new).count();
    if released { 0 } else { alike }
}

fn create_statement(context: &DiffContext, id: &ObjectId, table: &Table, inline: &[&Constraint]) -> String {
    let name = qualified(&id.schema, &id.name);
    let what = match (table.persistence, &table.foreign) {
        (_, Some(_)) => "FOREIGN TABLE",
        (Persistence::Unlogged, None) => "UNLOGGED TABLE",
        _ => "TABLE",
    };
    let is_own = |column: &&Column| table.partition_of.is_none() && table.of_type.is_none() && is_declared(column);
    let columns = table.columns.iter().filter(is_own).map(|column| column::definition(context, id, table, column));
    let values = table.columns.iter().filter_map(|column| generated_column(context, id, table, column));
    let lines: Vec<String> = columns.chain(values).chain(inline.iter().map(|one| constraint::inline(one))).collect();
    let body = if lines.is_empty() { String::new() } else { format!(" (\n    {}\n)", lines.join(",\n    ")) };
    let sql = if let Some(partition) = &table.partition_of {
        let parent = qualified(&partition.parent.schema, &partition.parent.name);
        format!("CREATE {what} {name} PARTITION OF {parent}{body} {}", partition.bound)
    } else if let Some(of) = &table.of_type {
        format!("CREATE {what} {name} OF {of}{body}")
    } else {
        format!("CREATE {what} {name}{}", if body.is_empty() { " ()" } else { &body })
    };
    sql + &create_options(context, table)
}

fn create_options(context: &DiffContext, table: &Table) -> String {
    let mut parts = Vec::new();
    if !table.inherits.is_empty() {
        let parent = |parent: &QualifiedName| qualified(&parent.schema, &parent.name);
        parts.push(format!(" INHERITS ({})", table.inherits.iter().map(parent).collect::<Vec<_>>().join(", ")));
    }
    parts.extend(table.partition_by.iter().map(|key| format!(" PARTITION BY {key}")));
    if let Some(foreign) = &table.foreign {
        parts.push(format!(" SERVER {}", quote(&foreign.server)));
        let options = options::foreign_list(&foreign.options);
        parts.extend((!options.is_empty()).then(|| format!(" OPTIONS ({options})")));
    }
    let is_partitioned = table.partition_by.is_some() && context.options.version < 17;
    let method = table.access_method.as_ref().filter(|method| *method != "heap" && !is_partitioned);
    parts.extend(method.map(|method| format!(" USING {}", quote(method))));
    parts.push(options::with_clause(&table.options));
    parts.extend(table.tablespace.iter().map(|tablespace| format!(" TABLESPACE {}", quote(tablespace))));
    parts.concat()
}

/// Whether the table itself declares the column.
fn is_declared(column: &Column) -> bool {
    column.local || !column.inherited
}

/// The clause of a partition's or typed table's column that only CREATE TABLE can set: its generation expression or
/// identity.
fn generated_column(context: &DiffContext, id: &ObjectId, table: &Table, column: &Column) -> Option<String> {
    if table.partition_of.is_none() && table.of_type.is_none() {
        return None;
    }
    let own = ObjectId::on(Kind::Column, &id.schema, &id.name, &column.name);
    let parent = ownership::parent_column(context.new, &own).and_then(|parent| context.new.column(&parent));
    let is_as_parent = parent.is_some_and(|parent| parent.default == column.default);
    let generated = column.generated.filter(|_| !is_as_parent).zip(column.default.as_deref());
    let values = match (generated, &column.identity) {
        (Some((unchanged_parents, expression)), _) => Some(column::generation_clause(unchanged_parents, expression)),
        (None, Some(identity)) => super::identity::definition(id, &column.name, identity),
        _ => None,
    };
    values.map(|values| format!("{} {values}", quote(&column.name)))
}

/// Statements for a column that differs from its parent's column or its type's attribute.
fn differences_from_parent(context: &DiffContext, id: &ObjectId, table: &Table, column: &Column) -> Vec<String> {
    let is_typed = table.of_type.is_some();
    if table.partition_of.is_none() && !is_typed && is_declared(column) {
        return Vec::new();
    }
    let parent = ownership::parent_column(context.new, id).and_then(|parent| context.new.column(&parent));
    let prefix = format!("ALTER TABLE {} ALTER COLUMN {}", qualified(&id.schema, &id.of), quote(&id.name));
    let mut statements = Vec::new();
    let default = parent.and_then(|parent| parent.default.as_ref());
    if column.generated.is_none() && default != column.default.as_ref() {
        let set = column.default.as_ref().map(|default| format!("{prefix} SET DEFAULT {default}"));
        statements.push(set.unwrap_or_else(|| format!("{prefix} DROP DEFAULT")));
    }
    let is_numbered = column.identity.as_ref().is_some_and(|identity| identity.sequence.is_some());
    if column.not_null && !is_numbered && !parent.is_some_and(|parent| parent.not_null) {
        statements.extend(not_null::set(context, id).into_iter().map(|noted| noted.sql));
    }
    statements
}

fn row_security_statements(id: &ObjectId, had: (bool, bool), new: &Table) -> Vec<String> {
    let prefix = format!("ALTER TABLE {}", qualified(&id.schema, &id.name));
    let mut statements = Vec::new();
    if had.0 != new.row_security {
        let verb = if new.row_security { "ENABLE" } else { "DISABLE" };
        statements.push(format!("{prefix} {verb} ROW LEVEL SECURITY"));
    }
    if had.1 != new.force_row_security {
        let verb = if new.force_row_security { "FORCE" } else { "NO FORCE" };
        statements.push(format!("{prefix} {verb} ROW LEVEL SECURITY"));
    }
    statements
}

/// `index` is set by the index or by the constraint of the index.
fn replica_identity_statements(id: &ObjectId, had: &str, new: &Table) -> Vec<String> {
    if had == new.replica_identity || new.replica_identity == "index" {
        return Vec::new();
    }
    let table = qualified(&id.schema, &id.name);
    vec![format!("ALTER TABLE {table} REPLICA IDENTITY {}", new.replica_identity.to_uppercase())]
}

fn pair<'a>(context: &DiffContext<'a>, id: &ObjectId) -> (Option<&'a Table>, Option<&'a Table>) {
    (context.old.table(&id.schema, &id.name), context.new.table(&id.schema, &id.name))
}
