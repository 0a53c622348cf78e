//! A rename as SQL, forwards and back.

use super::{Rename, Subject};
use crate::core::schema::{Kind, ObjectId};
use crate::core::sql::identifier::{literal, qualified, quote};

/// The statements that rename and that rename back, without a semicolon at the end; two where it both moves to another
/// schema and gets another name.
#[must_use]
pub fn statement(rename: &Rename) -> (String, String) {
    match &rename.subject {
        Subject::Object { old, new } => (of_object(old, new, rename.holder), of_object(new, old, rename.holder)),
        Subject::Label { of, old, new } => (of_label(of, old, new), of_label(of, new, old)),
    }
}

fn of_label(of: &ObjectId, from: &str, to: &str) -> String {
    format!("ALTER TYPE {} RENAME VALUE {} TO {}", qualified(&of.schema, &of.name), literal(from), literal(to))
}

fn of_object(from: &ObjectId, to: &ObjectId, holder: Option<Kind>) -> String {
    let (name, new_name) = (quote(&from.name), quote(&to.name));
    let relation = qualified(&from.schema, &from.of);
    let holder = holder.map_or("TABLE", noun);
    match from.kind {
        Kind::Column => {
            let part = if holder == "TYPE" { "ATTRIBUTE" } else { "COLUMN" };
            format!("ALTER {holder} {relation} RENAME {part} {name} TO {new_name}")
        }
        Kind::Constraint => format!("ALTER {holder} {relation} RENAME CONSTRAINT {name} TO {new_name}"),
        Kind::Trigger | Kind::Rule | Kind::Policy => {
            format!("ALTER {} {name} ON {relation} RENAME TO {new_name}", noun(from.kind))
        }
        _ => standing(from, to),
    }
}

/// Of an object that stands alone: moved first, then renamed.
fn standing(from: &ObjectId, to: &ObjectId) -> String {
    let noun = noun(from.kind);
    let mut statements = Vec::new();
    if from.schema != to.schema {
        statements.push(format!("ALTER {noun} {} SET SCHEMA {}", full(from, &from.schema), quote(&to.schema)));
    }
    if from.name != to.name {
        statements.push(format!("ALTER {noun} {} RENAME TO {}", full(from, &to.schema), quote(&to.name)));
    }
    statements.join(";\n")
}

/// The name as ALTER takes it, in the schema where it is by then.
fn full(id: &ObjectId, schema: &str) -> String {
    let name = qualified(schema, &id.name);
    match id.kind {
        Kind::Aggregate if id.arguments.is_empty() => format!("{name}(*)"),
        Kind::Function | Kind::Procedure | Kind::Aggregate => format!("{name}({})", id.arguments),
        _ => name,
    }
}

/// What ALTER calls the kind.
fn noun(kind: Kind) -> &'static str {
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
        Kind::Table | Kind::Column | Kind::Constraint | Kind::Extension | Kind::DefaultPrivileges => "TABLE",
    }
}
