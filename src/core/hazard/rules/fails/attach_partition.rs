//! `ATTACH PARTITION`: rows that are outside its bounds.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::TableChange;
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule =
    Rule { code: Code::AttachPartition, title: "fails on rows outside the bounds", page: PAGE, check };

const PAGE: &str = "\
Every row of the attached table must be within the bounds, and no row of the default partition may be within
them; the statement fails at the first row that violates this. Constraints that the parent has and the table
does not have are checked as well.

What is counted: the rows of the table.

What to do instead: first add a CHECK with the same condition as the bounds to the table and validate it. The
server then does not check the rows again.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let attached = alter.changes.iter().filter_map(|change| match change {
        TableChange::AttachPartition { partition } => Some(partition),
        _ => None,
    });
    attached.filter(|table| !state.is_empty(table)).map(|table| Finding::rows_of(table, table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "FA210",
            &[
                ("ALTER TABLE t ATTACH PARTITION s.p FOR VALUES FROM (1) TO (2)", &["s.p"]),
                ("CREATE TABLE p (a int); ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM (1) TO (2)", &[]),
                ("CREATE TABLE p PARTITION OF t FOR VALUES FROM (1) TO (2)", &[]),
            ],
        );
    }
}
