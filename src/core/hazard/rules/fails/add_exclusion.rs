//! An EXCLUDE constraint that rows which stand may break.

use squawk_syntax::ast::{AstNode, Constraint};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::{added_constraints, constraint_name};

pub const RULE: Rule =
    Rule { code: "FA206", class: Class::Fails, title: "refused where rows conflict", page: PAGE, check };

const PAGE: &str = "\
FA206 refused where rows conflict

ADD … EXCLUDE builds an index from the rows that stand, and fails at the first two that exclude each other. It
cannot be NOT VALID.

What to do instead: look for such pairs first with a self-join, and mend them in a release before.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let added = added_constraints(part).into_iter();
    let found = added.filter(|(table, constraint)| {
        !context.is_empty(table) && matches!(constraint, Constraint::ExcludeConstraint(_))
    });
    found.map(|(table, constraint)| Target::about(constraint_name(&table, constraint.syntax()), table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "FA206",
            &[
                ("ALTER TABLE t ADD CONSTRAINT e EXCLUDE USING gist (a WITH &&)", &["t.e"]),
                ("CREATE TABLE t (a int4range, EXCLUDE USING gist (a WITH &&))", &[]),
                ("CREATE TABLE t (a int4range); ALTER TABLE t ADD EXCLUDE USING gist (a WITH &&)", &[]),
            ],
        );
    }
}
