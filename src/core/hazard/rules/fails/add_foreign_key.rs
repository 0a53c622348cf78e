//! A foreign key that rows which stand may break.

use squawk_syntax::ast::{AstNode, Constraint};

use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::{added_constraints, constraint_name, passes_rows_by};
use crate::core::hazard::{Class, Question};

pub const RULE: Rule =
    Rule { code: "FA205", class: Class::Fails, title: "refused where orphans are", page: PAGE, check };

const PAGE: &str = "\
FA205 refused where orphans are

ADD FOREIGN KEY looks at every row and stops at the first that refers to nothing.

What to do instead: look for orphans first (`LEFT JOIN … WHERE … IS NULL`), add the constraint NOT VALID, mend
the rows, then VALIDATE CONSTRAINT.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let added = added_constraints(part).into_iter();
    let found = added.filter(|(table, constraint)| {
        !context.is_empty(table)
            && matches!(constraint, Constraint::ForeignKeyConstraint(_))
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
            "FA205",
            &[
                ("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (id) ON DELETE CASCADE", &["t.f"]),
                ("ALTER TABLE ONLY s.t ADD FOREIGN KEY (a) REFERENCES u", &["s.t"]),
                ("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u NOT VALID", &[]),
                ("ALTER TABLE t ADD a int REFERENCES u", &[]),
                ("CREATE TABLE t (a int REFERENCES u)", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u", &[]),
            ],
        );
    }
}
