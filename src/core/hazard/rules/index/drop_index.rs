//! `DROP INDEX`: queries that used it become slow.

use squawk_syntax::ast::{AstNode, DropIndex};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "IX401", class: Class::Index, title: "drops index", page: PAGE, check };

const PAGE: &str = "\
IX401 drops index

The queries that the index served read the whole table from now on, and a unique index no longer keeps
duplicates out.

What to do instead: look whether it is used (`pg_stat_user_indexes.idx_scan`, on every replica) before it goes.
";

fn check(part: &Part, _: &Context) -> Vec<Target> {
    let Some(drop) = part.cast::<DropIndex>() else { return Vec::new() };
    drop.index_refs().filter_map(|index| Name::of(index.syntax())).map(Target::other).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "IX401",
            &[
                ("DROP INDEX CONCURRENTLY IF EXISTS a, s.\"B b\"", &["a", "s.\"B b\""]),
                ("DROP TABLE i", &[]),
                ("ALTER INDEX i RENAME TO j", &[]),
            ],
        );
    }
}
