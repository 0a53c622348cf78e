//! `DETACH PARTITION`: clients that read the parent.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AlterTable, TableChange};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::DetachPartition, title: "detaches partition in use", page: PAGE, check };

const PAGE: &str = "\
Queries on the parent table no longer return the rows of the partition. The rows still exist, in a separate
table.

What is counted: the rows of the partition.

What to do instead: change the programs that read the parent table first, or create a view of both tables.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(AlterTable { table, changes }) = action else { return Vec::new() };
    let detached = changes.iter().filter_map(|change| match change {
        TableChange::DetachPartition { partition, .. } if !state.is_new(table) => Some(partition),
        _ => None,
    });
    detached.map(|partition| Finding::rows_of(partition, partition)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR611",
            &[
                ("ALTER TABLE t DETACH PARTITION s.p CONCURRENTLY", &["s.p"]),
                ("ALTER TABLE t ATTACH PARTITION p DEFAULT", &[]),
            ],
        );
    }
}
