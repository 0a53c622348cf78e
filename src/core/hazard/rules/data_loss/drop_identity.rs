//! `DROP IDENTITY`: the last number of the column's sequence.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ColumnChange;
use crate::core::statement::{Action, Effect, ScriptState};

pub const RULE: Rule = Rule { code: Code::DropIdentity, title: "drops identity", page: PAGE, check };

const PAGE: &str = "\
The sequence of the identity column is dropped, and its last value is lost. A downgrade that makes the column an
identity column again starts at 1 and returns values that rows already have.

What to do instead: write the next value into the downgrade (`ADD GENERATED … (START …)`, or `setval` to the
maximum of the column).
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let table = &alter.table;
    if state.is_surely_new(table) {
        return Vec::new();
    }
    let dropped = alter.column_changes().filter(|(_, change)| **change == ColumnChange::DropIdentity);
    let findings = dropped.map(|(column, _)| {
        let effect = Effect::DropsIdentity { table: table.clone(), column: column.name.clone() };
        Finding::new(format!("{table}.{column}"), effect)
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "DL122",
            &[
                ("ALTER TABLE t ALTER id DROP IDENTITY IF EXISTS", &["t.id"]),
                ("ALTER TABLE t ALTER id DROP DEFAULT", &[]),
                ("CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY); ALTER TABLE t ALTER id DROP IDENTITY", &[]),
            ],
        );
    }
}
