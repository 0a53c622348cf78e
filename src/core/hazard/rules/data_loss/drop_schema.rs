//! `DROP SCHEMA`: everything in it.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ObjectKind;
use crate::core::statement::{Action, DroppedObject, Effect, ScriptState};

pub const RULE: Rule = Rule { code: Code::DropSchema, title: "drops schema", page: PAGE, check };

const PAGE: &str = "\
DROP SCHEMA … CASCADE drops every table, view, type and function in the schema. Without CASCADE, PostgreSQL
rejects the statement if the schema is not empty. It is reported in both cases, because the schema may contain
other objects on another database.

What to do instead: drop the objects by name, each in its own statement, so that a reviewer sees which objects
are dropped.
";

fn check(action: &Action, _: &ScriptState) -> Vec<Finding> {
    let Action::Drop(drop) = action else { return Vec::new() };
    if drop.kind != ObjectKind::Schema {
        return Vec::new();
    }
    drop.names.iter().map(|name| Finding::new(name, Effect::DropsObject(DroppedObject::Schema(name.clone())))).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("DROP SCHEMA old", &["DL104 old"]),
            ("DROP SCHEMA IF EXISTS a, \"B c\" CASCADE", &["DL104 a", "DL104 \"B c\""]),
            ("CREATE SCHEMA a CREATE TABLE t (a int)", &[]),
            ("ALTER SCHEMA a RENAME TO b", &[]),
        ]);
    }
}
