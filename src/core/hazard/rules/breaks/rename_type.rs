//! A type, a domain or a label of an enum gets another name.

use squawk_syntax::ast::{AlterDomain, AlterDomainAction, AlterType, AlterTypeAction, AstNode};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "BR603", class: Class::Breaks, title: "renames type or label", page: PAGE, check };

const PAGE: &str = "\
BR603 renames type or label

Programs that run now write the old label or cast to the old type, and fail from the moment that the revision is
committed; what they read has a label that they do not know.

What to do instead: add the new label, move the programs over, then the rows.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    found(part, context).into_iter().collect()
}

fn found(part: &Part, context: &Context) -> Option<Target> {
    if let Some(alter) = part.cast::<AlterDomain>() {
        let renames = matches!(alter.action(), Some(AlterDomainAction::DomainRenameTo(_)));
        let name = Name::of(alter.domain_ref()?.syntax()).filter(|name| renames && !context.is_new_type(name));
        return name.map(Target::other);
    }
    let alter = part.cast::<AlterType>()?;
    let name = Name::of(alter.type_name_ref()?.syntax()).filter(|name| !context.is_new_type(name))?;
    match alter.action()? {
        AlterTypeAction::TypeRenameTo(_) => Some(Target::other(name)),
        AlterTypeAction::RenameValue(rename) => {
            let label = rename.syntax().children().next()?.text().to_string();
            Some(Target::named(format!("{name} {label}")))
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
