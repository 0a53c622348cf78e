//! `REVOKE`: roles lose what they may do.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::AstNode;
use squawk_syntax::ast::Revoke;

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "BR612", class: Class::Breaks, title: "takes privileges", page: PAGE, check };

const PAGE: &str = "\
BR612 takes privileges

Programs that run as the role fail where they use what is taken from it.

What to do instead: look at what the role does (`pg_stat_statements`) first.
";

fn check(part: &Part, _: &Context) -> Vec<Target> {
    let Some(revoke) = part.cast::<Revoke>() else { return Vec::new() };
    let objects = revoke.on_privilege_objects_clause();
    let roles = revoke.role_ref_list().map(|list| one_line(list.syntax()));
    let objects = objects.map_or_else(|| String::from("membership"), |on| one_line(on.syntax()));
    vec![Target::named(format!("{objects} from {}", roles.unwrap_or_default()))]
}

fn one_line(node: &SyntaxNode) -> String {
    let text = node.text().to_string();
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.strip_prefix("on ").or_else(|| line.strip_prefix("ON ")).map_or(line.clone(), str::to_owned)
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
