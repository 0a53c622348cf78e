//! `ATTACH PARTITION` and `DETACH PARTITION`.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AlterTable, TableChange};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule =
    Rule { code: Code::LockPartitions, title: "locks tables to attach or detach", page: PAGE, check };

const PAGE: &str = "\
DETACH PARTITION takes an ACCESS EXCLUSIVE lock on the parent table. It waits for all running queries on the
parent, and later queries wait for it. ATTACH PARTITION reads every row of the new partition and of the default
partition, and holds ACCESS EXCLUSIVE locks on both during this time.

What is counted: the rows of the partition.

What to do instead: use DETACH PARTITION … CONCURRENTLY in a separate revision. Before ATTACH PARTITION, add a
validated CHECK with the same condition as the bounds to the table.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(AlterTable { table: parent, changes }) = action else { return Vec::new() };
    let partitions = changes.iter().filter_map(|change| match change {
        TableChange::AttachPartition { partition } if !state.is_new(partition) => Some(partition),
        TableChange::DetachPartition { partition, concurrently: false } if !state.is_new(parent) => Some(partition),
        _ => None,
    });
    partitions.map(|partition| Finding::locks(partition, partition)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK315",
            &[
                ("ALTER TABLE t DETACH PARTITION p", &["p"]),
                ("ALTER TABLE t ATTACH PARTITION s.p DEFAULT", &["s.p"]),
                ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", &[]),
                ("ALTER TABLE t DETACH PARTITION p FINALIZE", &[]),
                ("CREATE TABLE p (a int); ALTER TABLE t ATTACH PARTITION p FOR VALUES IN (1)", &[]),
            ],
        );
    }
}
