//! Constraints of a domain: every table that uses it is read.

use squawk_syntax::ast::{AlterDomain, AlterDomainAction, AstNode};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::passes_rows_by;

pub const RULE: Rule = Rule { code: "LK316", class: Class::Lock, title: "scans tables under lock", page: PAGE, check };

const PAGE: &str = "\
LK316 scans tables under lock

ADD CONSTRAINT and SET NOT NULL of a domain read every table with a column of it, and none of them takes a write
meanwhile.

What to do instead: add the constraint NOT VALID, and VALIDATE it in a transaction of its own.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let Some(alter) = part.cast::<AlterDomain>() else { return Vec::new() };
    let scans = match alter.action() {
        Some(AlterDomainAction::AddConstraint(add)) => {
            add.constraint().is_some_and(|constraint| !passes_rows_by(constraint.syntax()))
        }
        Some(AlterDomainAction::SetNotNull(_)) => true,
        _ => false,
    };
    let domain = alter.domain_ref().filter(|_| scans).and_then(|domain| Name::of(domain.syntax()));
    domain.filter(|domain| !context.is_new_type(domain)).map(Target::other).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK316",
            &[
                ("ALTER DOMAIN email ADD CHECK (VALUE ~ '@')", &["email"]),
                ("ALTER DOMAIN email SET NOT NULL", &["email"]),
                ("ALTER DOMAIN email VALIDATE CONSTRAINT c", &[]),
                ("ALTER DOMAIN email ADD CHECK (VALUE ~ '@') NOT VALID", &[]),
            ],
        );
    }
}
