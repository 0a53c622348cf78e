//! UNIQUE, PRIMARY KEY and unique indexes: two rows alike stop them.

use squawk_syntax::ast::{AstNode, Constraint, CreateIndex};

use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::{added_constraints, constraint_name};
use crate::core::hazard::{Class, Question};

pub const RULE: Rule =
    Rule { code: "FA204", class: Class::Fails, title: "refused where duplicates are", page: PAGE, check };

const PAGE: &str = "\
FA204 refused where duplicates are

A unique constraint, a primary key or a unique index is built from the rows that stand, and fails at the first
two that are alike; a primary key at a NULL as well. A unique index that is built CONCURRENTLY leaves an invalid
index behind when it fails.

What to do instead: look for duplicates first (`GROUP BY … HAVING count(*) > 1`), and mend them in a release
before.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    if let Some(create) = part.cast::<CreateIndex>() {
        return index(&create, context).into_iter().collect();
    }
    let unique = added_constraints(part).into_iter().filter(|(table, constraint)| {
        let builds = match constraint {
            Constraint::UniqueConstraint(unique) => unique.using_index().is_none(),
            Constraint::PrimaryKeyConstraint(_) => true,
            _ => false,
        };
        builds && !context.is_empty(table)
    });
    let targets = unique.map(|(table, constraint)| {
        Target::asking(constraint_name(&table, constraint.syntax()), table, Question::of(&constraint))
    });
    targets.collect()
}

fn index(create: &CreateIndex, context: &Context) -> Option<Target> {
    create.unique_token()?;
    let table = Name::of(create.table_relation_name()?.syntax()).filter(|table| !context.is_empty(table))?;
    let name = create.index().and_then(|index| Name::of(index.syntax()));
    let object = name.map_or_else(|| table.to_string(), |name| name.to_string());
    Some(Target::asking(object, table, Question::of_index(create)))
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "FA204",
            &[
                ("ALTER TABLE t ADD CONSTRAINT u UNIQUE (a), ADD PRIMARY KEY (b)", &["t.u", "t"]),
                ("ALTER TABLE t ADD a int UNIQUE", &["t"]),
                ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", &["i"]),
                ("CREATE UNIQUE INDEX ON s.t (lower(a)) WHERE b", &["s.t"]),
                ("CREATE INDEX i ON t (a)", &[]),
                ("ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX i", &[]),
                ("ALTER TABLE t ADD CONSTRAINT u PRIMARY KEY USING INDEX i", &["t.u"]),
                ("CREATE TABLE t (a int); CREATE UNIQUE INDEX i ON t (a)", &[]),
                ("CREATE TABLE t AS SELECT a FROM u; CREATE UNIQUE INDEX i ON t (a)", &["i"]),
            ],
        );
    }
}
