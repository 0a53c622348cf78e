//! `REINDEX` without CONCURRENTLY.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{Reindex, ReindexTarget};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::RebuildIndex, title: "rebuilds index under lock", page: PAGE, check };

const PAGE: &str = "\
REINDEX blocks writes to the table, and reads that use the index, until the index is rebuilt.

What to do instead: use REINDEX … CONCURRENTLY in a separate revision, because it runs outside a transaction.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::Reindex(Reindex { target, concurrently: false }) = action else { return Vec::new() };
    match target {
        ReindexTarget::Table(table) if state.is_new(table) => Vec::new(),
        ReindexTarget::Table(table) => vec![Finding::locks(table, table)],
        ReindexTarget::Index(index) => vec![Finding::named(index)],
        ReindexTarget::Schema(schema) => vec![Finding::named(format!("schema {schema}"))],
        ReindexTarget::Database => vec![Finding::named("the database")],
        ReindexTarget::System => vec![Finding::named("system tables")],
    }
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
