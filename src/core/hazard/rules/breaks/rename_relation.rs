//! `RENAME TO` of a table, view or sequence.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::RenameRelation, title: "renames relation", page: PAGE, check };

const PAGE: &str = "\
Running programs that use the old name fail as soon as the revision is committed, until they are replaced.

What to do instead: after the rename, create a view with the old name that selects from the new one, and drop
the view when no program uses it. Or stop the programs during the deployment.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    match action {
        Action::RenameRelation { relation } if !state.is_new(relation) => vec![Finding::named(relation)],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR601",
            &[
                ("ALTER TABLE IF EXISTS s.\"T t\" RENAME TO u", &["s.\"T t\""]),
                ("ALTER VIEW v RENAME TO w", &["v"]),
                ("ALTER MATERIALIZED VIEW m RENAME TO n", &["m"]),
                ("ALTER SEQUENCE q RENAME TO r", &["q"]),
                ("ALTER INDEX i RENAME TO j", &[]),
                ("ALTER TABLE t RENAME a TO b", &[]),
                ("CREATE TABLE a (b int); ALTER TABLE a RENAME TO c", &[]),
                ("CREATE TABLE new (b int); ALTER TABLE t RENAME TO old; ALTER TABLE new RENAME TO t", &["t"]),
            ],
        );
    }
}
