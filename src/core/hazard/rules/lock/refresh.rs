//! `REFRESH MATERIALIZED VIEW` without CONCURRENTLY.

use squawk_syntax::ast::{AstNode, Refresh};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule =
    Rule { code: "LK314", class: Class::Lock, title: "locks view while it fills", page: PAGE, check };

const PAGE: &str = "\
LK314 locks view while it fills

The view is computed anew under ACCESS EXCLUSIVE: nobody reads it until it is done.

What is counted: the rows of the view.

What to do instead: REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index on the view.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let refresh = part.cast::<Refresh>().filter(|refresh| refresh.concurrently_token().is_none());
    let view = refresh.and_then(|refresh| Name::of(refresh.view_ref()?.syntax()));
    view.filter(|view| !context.is_new(view)).map(Target::table).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK314",
            &[
                ("REFRESH MATERIALIZED VIEW s.m", &["s.m"]),
                ("REFRESH MATERIALIZED VIEW m WITH NO DATA", &["m"]),
                ("REFRESH MATERIALIZED VIEW CONCURRENTLY m", &[]),
                ("CREATE MATERIALIZED VIEW m AS SELECT 1; REFRESH MATERIALIZED VIEW m", &[]),
            ],
        );
    }
}
