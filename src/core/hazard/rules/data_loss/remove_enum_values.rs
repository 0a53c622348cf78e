//! Enum labels that are removed: from `pg_enum`, or by creating the type again under its old name.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AlterType, TypeChange, Update};
use crate::core::statement::{Action, Effect, Name, NotCopied, ScriptState, Subject};

pub const RULE: Rule = Rule { code: Code::RemoveEnumValues, title: "removes enum values", page: PAGE, check };

const PAGE: &str = "\
PostgreSQL cannot remove a value from an enum. Two workarounds are reported. The first deletes or changes rows of
pg_enum; columns may then contain values that cannot be read. The second creates the type again with its old name
after the old type was renamed or dropped; the conversion of the columns changes or rejects values that the new
type does not have.

What is counted: nothing. The conversion of each column is reported separately.

What to do instead: keep the enum value and forbid it with a CHECK, or update the rows that contain it in an
earlier release.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    if let Action::Delete { table, .. } | Action::Update(Update { table, .. }) = action
        && table.name == "pg_enum"
    {
        let effect = Effect::CannotBeCopied { reason: NotCopied::Catalog, subject: Subject::Other };
        return vec![Finding::new(table, effect)];
    }
    recreated_type(action, state).map(Finding::named).into_iter().collect()
}

/// The type that is created again under the name of a former one.
fn recreated_type(action: &Action, state: &ScriptState) -> Option<Name> {
    match action {
        Action::CreateType(create) => {
            (create.is_enum && state.is_former_type(&create.name)).then(|| create.name.clone())
        }
        Action::AlterType(AlterType { name: from, change: TypeChange::RenameTo { name: to } }) => {
            let to = from.with(None, to.name.clone());
            (state.is_new_type(from) && state.is_former_type(&to)).then_some(to)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "DL121",
            &[
                ("DELETE FROM pg_enum WHERE enumlabel = 'old'", &["pg_enum"]),
                ("DELETE FROM pg_catalog.pg_enum WHERE enumlabel = 'old'", &["pg_catalog.pg_enum"]),
                ("UPDATE pg_enum SET enumlabel = 'new' WHERE enumlabel = 'old'", &["pg_enum"]),
                (
                    "ALTER TYPE mood RENAME TO mood_old; CREATE TYPE mood AS ENUM ('a'); ALTER TABLE t ALTER m TYPE mood USING m::text::mood; DROP TYPE mood_old",
                    &["mood"],
                ),
                (
                    "CREATE TYPE mood_new AS ENUM ('a'); ALTER TABLE t ALTER m TYPE mood_new USING m::text::mood_new; DROP TYPE mood; ALTER TYPE mood_new RENAME TO mood",
                    &["mood"],
                ),
                ("CREATE TYPE mood AS ENUM ('a')", &[]),
                ("ALTER TYPE mood ADD VALUE 'b'", &[]),
                ("ALTER TYPE mood RENAME TO feeling", &[]),
            ],
        );
    }
}
