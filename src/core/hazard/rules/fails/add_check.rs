//! A CHECK that rows which stand may break.

use squawk_syntax::ast::{AstNode, Constraint};

use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::{added_constraints, constraint_name, passes_rows_by};
use crate::core::hazard::{Class, Question};

pub const RULE: Rule =
    Rule { code: "FA203", class: Class::Fails, title: "refused where rows break it", page: PAGE, check };

const PAGE: &str = "\
FA203 refused where rows break it

ADD CONSTRAINT … CHECK looks at every row and stops at the first that breaks it.

What to do instead: look for such rows first (`SELECT … WHERE NOT (…)`), add the check NOT VALID, mend the rows,
then VALIDATE CONSTRAINT.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let added = added_constraints(part).into_iter();
    let found = added.filter(|(table, constraint)| {
        !context.is_empty(table)
            && matches!(constraint, Constraint::CheckConstraint(_))
            && !passes_rows_by(constraint.syntax())
    });
    found.map(|(table, constraint)| asked(table, &constraint)).collect()
}

fn asked(table: Name, constraint: &Constraint) -> Target {
    Target::asking(constraint_name(&table, constraint.syntax()), table, Question::of(constraint))
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "FA203",
            &[
                ("ALTER TABLE t ADD CONSTRAINT \"C c\" CHECK (a > 0)", &["t.\"C c\""]),
                ("ALTER TABLE t ADD CHECK (a > 0)", &["t"]),
                ("ALTER TABLE t ADD a int DEFAULT 0 CHECK (a > 0)", &["t"]),
                ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", &[]),
                ("CREATE TABLE t (a int CHECK (a > 0))", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t ADD CHECK (a > 0)", &[]),
            ],
        );
    }
}
