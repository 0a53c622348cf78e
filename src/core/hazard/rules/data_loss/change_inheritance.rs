//! `INHERIT` and `NO INHERIT`: the rows that a parent table shows.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AlterTable, TableChange};
use crate::core::statement::{Action, ScriptState};

/// The rule.
pub const RULE: Rule = Rule { code: Code::ChangeInheritance, title: "changes inheritance", page: PAGE, check };

const PAGE: &str = "\
A parent table shows the rows of its children. NO INHERIT removes the rows of a child from it, INHERIT adds
them: queries, updates and deletes on the parent affect other rows than before. Constraints that a child
inherited may remain or not.

What is counted: the rows of the child.

What to do instead: check who reads the parent first; for partitions use ATTACH and DETACH PARTITION.
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
