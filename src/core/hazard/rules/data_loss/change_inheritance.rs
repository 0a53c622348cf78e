//! `INHERIT` and `NO INHERIT`: the rows that a parent table shows.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AlterTable, TableChange};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::ChangeInheritance, title: "changes inheritance", page: PAGE, check };

const PAGE: &str = "\
Queries, updates and deletes on a parent table include the rows of its child tables. NO INHERIT excludes the rows
of a child, INHERIT includes them. Statements on the parent then affect other rows than before.

What is counted: the rows of the child table.

What to do instead: check first which programs use the parent table. For partitions, use ATTACH PARTITION and
DETACH PARTITION.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(AlterTable { table, changes }) = action else { return Vec::new() };
    let changed = changes.iter().filter(|change| match change {
        TableChange::NoInherit => true,
        TableChange::Inherit => !state.is_surely_empty(table),
        _ => false,
    });
    changed.map(|_| Finding::rows_of(table, table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "DL120",
            &[
                ("ALTER TABLE child NO INHERIT parent", &["child"]),
                ("ALTER TABLE s.child INHERIT parent", &["s.child"]),
                ("CREATE TABLE child (a int); ALTER TABLE child INHERIT parent", &[]),
                ("CREATE TABLE child () INHERITS (parent)", &[]),
                ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NO INHERIT", &[]),
            ],
        );
    }
}
