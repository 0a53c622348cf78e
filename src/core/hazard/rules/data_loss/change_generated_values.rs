//! `DROP EXPRESSION` and `SET EXPRESSION` of generated columns.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ColumnChange;
use crate::core::statement::{Action, Effect, NotCopied, ScriptState, Subject};

pub const RULE: Rule = Rule { code: Code::ChangeGeneratedValues, title: "changes generated values", page: PAGE, check };

const PAGE: &str = "\
The values of a generated column are computed by its expression. After DROP EXPRESSION the values are no longer
updated. SET EXPRESSION computes every value again. In both cases the old expression is lost.

What is counted: the values that are not NULL.

What to do instead: write the old expression into the downgrade. If programs need the old values, add a second
generated column instead.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let table = &alter.table;
    if state.is_surely_empty(table) {
        return Vec::new();
    }
    let changed = alter
        .column_changes()
        .filter(|(_, change)| matches!(change, ColumnChange::DropExpression | ColumnChange::SetExpression));
    let findings = changed.map(|(column, _)| {
        let subject = Subject::column(table, &column.name);
        let effect = Effect::CannotBeCopied { reason: NotCopied::Generated, subject };
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
            "DL117",
            &[
                ("ALTER TABLE t ALTER a DROP EXPRESSION IF EXISTS", &["t.a"]),
                ("ALTER TABLE t ALTER COLUMN a SET EXPRESSION AS (b * 2)", &["t.a"]),
                ("ALTER TABLE t ALTER a DROP DEFAULT", &[]),
                ("ALTER TABLE t ALTER a DROP IDENTITY", &[]),
            ],
        );
    }
}
