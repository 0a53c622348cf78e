//! `ATTACH` and `DETACH PARTITION`: scans, and locks on the parent.

use squawk_syntax::ast::{AlterTableAction, AstNode, DetachPartitionOption};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::actions;

pub const RULE: Rule = Rule { code: "LK315", class: Class::Lock, title: "locks partitioned table", page: PAGE, check };

const PAGE: &str = "\
LK315 locks partitioned table

DETACH PARTITION takes ACCESS EXCLUSIVE on the parent: it waits for every query on it, and all later ones wait
behind. ATTACH PARTITION reads every row of the new partition, and of the default partition, under ACCESS
EXCLUSIVE on them.

What is counted: the rows of the partition.

What to do instead: DETACH PARTITION … CONCURRENTLY in a revision of its own; before ATTACH, give the table a
validated CHECK that says the same as the bounds.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let partitions = actions(part).into_iter().filter_map(|(parent, action)| match action {
        AlterTableAction::AttachPartition(attach) => {
            Name::of(attach.table_name_ref()?.syntax()).filter(|table| !context.is_new(table))
        }
        AlterTableAction::DetachPartition(detach) => {
            let waits = !matches!(
                detach.detach_partition_option(),
                Some(DetachPartitionOption::DetachConcurrently(_) | DetachPartitionOption::DetachFinalize(_))
            );
            Name::of(detach.table_name_ref()?.syntax()).filter(|_| waits && !context.is_new(&parent))
        }
        _ => None,
    });
    partitions.map(Target::table).collect()
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
