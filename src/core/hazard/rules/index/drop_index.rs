//! `DROP INDEX`: the queries that use it.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ObjectKind;
use crate::core::statement::{Action, ScriptState};

/// The rule.
pub const RULE: Rule = Rule { code: Code::DropIndex, title: "drops index", page: PAGE, check };

const PAGE: &str = "\
Queries that used the index read the whole table from now on, and without a unique index duplicates are
possible.

What to do instead: check that it is not used (`pg_stat_user_indexes.idx_scan`, on every replica) before you
drop it.
";

fn check(action: &Action, _: &ScriptState) -> Vec<Finding> {
    match action {
        Action::Drop(drop) if drop.kind == ObjectKind::Index => drop.names.iter().map(Finding::named).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "IX401",
            &[
                ("DROP INDEX CONCURRENTLY IF EXISTS a, s.\"B b\"", &["a", "s.\"B b\""]),
                ("DROP TABLE i", &[]),
                ("ALTER INDEX i RENAME TO j", &[]),
            ],
        );
    }
}
