//! Constraints of a domain: every column of it is looked at.

use squawk_syntax::ast::{AlterDomain, AlterDomainAction, AstNode};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::passes_rows_by;

pub const RULE: Rule =
    Rule { code: "FA211", class: Class::Fails, title: "refused where values break it", page: PAGE, check };

const PAGE: &str = "\
FA211 refused where values break it

ALTER DOMAIN … ADD CONSTRAINT, VALIDATE CONSTRAINT and SET NOT NULL look at every value of every column of the
domain, in all tables, and stop at the first that breaks it.

What to do instead: look for such values first; add the constraint NOT VALID, mend the rows, then validate it.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let Some(alter) = part.cast::<AlterDomain>() else { return Vec::new() };
    let looks = match alter.action() {
        Some(AlterDomainAction::AddConstraint(add)) => {
            add.constraint().is_some_and(|constraint| !passes_rows_by(constraint.syntax()))
        }
        Some(AlterDomainAction::ValidateConstraint(_) | AlterDomainAction::SetNotNull(_)) => true,
        _ => false,
    };
    let domain = alter.domain_ref().filter(|_| looks).and_then(|domain| Name::of(domain.syntax()));
    domain.filter(|domain| !context.is_new_type(domain)).map(Target::other).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "FA211",
            &[
                ("ALTER DOMAIN s.email ADD CONSTRAINT c CHECK (VALUE ~ '@')", &["s.email"]),
                ("ALTER DOMAIN email SET NOT NULL", &["email"]),
                ("ALTER DOMAIN email VALIDATE CONSTRAINT c", &["email"]),
                ("ALTER DOMAIN email ADD CHECK (VALUE ~ '@') NOT VALID", &[]),
                ("ALTER DOMAIN email DROP CONSTRAINT c", &[]),
                ("CREATE DOMAIN email AS text; ALTER DOMAIN email SET NOT NULL", &[]),
            ],
        );
    }
}
