//! `DROP INDEX`: the queries that use it.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ObjectKind;
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::DropIndex, title: "drops index", page: PAGE, check };

const PAGE: &str = "\
Queries that used the index may read the whole table instead. If the index was unique, duplicates can be
written.

What to do instead: before you drop it, check that no query uses it (`pg_stat_user_indexes.idx_scan`, on every
replica).
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
