//! The SQL of a rename, in both directions.

use super::{Rename, Subject};
use crate::core::schema::{Kind, ObjectId};
use crate::core::sql::identifier::{literal, qualified, quote};

/// Returns the statements for the upgrade and for the downgrade, without a semicolon at the end. If the object is both
/// moved and renamed, there are two statements in each.
#[must_use]
pub fn rename_statements(rename: &Rename) -> (String, String) {
    match &rename.subject {
        Subject::Object { old, new } => {
            (rename_object(old, new, rename.holder), rename_object(new, old, rename.holder))
        }
        Subject::Label { of, old, new } => (rename_label(of, old, new), rename_label(of, new, old)),
    }
}

fn rename_label(of: &ObjectId, from: &str, to: &str) -> String {
    format!("ALTER TYPE {} RENAME VALUE {} TO {}", qualified(&of.schema, &of.name), literal(from), literal(to))
}

fn rename_object(from: &ObjectId, to: &ObjectId, holder: Option<Kind>) -> String {
    let (name, new_name) = (quote(&from.name), quote(&to.name));
    let relation = qualified(&from.schema, &from.of);
    let holder = holder.map_or("TABLE", alter_keyword);
    match from.kind {
        Kind::Column => {
            let part = if holder == "TYPE" { "ATTRIBUTE" } else { "COLUMN" };
            format!("ALTER {holder} {relation} RENAME {part} {name} TO {new_name}")
        }
        Kind::Constraint => format!("ALTER {holder} {relation} RENAME CONSTRAINT {name} TO {new_name}"),
        Kind::Trigger | Kind::Rule | Kind::Policy => {
            format!("ALTER {} {name} ON {relation} RENAME TO {new_name}", alter_keyword(from.kind))
        }
        _ => rename_independent(from, to),
    }
}

/// An object that belongs to no other object: moves it, then renames it.
fn rename_independent(from: &ObjectId, to: &ObjectId) -> String {
    let alter_keyword = alter_keyword(from.kind);
    let mut statements = Vec::new();
    if from.schema != to.schema {
        statements.push(format!(
            "ALTER {alter_keyword} {} SET SCHEMA {}",
            alter_name(from, &from.schema),
            quote(&to.schema)
        ));
    }
    if from.name != to.name {
        statements.push(format!(
            "ALTER {alter_keyword} {} RENAME TO {}",
            alter_name(from, &to.schema),
            quote(&to.name)
        ));
    }
    statements.join(";\n")
}

/// The object's name in ALTER, in the schema where it is at that point.
fn alter_name(id: &ObjectId, schema: &str) -> String {
    let name = qualified(schema, &id.name);
    match id.kind {
        Kind::Aggregate if id.arguments.is_empty() => format!("{name}(*)"),
        Kind::Function | Kind::Procedure | Kind::Aggregate => format!("{name}({})", id.arguments),
        _ => name,
    }
}

/// The kind in the syntax of ALTER.
fn alter_keyword(kind: Kind) -> &'static str {
    match kind {
        Kind::Enum | Kind::CompositeType | Kind::RangeType => "TYPE",
        Kind::Schema => "SCHEMA",
        Kind::Collation => "COLLATION",
        Kind::Domain => "DOMAIN",
        Kind::Sequence => "SEQUENCE",
        Kind::Index => "INDEX",
        Kind::View => "VIEW",
        Kind::MaterializedView => "MATERIALIZED VIEW",
        Kind::Function => "FUNCTION",
        Kind::Procedure => "PROCEDURE",
        Kind::Aggregate => "AGGREGATE",
        Kind::Trigger => "TRIGGER",
        Kind::Rule => "RULE",
        Kind::Policy => "POLICY",
        Kind::Statistics => "STATISTICS",
        Kind::EventTrigger => "EVENT TRIGGER",
        Kind::Publication => "PUBLICATION",
        Kind::ForeignDataWrapper => "FOREIGN DATA WRAPPER",
        Kind::ForeignServer => "SERVER",
        Kind::Table
        | Kind::Column
        | Kind::Constraint
        | Kind::Extension
        | Kind::PublishedTable
        | Kind::UserMapping
        | Kind::DefaultPrivileges => "TABLE",
    }
}
