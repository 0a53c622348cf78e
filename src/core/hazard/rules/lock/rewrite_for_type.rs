//! A change of a column's type that rewrites the table.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ColumnChange;
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::RewriteForType, title: "rewrites table", page: PAGE, check };

const PAGE: &str = "\
If the stored bytes of the values change, the whole table and all its indexes are rewritten. Reads and writes
are blocked during this time. It is not reported if the script shows the old type and the bytes stay the same
(varchar(10) to varchar(20), varchar to text).

What is counted: the rows of the table.

What to do instead: add a column of the new type, fill it in batches, and change the programs to use it. Set
`lock_timeout`, so that other sessions do not wait for long behind this statement.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let table = &alter.table;
    if state.is_new(table) {
        return Vec::new();
    }
    let retyped = alter.retyped().filter(|(column, new)| new.rewrites_table(state.column_type(table, &column.name)));
    let retyped = retyped.map(|(column, _)| column);
    let computed = alter.column_changes().filter(|(_, change)| **change == ColumnChange::SetExpression);
    let rewritten = retyped.chain(computed.map(|(column, _)| column));
    rewritten.map(|column| Finding::locks(format!("{table}.{column}"), table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK301",
            &[
                ("ALTER TABLE t ALTER a TYPE bigint, ALTER b SET EXPRESSION AS (c)", &["t.a", "t.b"]),
                ("ALTER TABLE t ADD a varchar(10); ALTER TABLE t ALTER a TYPE text", &[]),
                ("ALTER TABLE t ADD a varchar(10); ALTER TABLE t ALTER a TYPE text USING a", &[]),
                ("ALTER TABLE t ADD a varchar(10); ALTER TABLE t ALTER a TYPE text USING upper(a)", &["t.a"]),
                ("CREATE TABLE t (a int); ALTER TABLE t ALTER a TYPE bigint", &[]),
                ("CREATE TABLE t (a int); INSERT INTO t VALUES (1); ALTER TABLE t ALTER a TYPE bigint", &[]),
                ("ALTER TABLE t ALTER a SET STATISTICS 100", &[]),
            ],
        );
    }
}
