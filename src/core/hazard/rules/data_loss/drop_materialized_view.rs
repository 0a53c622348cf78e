//! `DROP MATERIALIZED VIEW`: the rows that it stores.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ObjectKind;
use crate::core::statement::{Action, Effect, ScriptState};

/// The rule.
pub const RULE: Rule = Rule { code: Code::DropMaterializedView, title: "drops materialized view", page: PAGE, check };

const PAGE: &str = "\
A materialized view stores rows of its own. The rows that it was computed from may be gone since then, so that
creating the view again does not necessarily give the same rows.

What is counted: the rows that the view stores now.

What to do instead: if all its sources still exist, drop it and accept this; otherwise copy its rows to a
table first.
";

fn check(action: &Action, _: &ScriptState) -> Vec<Finding> {
    let Action::Drop(drop) = action else { return Vec::new() };
    if drop.kind != ObjectKind::MaterializedView {
        return Vec::new();
    }
    drop.names.iter().map(|view| Finding::new(view, Effect::DropsTable { table: view.clone() })).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("DROP MATERIALIZED VIEW IF EXISTS s.totals, b", &["DL105 s.totals", "DL105 b"]),
            ("REFRESH MATERIALIZED VIEW s.totals", &[]),
            ("DROP VIEW totals", &[]),
        ]);
    }
}
