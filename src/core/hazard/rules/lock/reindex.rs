//! `REINDEX` without CONCURRENTLY.

use squawk_syntax::ast::{AstNode, Reindex, ReindexTarget};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::sql::{Transactional, transactional};

pub const RULE: Rule =
    Rule { code: "LK312", class: Class::Lock, title: "rebuilds index under lock", page: PAGE, check };

const PAGE: &str = "\
LK312 rebuilds index under lock

REINDEX lets nobody write to the table, and nobody read by the index, until it is rebuilt.

What to do instead: REINDEX … CONCURRENTLY, in a revision of its own: it runs outside a transaction.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let Some(reindex) = part.cast::<Reindex>() else { return Vec::new() };
    if matches!(transactional(&reindex.syntax().text().to_string()), Transactional::No("REINDEX CONCURRENTLY")) {
        return Vec::new();
    }
    let (name, words, concurrently) = match reindex.reindex_target() {
        Some(ReindexTarget::ReindexTargetTable(target)) => {
            let table = target.table_name_ref().and_then(|name| Name::of(name.syntax()));
            let standing = table.filter(|table| !context.is_new(table));
            return standing.map(Target::table).into_iter().collect();
        }
        Some(ReindexTarget::ReindexTargetIndex(target)) => {
            (target.index_ref().and_then(|name| Name::of(name.syntax())), "", target.concurrently_token())
        }
        Some(ReindexTarget::ReindexTargetSchema(target)) => {
            (target.schema_ref().and_then(|name| Name::of(name.syntax())), "schema ", target.concurrently_token())
        }
        Some(ReindexTarget::ReindexTargetDatabase(target)) => (None, "the database", target.concurrently_token()),
        Some(ReindexTarget::ReindexTargetSystem(target)) => (None, "system tables", target.concurrently_token()),
        None => return Vec::new(),
    };
    let object = format!("{words}{}", name.map_or_else(String::new, |name| name.to_string()));
    if concurrently.is_some() { Vec::new() } else { vec![Target::named(object)] }
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK312",
            &[
                ("REINDEX INDEX s.i", &["s.i"]),
                ("REINDEX (VERBOSE) TABLE t", &["t"]),
                ("REINDEX SCHEMA s", &["schema s"]),
                ("REINDEX DATABASE", &["the database"]),
                ("REINDEX INDEX CONCURRENTLY i", &[]),
                ("REINDEX (CONCURRENTLY) TABLE t", &[]),
                ("REINDEX SCHEMA CONCURRENTLY s", &[]),
                ("CREATE TABLE t (a int); REINDEX TABLE t", &[]),
            ],
        );
    }
}
