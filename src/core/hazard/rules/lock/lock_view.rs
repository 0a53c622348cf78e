//! `REFRESH MATERIALIZED VIEW` without CONCURRENTLY.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::LockView, title: "locks view during refresh", page: PAGE, check };

const PAGE: &str = "\
The rows of the view are computed again under an ACCESS EXCLUSIVE lock. Reads of the view are blocked during
this time.

What is counted: the rows of the view.

What to do instead: use REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index on the view.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    match action {
        Action::RefreshMaterializedView { view, concurrently: false } if !state.is_new(view) => {
            vec![Finding::locks(view, view)]
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
            "LK314",
            &[
                ("REFRESH MATERIALIZED VIEW s.m", &["s.m"]),
                ("REFRESH MATERIALIZED VIEW m WITH NO DATA", &["m"]),
                ("REFRESH MATERIALIZED VIEW CONCURRENTLY m", &[]),
                ("CREATE MATERIALIZED VIEW m AS SELECT 1; REFRESH MATERIALIZED VIEW m", &[]),
            ],
        );
    }
}
