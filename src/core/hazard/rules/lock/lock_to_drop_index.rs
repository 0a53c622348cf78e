//! `DROP INDEX` without CONCURRENTLY.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ObjectKind;
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::LockToDropIndex, title: "locks table to drop index", page: PAGE, check };

const PAGE: &str = "\
DROP INDEX takes an ACCESS EXCLUSIVE lock on the table of the index. It waits for all running queries on the
table, and later queries wait for it. The drop itself is fast.

What to do instead: use DROP INDEX CONCURRENTLY in a separate revision, or set a short `lock_timeout`.
";

fn check(action: &Action, _: &ScriptState) -> Vec<Finding> {
    match action {
        Action::Drop(drop) if drop.kind == ObjectKind::Index && !drop.concurrently => {
            drop.names.iter().map(Finding::named).collect()
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
            "LK311",
            &[
                ("DROP INDEX IF EXISTS i, s.\"J\"", &["i", "s.\"J\""]),
                ("DROP INDEX CONCURRENTLY i", &[]),
                ("REINDEX INDEX i", &[]),
            ],
        );
    }
}
