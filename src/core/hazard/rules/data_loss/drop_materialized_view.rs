//! `DROP MATERIALIZED VIEW`: the rows that it stores.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ObjectKind;
use crate::core::statement::{Action, Effect, ScriptState};

pub const RULE: Rule = Rule { code: Code::DropMaterializedView, title: "drops materialized view", page: PAGE, check };

const PAGE: &str = "\
A materialized view stores rows. The rows from which they were computed may no longer exist, so that a new view
may contain different rows.

What is counted: the rows that the view stores now.

What to do instead: if the view can be computed again, approve the drop; otherwise first copy its rows to a
table.
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
