//! `ADD … EXCLUDE`: rows that conflict.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::AddedConstraintKind;
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::AddExclusion, title: "fails on conflicting rows", page: PAGE, check };

const PAGE: &str = "\
ADD … EXCLUDE builds an index from the existing rows, and fails at the first two that conflict. It cannot be
NOT VALID.

What is counted: the rows of the table.

What to do instead: find such pairs with a self-join first, and correct them in an earlier release.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let table = &alter.table;
    let added = alter
        .added_constraints()
        .filter(|constraint| matches!(constraint.kind, AddedConstraintKind::Exclude) && !state.is_empty(table));
    added.map(|constraint| Finding::rows_of(constraint.object(table), table)).collect()
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
