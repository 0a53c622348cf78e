//! A CHECK without NOT VALID: every row is read under ACCESS EXCLUSIVE.

use squawk_syntax::ast::{AstNode, Constraint};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::{added_constraints, constraint_name, passes_rows_by};

pub const RULE: Rule = Rule { code: "LK307", class: Class::Lock, title: "scans table under lock", page: PAGE, check };

const PAGE: &str = "\
LK307 scans table under lock

ADD … CHECK reads the whole table, and nobody else reads or writes it meanwhile.

What is counted: the rows of the table.

What to do instead: add it NOT VALID, which is done at once, and VALIDATE CONSTRAINT it in a transaction of its
own, which holds nobody up.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let added = added_constraints(part).into_iter();
    let found = added.filter(|(table, constraint)| {
        !context.is_new(table)
            && matches!(constraint, Constraint::CheckConstraint(_))
            && !passes_rows_by(constraint.syntax())
    });
    found.map(|(table, constraint)| Target::about(constraint_name(&table, constraint.syntax()), table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK307",
            &[
                ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", &["t.c"]),
                ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t ADD CHECK (a > 0)", &[]),
            ],
        );
    }
}
