//! `DETACH PARTITION` of a table that a later statement drops.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::TableChange;
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::DetachAndDrop, title: "detaches partition to drop it", page: PAGE, check };

const PAGE: &str = "\
The partition is detached here, and a later statement of the script drops it with all its rows. Neither
statement shows that rows of the partitioned table are lost.

What is counted: the rows of the partition.

What to do instead: detach the partition in one release, copy or archive its rows, and drop the table in the
next.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let detached = alter.changes.iter().filter_map(|change| match change {
        TableChange::DetachPartition { partition, .. } => Some(partition),
        _ => None,
    });
    let dropped = detached.filter(|partition| state.is_dropped_later(partition));
    dropped.map(|partition| Finding::rows_of(partition, partition)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "DL116",
            &[
                ("ALTER TABLE t DETACH PARTITION t_2020; DROP TABLE t_2020", &["t_2020"]),
                (
                    "ALTER TABLE t DETACH PARTITION s.t_2020 CONCURRENTLY; DROP TABLE IF EXISTS a, s.t_2020 CASCADE",
                    &["s.t_2020"],
                ),
                ("ALTER TABLE t DETACH PARTITION public.t_2020; DROP TABLE t_2020", &["public.t_2020"]),
                ("ALTER TABLE t DETACH PARTITION t_2020", &[]),
                ("DROP TABLE t_2020; ALTER TABLE t DETACH PARTITION t_2021", &[]),
                ("ALTER TABLE t DETACH PARTITION a.t_2020; DROP TABLE b.t_2020", &[]),
            ],
        );
    }
}
