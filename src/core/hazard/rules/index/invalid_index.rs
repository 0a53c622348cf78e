//! Indexes that are built CONCURRENTLY.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{Reindex, ReindexTarget};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::InvalidIndex, title: "may leave an invalid index", page: PAGE, check };

const PAGE: &str = "\
If CONCURRENTLY does not complete (a duplicate, a cancel, a lost connection), an invalid index remains. No query
uses it, every write still updates it, and IF NOT EXISTS treats it as an existing index.

What to do instead: use one such statement per revision. If it fails, limbeck names the invalid index and the
command that drops it.
";

fn check(action: &Action, _: &ScriptState) -> Vec<Finding> {
    let object = match action {
        Action::CreateIndex(create) if create.concurrently => create.name.as_ref().or(Some(&create.table)),
        Action::Reindex(Reindex { target, concurrently: true }) => match target {
            ReindexTarget::Table(name) | ReindexTarget::Index(name) => Some(name),
            ReindexTarget::Schema(_) | ReindexTarget::Database | ReindexTarget::System => None,
        },
        _ => None,
    };
    object.map(Finding::named).into_iter().collect()
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
