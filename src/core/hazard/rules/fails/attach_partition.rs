//! `ATTACH PARTITION`: rows outside the bounds stop it.

use squawk_syntax::ast::{AlterTableAction, AstNode};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::actions;

pub const RULE: Rule =
    Rule { code: "FA210", class: Class::Fails, title: "refused where rows do not fit", page: PAGE, check };

const PAGE: &str = "\
FA210 refused where rows do not fit

Every row of the table that is attached has to lie within the bounds, and no row of the default partition may
lie in them; the first one that does not fit stops it. Constraints that the parent has and the table has not are
looked at as well.

What to do instead: give the table a CHECK that says the same as the bounds, validated before; the server then
need not look.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let attached = actions(part).into_iter().filter_map(|(_, action)| match action {
        AlterTableAction::AttachPartition(attach) => Name::of(attach.table_name_ref()?.syntax()),
        _ => None,
    });
    attached.filter(|table| !context.is_empty(table)).map(Target::table).collect()
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
