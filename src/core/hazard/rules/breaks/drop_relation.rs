//! A table, view, sequence or schema goes.

use squawk_syntax::ast::{
    AstNode, DropForeignTable, DropMaterializedView, DropSchema, DropSequence, DropTable, DropView,
};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule =
    Rule { code: "BR605", class: Class::Breaks, title: "drops what clients read", page: PAGE, check };

const PAGE: &str = "\
BR605 drops what clients read

Programs that run now ask for it, and fail from the moment that the revision is committed.

What to do instead: stop using it in one release, and drop it in the next.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let names: Vec<_> = if let Some(drop) = part.cast::<DropTable>() {
        drop.table_name_refs().map(|name| name.syntax().clone()).collect()
    } else if let Some(drop) = part.cast::<DropView>() {
        drop.view_refs().map(|name| name.syntax().clone()).collect()
    } else if let Some(drop) = part.cast::<DropMaterializedView>() {
        drop.view_refs().map(|name| name.syntax().clone()).collect()
    } else if let Some(drop) = part.cast::<DropForeignTable>() {
        drop.table_name_refs().map(|name| name.syntax().clone()).collect()
    } else if let Some(drop) = part.cast::<DropSequence>() {
        drop.sequence_refs().map(|name| name.syntax().clone()).collect()
    } else if let Some(drop) = part.cast::<DropSchema>() {
        drop.schema_refs().map(|name| name.syntax().clone()).collect()
    } else {
        Vec::new()
    };
    names.iter().filter_map(Name::of).filter(|name| !context.is_new(name)).map(Target::other).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR605",
            &[
                ("DROP TABLE a, s.b", &["a", "s.b"]),
                ("DROP VIEW IF EXISTS v CASCADE", &["v"]),
                ("DROP MATERIALIZED VIEW m", &["m"]),
                ("DROP FOREIGN TABLE f", &["f"]),
                ("DROP SEQUENCE q, s.r", &["q", "s.r"]),
                ("DROP SCHEMA \"S s\" CASCADE", &["\"S s\""]),
                ("DROP INDEX i", &[]),
                ("CREATE TABLE a (b int); DROP TABLE a", &[]),
                ("CREATE TABLE IF NOT EXISTS a (b int); DROP TABLE a", &["a"]),
            ],
        );
    }
}
