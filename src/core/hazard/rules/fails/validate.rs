//! `VALIDATE CONSTRAINT`: rows that were passed by are looked at.

use squawk_syntax::ast::{AlterTableAction, AstNode};

use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::actions;
use crate::core::hazard::{Class, Question};

pub const RULE: Rule =
    Rule { code: "FA207", class: Class::Fails, title: "refused where rows break it", page: PAGE, check };

const PAGE: &str = "\
FA207 refused where rows break it

VALIDATE CONSTRAINT looks at the rows that were there when the constraint was added NOT VALID, and stops at the
first that breaks it. It holds nobody up meanwhile.

What to do instead: that is the right way; look for the rows first, and mend them in a release before.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let validated = actions(part).into_iter().filter_map(|(table, action)| match action {
        AlterTableAction::ValidateConstraint(validate) if !context.is_empty(&table) => {
            Some((Name::of(validate.constraint_name_ref()?.syntax())?, table))
        }
        _ => None,
    });
    let targets = validated.map(|(name, table)| {
        let object = format!("{table}.{name}");
        Target::asking(object, table, Some(Question::Constraint { name: name.name }))
    });
    targets.collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "FA207",
            &[
                ("ALTER TABLE t VALIDATE CONSTRAINT c", &["t.c"]),
                ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t VALIDATE CONSTRAINT c", &[]),
            ],
        );
    }
}
