//! `DETACH PARTITION`: queries on the parent no longer see the rows.

use squawk_syntax::ast::{AlterTableAction, AstNode};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::standing;

pub const RULE: Rule =
    Rule { code: "BR611", class: Class::Breaks, title: "hides rows of a partition", page: PAGE, check };

const PAGE: &str = "\
BR611 hides rows of a partition

The rows are still there, in a table of their own; whoever reads the parent table no longer finds them.

What is counted: the rows of the partition.

What to do instead: tell those who read the parent, or give them a view of both.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let detached = standing(part, context).into_iter().filter_map(|(_, action)| match action {
        AlterTableAction::DetachPartition(detach) => Name::of(detach.table_name_ref()?.syntax()),
        _ => None,
    });
    detached.map(Target::table).collect()
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
