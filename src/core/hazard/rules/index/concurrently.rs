//! What is built CONCURRENTLY and fails is left behind invalid.

use squawk_syntax::ast::{AstNode, CreateIndex, Reindex};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::sql::{Transactional, transactional};

pub const RULE: Rule =
    Rule { code: "IX402", class: Class::Index, title: "may leave an invalid index", page: PAGE, check };

const PAGE: &str = "\
IX402 may leave an invalid index

An index that is built CONCURRENTLY and does not come to its end (a duplicate, a cancel, a lost connection)
stays behind invalid: no query uses it, every write still pays for it, and IF NOT EXISTS takes it for done.

What to do instead: one such statement a revision. limbeck finds the invalid index on the next run and offers to
remove it.
";

fn check(part: &Part, _: &Context) -> Vec<Target> {
    if let Some(create) = part.cast::<CreateIndex>().filter(|create| create.concurrently_token().is_some()) {
        let name = create.index().and_then(|index| Name::of(index.syntax()));
        let name = name.or_else(|| Name::of(create.table_relation_name()?.syntax()));
        return name.map(Target::other).into_iter().collect();
    }
    let Some(reindex) = part.cast::<Reindex>() else { return Vec::new() };
    let concurrent = transactional(&reindex.syntax().text().to_string()) == Transactional::No("REINDEX CONCURRENTLY");
    let name = reindex.reindex_target().filter(|_| concurrent).and_then(|target| Name::of(target.syntax()));
    name.map(Target::other).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "IX402",
            &[
                ("CREATE INDEX CONCURRENTLY i ON t (a)", &["i"]),
                ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"I\" ON t (a)", &["\"I\""]),
                ("CREATE INDEX CONCURRENTLY ON s.t (a)", &["s.t"]),
                ("REINDEX INDEX CONCURRENTLY s.i", &["s.i"]),
                ("CREATE INDEX i ON t (a)", &[]),
                ("REINDEX INDEX i", &[]),
            ],
        );
    }
}
