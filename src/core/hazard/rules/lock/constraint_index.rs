//! UNIQUE, PRIMARY KEY and EXCLUDE: their index is built under ACCESS EXCLUSIVE.

use squawk_syntax::ast::{AstNode, Constraint};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::{added_constraints, constraint_name};

pub const RULE: Rule = Rule { code: "LK309", class: Class::Lock, title: "builds index under lock", page: PAGE, check };

const PAGE: &str = "\
LK309 builds index under lock

The constraint builds an index from all rows, and nobody else reads or writes the table meanwhile.

What is counted: the rows of the table.

What to do instead: CREATE UNIQUE INDEX CONCURRENTLY first, then ADD CONSTRAINT … USING INDEX, which is done at
once. (An EXCLUDE constraint has no such way.)
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let built = added_constraints(part).into_iter().filter(|(table, constraint)| {
        let builds = match constraint {
            Constraint::UniqueConstraint(unique) => unique.using_index().is_none(),
            Constraint::PrimaryKeyConstraint(key) => key.using_index().is_none(),
            Constraint::ExcludeConstraint(_) => true,
            _ => false,
        };
        builds && !context.is_new(table)
    });
    built.map(|(table, constraint)| Target::about(constraint_name(&table, constraint.syntax()), table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK309",
            &[
                (
                    "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a), ADD CONSTRAINT e EXCLUDE USING gist (b WITH &&)",
                    &["t.u", "t.e"],
                ),
                ("ALTER TABLE t ADD PRIMARY KEY (a)", &["t"]),
                (
                    "ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX i, ADD CONSTRAINT p PRIMARY KEY USING INDEX j",
                    &[],
                ),
                ("CREATE TABLE t (a int); ALTER TABLE t ADD UNIQUE (a)", &[]),
            ],
        );
    }
}
