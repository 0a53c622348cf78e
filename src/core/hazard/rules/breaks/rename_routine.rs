//! A function, procedure or aggregate gets another name.

use squawk_syntax::ast::{AlterAggregate, AlterFunction, AlterProcedure, AlterRoutine, AstNode};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "BR604", class: Class::Breaks, title: "renames function", page: PAGE, check };

const PAGE: &str = "\
BR604 renames function

Programs that run now call the old name, and fail from the moment that the revision is committed until they are
replaced. Bodies of other functions that call it by name fail as well.

What to do instead: make the function under the new name, let the old one call it, and drop that a release
later.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let Part::Node(node) = part else { return Vec::new() };
    let kind = node.kind();
    let alters = AlterFunction::can_cast(kind)
        || AlterProcedure::can_cast(kind)
        || AlterRoutine::can_cast(kind)
        || AlterAggregate::can_cast(kind);
    let renames = alters
        && node
            .children()
            .any(|child| child.first_token().is_some_and(|token| token.text().eq_ignore_ascii_case("rename")));
    let name = if renames { Name::of(node) } else { None };
    name.filter(|name| !context.is_new_routine(name)).map(Target::other).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR604",
            &[
                ("ALTER FUNCTION s.f(int) RENAME TO g", &["s.f"]),
                ("ALTER PROCEDURE p RENAME TO q", &["p"]),
                ("ALTER ROUTINE r(int) RENAME TO s", &["r"]),
                ("ALTER AGGREGATE a(int) RENAME TO b", &["a"]),
                ("ALTER FUNCTION f(int) OWNER TO x", &[]),
                ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION f() RENAME TO g", &[]),
            ],
        );
    }
}
