//! Enum labels that go: from `pg_enum`, or by making the type again under its old name.

use squawk_syntax::ast::{AlterType, AlterTypeAction, AstNode, CreateType, CreateTypeKind, Delete, Update};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "DL121", class: Class::DataLoss, title: "removes enum values", page: PAGE, check };

const PAGE: &str = "\
DL121 removes enum values

PostgreSQL has no way to take a label out of an enum. Two ways around it are found: deleting or changing rows of
pg_enum, which leaves values behind that nothing can read, and making the type again under its old name after
the old one was renamed or dropped. Rows that hold a label which the new type lacks are changed, or stop the
script.

What is counted: nothing; the columns are found where they get the new type.

What to do instead: leave the label and forbid it with a CHECK, or change the rows that hold it in a release
before.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    found(part, context).map(Target::other).into_iter().collect()
}

fn found(part: &Part, context: &Context) -> Option<Name> {
    let catalog = |name: Option<Name>| name.filter(|name| name.name == "pg_enum");
    if let Some(delete) = part.cast::<Delete>() {
        return catalog(Name::of(delete.relation_name()?.syntax()));
    }
    if let Some(update) = part.cast::<Update>() {
        return catalog(Name::of(update.relation_name()?.syntax()));
    }
    if let Some(create) = part.cast::<CreateType>() {
        let is_enum = matches!(create.kind(), Some(CreateTypeKind::EnumType(_)));
        let name = Name::of(create.type_name()?.syntax())?;
        return (is_enum && context.was_type(&name)).then_some(name);
    }
    let alter = part.cast::<AlterType>()?;
    let Some(AlterTypeAction::TypeRenameTo(rename)) = alter.action() else { return None };
    let (from, to) = (Name::of(alter.type_name_ref()?.syntax())?, Name::of(rename.type_name()?.syntax())?);
    let to = from.with(None, to.name);
    (context.is_new_type(&from) && context.was_type(&to)).then_some(to)
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
