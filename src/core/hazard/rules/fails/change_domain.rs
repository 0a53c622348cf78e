//! `ALTER DOMAIN`: values that violate a new constraint.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AlterDomain, DomainChange};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule =
    Rule { code: Code::ChangeDomain, title: "fails on values that violate the domain", page: PAGE, check };

const PAGE: &str = "\
ALTER DOMAIN … ADD CONSTRAINT, VALIDATE CONSTRAINT and SET NOT NULL check every value of every column of the
domain, in all tables, and fail at the first that violates the constraint.

What to do instead: find such values first; add the constraint NOT VALID, correct the rows, then validate it.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterDomain(AlterDomain { name, change }) = action else { return Vec::new() };
    let checks = matches!(
        change,
        DomainChange::AddConstraint { skips_rows: false } | DomainChange::ValidateConstraint | DomainChange::SetNotNull
    );
    if checks && !state.is_new_type(name) { vec![Finding::named(name)] } else { Vec::new() }
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
