//! `RENAME COLUMN` and `RENAME ATTRIBUTE`.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AlterType, TypeChange};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::RenameColumn, title: "renames column", page: PAGE, check };

const PAGE: &str = "\
Running programs that use the old name fail as soon as the revision is committed, until they are replaced.

What to do instead: add a new column, keep both columns equal with a trigger, change the programs, and drop the
old column. Or stop the programs during the deployment.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    match action {
        Action::AlterType(AlterType { name, change: TypeChange::RenameAttribute { attribute } })
            if !state.is_new_type(name) =>
        {
            vec![Finding::named(format!("{name}.{attribute}"))]
        }
        Action::RenameColumn { relation, column } if !state.is_new(relation) => {
            vec![Finding::named(format!("{relation}.{column}"))]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR602",
            &[
                ("ALTER TABLE s.t RENAME COLUMN \"A a\" TO b", &["s.t.\"A a\""]),
                ("ALTER TABLE t RENAME a TO b", &["t.a"]),
                ("ALTER VIEW v RENAME COLUMN a TO b", &["v.a"]),
                ("ALTER TYPE p RENAME ATTRIBUTE x TO y", &["p.x"]),
                ("ALTER TABLE t RENAME CONSTRAINT a TO b", &[]),
                ("ALTER TABLE t RENAME TO u", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t RENAME a TO b", &[]),
            ],
        );
    }
}
