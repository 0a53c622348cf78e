//! `DROP INDEX` without CONCURRENTLY: it waits for the table, and everyone behind it.

use squawk_syntax::ast::AstNode;
use squawk_syntax::ast::DropIndex;

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "LK311", class: Class::Lock, title: "waits for everyone", page: PAGE, check };

const PAGE: &str = "\
LK311 waits for everyone

DROP INDEX takes ACCESS EXCLUSIVE on the index's table. It is done at once, but not before every query on the
table has ended, and all that come later wait behind it.

What to do instead: DROP INDEX CONCURRENTLY, in a revision of its own; or a short `lock_timeout`.
";

fn check(part: &Part, _: &Context) -> Vec<Target> {
    let Some(drop) = part.cast::<DropIndex>().filter(|drop| drop.concurrently_token().is_none()) else {
        return Vec::new();
    };
    drop.index_refs().filter_map(|index| Name::of(index.syntax())).map(Target::other).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK311",
            &[
                ("DROP INDEX IF EXISTS i, s.\"J\"", &["i", "s.\"J\""]),
                ("DROP INDEX CONCURRENTLY i", &[]),
                ("REINDEX INDEX i", &[]),
            ],
        );
    }
}
