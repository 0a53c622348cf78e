//! Unique constraints, primary keys and unique indexes on rows that are not unique.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AddedConstraint, AddedConstraintKind, CreateIndex};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::AddUnique, title: "fails on duplicates", page: PAGE, check };

const PAGE: &str = "\
A unique constraint, a primary key or a unique index is built from the existing rows, and fails at the first
duplicate; a primary key fails at a NULL as well. A unique index that is built CONCURRENTLY leaves an invalid
index if it fails.

What is counted: the rows that have the same key as another, not counting the first of each group.

What to do instead: find duplicates first (`GROUP BY … HAVING count(*) > 1`), and correct them in an earlier
release.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    match action {
        Action::CreateIndex(create) => index(create, state).into_iter().collect(),
        Action::AlterTable(alter) => {
            let table = &alter.table;
            let unique = alter.added_constraints().filter(|constraint| is_unique(constraint) && !state.is_empty(table));
            unique.map(|unique| Finding::checks(unique.object(table), table, unique.question.clone())).collect()
        }
        _ => Vec::new(),
    }
}

const fn is_unique(constraint: &AddedConstraint) -> bool {
    matches!(
        constraint.kind,
        AddedConstraintKind::Unique { using_index: false } | AddedConstraintKind::PrimaryKey { .. }
    )
}

fn index(create: &CreateIndex, state: &ScriptState) -> Option<Finding> {
    let table = &create.table;
    if !create.is_unique || state.is_empty(table) {
        return None;
    }
    let object = create.name.as_ref().unwrap_or(table);
    Some(Finding::checks(object, table, create.duplicates.clone()))
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
