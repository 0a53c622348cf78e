//! `REVOKE`: clients that use the privileges.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::Revoke, title: "revokes privileges", page: PAGE, check };

const PAGE: &str = "\
Programs that connect as the role fail if they use a privilege that was revoked.

What to do instead: check first which statements the role runs (`pg_stat_statements`).
";

fn check(action: &Action, _: &ScriptState) -> Vec<Finding> {
    match action {
        Action::Revoke { privileges, roles } => vec![Finding::named(format!("{privileges} from {roles}"))],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR612",
            &[
                ("REVOKE SELECT ON TABLE t FROM app, reader", &["TABLE t from app, reader"]),
                ("REVOKE admin FROM app", &["membership from app"]),
                ("GRANT SELECT ON t TO app", &[]),
                ("ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM app", &[]),
            ],
        );
    }
}
