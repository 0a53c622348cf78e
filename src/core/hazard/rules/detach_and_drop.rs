//! `DETACH PARTITION` of a table that a statement below drops.

use squawk_syntax::ast::{AlterTableAction, AstNode};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::actions;

pub const RULE: Rule =
    Rule { code: "DL116", class: Class::DataLoss, title: "detaches partition to drop it", page: PAGE, check };

const PAGE: &str = "\
DL116 detaches partition to drop it

The partition is taken out of its table here and dropped further down, with all its rows. Between the two
nothing of the parent is left to say that rows went.

What is counted: the rows of the partition.

What to do instead: detach in one release, copy or archive what is in it, and drop it in the next.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let detached = actions(part).into_iter().filter_map(|(_, action)| match action {
        AlterTableAction::DetachPartition(detach) => Name::of(detach.table_name_ref()?.syntax()),
        _ => None,
    });
    detached.filter(|partition| context.is_doomed(partition)).map(Target::table).collect()
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
