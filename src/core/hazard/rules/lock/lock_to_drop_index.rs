//! `DROP INDEX` without CONCURRENTLY.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ObjectKind;
use crate::core::statement::{Action, ScriptState};

/// The rule.
pub const RULE: Rule = Rule { code: Code::LockToDropIndex, title: "waits for all queries", page: PAGE, check };

const PAGE: &str = "\
DROP INDEX takes an ACCESS EXCLUSIVE lock on the table of the index. It is done at once, but it waits until
every query on the table has ended, and all later queries wait behind it.

What to do instead: DROP INDEX CONCURRENTLY, in a revision of its own; or a short `lock_timeout`.
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
