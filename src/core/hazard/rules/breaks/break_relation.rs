//! `DROP` of a table, view, sequence or schema.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ObjectKind;
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::BreakRelation, title: "drops relation in use", page: PAGE, check };

const PAGE: &str = "\
Running programs that use the table, view, sequence or schema fail as soon as the revision is committed.

What to do instead: remove it from the programs in one release, and drop it in the next.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::Drop(drop) = action else { return Vec::new() };
    let is_read = matches!(
        drop.kind,
        ObjectKind::Table
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::ForeignTable
            | ObjectKind::Sequence
            | ObjectKind::Schema
    );
    drop.names.iter().filter(|name| is_read && !state.is_new(name)).map(Finding::named).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR605",
            &[
                ("DROP TABLE a, s.b", &["a", "s.b"]),
                ("DROP VIEW IF EXISTS v CASCADE", &["v"]),
                ("DROP MATERIALIZED VIEW m", &["m"]),
                ("DROP FOREIGN TABLE f", &["f"]),
                ("DROP SEQUENCE q, s.r", &["q", "s.r"]),
                ("DROP SCHEMA \"S s\" CASCADE", &["\"S s\""]),
                ("DROP INDEX i", &[]),
                ("CREATE TABLE a (b int); DROP TABLE a", &[]),
                ("CREATE TABLE IF NOT EXISTS a (b int); DROP TABLE a", &["a"]),
            ],
        );
    }
}
