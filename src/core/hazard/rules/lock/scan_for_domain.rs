//! `ALTER DOMAIN … ADD CONSTRAINT` and `SET NOT NULL` read every table of the domain.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AlterDomain, DomainChange};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::ScanForDomain, title: "scans tables under lock", page: PAGE, check };

const PAGE: &str = "\
ADD CONSTRAINT and SET NOT NULL read every table that has a column of the domain, and block writes to these
tables during this time.

What to do instead: add the constraint NOT VALID, and validate it in a separate revision.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterDomain(AlterDomain { name, change }) = action else { return Vec::new() };
    let scans = matches!(change, DomainChange::AddConstraint { skips_rows: false } | DomainChange::SetNotNull);
    if scans && !state.is_new_type(name) { vec![Finding::named(name)] } else { Vec::new() }
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
