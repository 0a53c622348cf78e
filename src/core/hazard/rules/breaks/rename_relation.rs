//! A table, view or sequence gets another name.

use squawk_syntax::ast::{
    AlterMaterializedView, AlterSequence, AlterTable, AlterView, AstNode, SequenceRenameTo, TableRenameTo, ViewRenameTo,
};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "BR601", class: Class::Breaks, title: "renames relation", page: PAGE, check };

const PAGE: &str = "\
BR601 renames relation

Programs that run now ask for the old name, and fail from the moment that the revision is committed until they
are replaced.

What to do instead: rename, and leave a view of the old name that selects from the new one until nobody asks for
it; or deploy with a stop.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let Part::Node(node) = part else { return Vec::new() };
    let kind = node.kind();
    let alters = AlterTable::can_cast(kind)
        || AlterView::can_cast(kind)
        || AlterMaterializedView::can_cast(kind)
        || AlterSequence::can_cast(kind);
    let renames = alters
        && node.children().any(|child| {
            let kind = child.kind();
            TableRenameTo::can_cast(kind) || ViewRenameTo::can_cast(kind) || SequenceRenameTo::can_cast(kind)
        });
    let name = if renames { Name::of(node) } else { None };
    name.filter(|name| !context.is_new(name)).map(Target::other).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR601",
            &[
                ("ALTER TABLE IF EXISTS s.\"T t\" RENAME TO u", &["s.\"T t\""]),
                ("ALTER VIEW v RENAME TO w", &["v"]),
                ("ALTER MATERIALIZED VIEW m RENAME TO n", &["m"]),
                ("ALTER SEQUENCE q RENAME TO r", &["q"]),
                ("ALTER INDEX i RENAME TO j", &[]),
                ("ALTER TABLE t RENAME a TO b", &[]),
                ("CREATE TABLE a (b int); ALTER TABLE a RENAME TO c", &[]),
                ("CREATE TABLE new (b int); ALTER TABLE t RENAME TO old; ALTER TABLE new RENAME TO t", &["t"]),
            ],
        );
    }
}
