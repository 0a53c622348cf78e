//! Constraints of tables and domains.

use super::{Alteration, NotedSql, Writer};
use super::{index, options};
use crate::core::diff::ownership::DiffContext;
use crate::core::schema::{Constraint, ConstraintKind, Kind, ObjectId, Schema};
use crate::core::sql::identifier::{qualified, quote};

/// The first version with NOT ENFORCED.
const ALTER_ENFORCED: u32 = 18;
pub(super) const WRITER: Writer = Writer { alteration, create, drop, alter };

pub(super) fn alteration(context: &DiffContext, id: &ObjectId) -> Alteration {
    let (Some(old), Some(new)) = (context.old.constraint(id), context.new.constraint(id)) else {
        return Alteration::None;
    };
    let without_origin =
        |one: &Constraint| Constraint { local: true, inherited: false, index_part_of: None, ..one.clone() };
    if without_origin(old) == without_origin(new) {
        return Alteration::None;
    }
    let enforces = is_enforced(old) != is_enforced(new);
    let invalidates = old.validated && !new.validated && !enforces;
    let is_same_body = body(old) == body(new) && old.kind == new.kind && !invalidates;
    let defers = (old.deferrable, old.deferred) != (new.deferrable, new.deferred);
    // PostgreSQL cannot change the options of a partitioned index.
    let is_partitioned = context.new.table(&id.schema, &id.of).is_some_and(|table| table.partition_by.is_some());
    let is_unalterable = is_partitioned && old.index_options != new.index_options;
    let can_enforce = !enforces || context.options.version >= ALTER_ENFORCED;
    let in_place = !(defers || enforces) || new.kind == ConstraintKind::ForeignKey && can_enforce;
    if is_same_body && !is_unalterable && in_place {
        Alteration::InPlace { rebuilds_dependents: false }
    } else {
        Alteration::Recreate
    }
}

pub(super) fn create(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let Some(constraint) = context.new.constraint(id) else { return Vec::new() };
    let mut statements = vec![format!("{} ADD {}", alter_holder(context.new, id), inline(constraint))];
    statements.extend(set_attributes(context, id, constraint));
    statements.into_iter().map(NotedSql::from).collect()
}

pub(super) fn drop(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    vec![format!("{} DROP CONSTRAINT {}", alter_holder(context.old, id), quote(&id.name)).into()]
}

pub(super) fn alter(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let (Some(old), Some(new)) = (context.old.constraint(id), context.new.constraint(id)) else {
        return Vec::new();
    };
    let holder = alter_holder(context.new, id);
    let mut statements = Vec::new();
    if (old.deferrable, old.deferred) != (new.deferrable, new.deferred) {
        let how = match (new.deferrable, new.deferred) {
            (false, _) => "NOT DEFERRABLE",
            (true, false) => "DEFERRABLE INITIALLY IMMEDIATE",
            (true, true) => "DEFERRABLE INITIALLY DEFERRED",
        };
        statements.push(format!("{holder} ALTER CONSTRAINT {} {how}", quote(&id.name)));
    }
    let enforces = is_enforced(old) != is_enforced(new);
    if enforces {
        let word = if is_enforced(new) { "ENFORCED" } else { "NOT ENFORCED" };
        statements.push(format!("{holder} ALTER CONSTRAINT {} {word}", quote(&id.name)));
    }
    if !old.validated && new.validated && !enforces {
        statements.push(format!("{holder} VALIDATE CONSTRAINT {}", quote(&id.name)));
    }
    let index = qualified(&id.schema, &id.name);
    statements.extend(options::alter_statements(
        &format!("ALTER INDEX {index}"),
        &old.index_options,
        &new.index_options,
    ));
    if old.index_tablespace != new.index_tablespace {
        let tablespace = new.index_tablespace.as_deref().unwrap_or("pg_default");
        statements.push(format!("ALTER INDEX {index} SET TABLESPACE {}", quote(tablespace)));
    }
    statements.extend(index::cluster_and_identity(context, id, index_marks(old), index_marks(new)));
    statements.into_iter().map(NotedSql::from).collect()
}

/// `CONSTRAINT name …`, as in CREATE TABLE and after ADD.
pub(super) fn inline(constraint: &Constraint) -> String {
    let name = quote(&constraint.name);
    let key = matches!(constraint.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique);
    if !key || constraint.index_options.is_empty() {
        return format!("CONSTRAINT {name} {}", constraint.definition);
    }
    let (body, timing) = match constraint.definition.find(" DEFERRABLE") {
        Some(at) => constraint.definition.split_at(at),
        None => (constraint.definition.as_str(), ""),
    };
    format!("CONSTRAINT {name} {body}{}{timing}", options::with_clause(&constraint.index_options))
}

/// Statements for what the CONSTRAINT clause cannot express.
pub(super) fn set_attributes(context: &DiffContext, id: &ObjectId, constraint: &Constraint) -> Vec<String> {
    let index = format!("ALTER INDEX {}", qualified(&id.schema, &id.name));
    let mut statements = Vec::new();
    if constraint.kind == ConstraintKind::Exclusion {
        statements.extend(options::alter_statements(&index, &[], &constraint.index_options));
    }
    let tablespace = constraint.index_tablespace.iter();
    statements.extend(tablespace.map(|tablespace| format!("{index} SET TABLESPACE {}", quote(tablespace))));
    statements.extend(index::cluster_and_identity(context, id, (false, false), index_marks(constraint)));
    statements
}

fn index_marks(constraint: &Constraint) -> (bool, bool) {
    (constraint.clustered, constraint.replica_identity)
}

fn is_enforced(constraint: &Constraint) -> bool {
    !constraint.definition.ends_with(" NOT ENFORCED")
}

/// The definition without what ALTER CONSTRAINT and VALIDATE CONSTRAINT can change.
fn body(constraint: &Constraint) -> String {
    let mut body = constraint.definition.as_str();
    for end in [" NOT VALID", " NOT ENFORCED", " INITIALLY DEFERRED", " DEFERRABLE"] {
        body = body.strip_suffix(end).unwrap_or(body);
    }
    body.to_owned()
}

fn alter_holder(schema: &Schema, id: &ObjectId) -> String {
    let is_domain = schema.objects.contains_key(&ObjectId::new(Kind::Domain, &id.schema, &id.of));
    let what = if is_domain { "DOMAIN" } else { "TABLE" };
    format!("ALTER {what} {}", qualified(&id.schema, &id.of))
}
