//! `RENAME TO` of a type or domain, and `RENAME VALUE`.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AlterDomain, AlterType, DomainChange, TypeChange};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::RenameType, title: "renames type or label", page: PAGE, check };

const PAGE: &str = "\
Running programs that use the old type or write the old label fail as soon as the revision is committed. The
rows that they read contain a label that they do not know.

What to do instead: add the new label, change the programs, then update the rows.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    match action {
        Action::AlterDomain(AlterDomain { name, change: DomainChange::RenameTo })
        | Action::AlterType(AlterType { name, change: TypeChange::RenameTo { .. } })
            if !state.is_new_type(name) =>
        {
            vec![Finding::named(name)]
        }
        Action::AlterType(AlterType { name, change: TypeChange::RenameValue { label } })
            if !state.is_new_type(name) =>
        {
            vec![Finding::named(format!("{name} {label}"))]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR603",
            &[
                ("ALTER TYPE s.mood RENAME TO feeling", &["s.mood"]),
                ("ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'", &["mood 'sad'"]),
                ("ALTER DOMAIN email RENAME TO mail", &["email"]),
                ("ALTER TYPE mood ADD VALUE 'calm'", &[]),
                ("CREATE TYPE mood AS ENUM ('a'); ALTER TYPE mood RENAME TO feeling", &[]),
                ("ALTER DOMAIN email RENAME CONSTRAINT a TO b", &[]),
            ],
        );
    }
}
