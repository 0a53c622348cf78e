//! `ALTER COLUMN … TYPE`: values that the new type rejects.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::NewType;
use crate::core::statement::{Action, Name, ScriptState};

pub const RULE: Rule = Rule { code: Code::RejectedCast, title: "fails on values that do not fit", page: PAGE, check };

const PAGE: &str = "\
ALTER COLUMN … TYPE converts every value and fails at the first that the new type rejects: text that is not a
number, a number that is out of range, a text that is too long.

What is counted: the values that the new type rejects; each value is tried.

What to do instead: find such values first. Correct them in an earlier release, or write a USING expression
that converts them.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let table = &alter.table;
    let failing = alter
        .retyped()
        .filter(|(column, new)| !state.is_empty(table) && new.may_reject(state.column_type(table, &column.name)));
    let finding = |(column, new): (&Name, &NewType)| {
        Finding::checks(format!("{table}.{column}"), table, new.question(&column.name, true))
    };
    failing.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "FA208",
            &[
                ("ALTER TABLE t ALTER a TYPE integer", &["t.a"]),
                ("ALTER TABLE t ALTER a TYPE varchar(3)", &["t.a"]),
                ("ALTER TABLE t ALTER a TYPE integer USING 0", &["t.a"]),
                ("ALTER TABLE t ALTER a TYPE text", &[]),
                ("ALTER TABLE t ADD a bigint; ALTER TABLE t ALTER a TYPE integer", &["t.a"]),
                ("ALTER TABLE t ADD a timestamp; ALTER TABLE t ALTER a TYPE date", &[]),
                ("ALTER TABLE t ADD a integer; ALTER TABLE t ALTER a TYPE bigint", &[]),
                ("CREATE TABLE t (a text); ALTER TABLE t ALTER a TYPE integer USING a::integer", &[]),
            ],
        );
    }
}
