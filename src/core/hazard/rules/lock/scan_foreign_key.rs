//! A foreign key without NOT VALID: both tables take no writes until every row was looked up.

use squawk_syntax::ast::{AstNode, Constraint};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::{added_constraints, constraint_name, passes_rows_by};

pub const RULE: Rule = Rule { code: "LK308", class: Class::Lock, title: "scans tables under lock", page: PAGE, check };

const PAGE: &str = "\
LK308 scans tables under lock

ADD FOREIGN KEY reads the whole table and looks every row up, and neither the table nor the one that it refers
to takes a write meanwhile.

What is counted: the rows of the table.

What to do instead: add it NOT VALID, which is done at once, and VALIDATE CONSTRAINT it in a transaction of its
own.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let added = added_constraints(part).into_iter();
    let found = added.filter(|(table, constraint)| {
        !context.is_new(table)
            && matches!(constraint, Constraint::ForeignKeyConstraint(_))
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
            "LK308",
            &[
                ("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u", &["t.f"]),
                ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u NOT VALID", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u", &[]),
            ],
        );
    }
}
