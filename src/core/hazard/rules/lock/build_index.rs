//! `CREATE INDEX` without CONCURRENTLY.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::CreateIndex;
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::BuildIndex, title: "builds index under lock", page: PAGE, check };

const PAGE: &str = "\
CREATE INDEX blocks writes to the table until the index is built. Reads are not blocked.

What is counted: the rows of the table.

What to do instead: use CREATE INDEX CONCURRENTLY in a separate revision, because it runs outside a transaction.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::CreateIndex(CreateIndex { name, table, concurrently: false, .. }) = action else { return Vec::new() };
    if state.is_new(table) {
        return Vec::new();
    }
    let object = name.as_ref().map_or_else(|| table.to_string(), |name| format!("{name} on {table}"));
    vec![Finding::locks(object, table)]
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK310",
            &[
                ("CREATE INDEX \"I i\" ON s.t (a)", &["\"I i\" on s.t"]),
                ("CREATE UNIQUE INDEX IF NOT EXISTS i ON ONLY t (a)", &["i on t"]),
                ("CREATE INDEX ON t (a)", &["t"]),
                ("CREATE INDEX CONCURRENTLY i ON t (a)", &[]),
                ("CREATE TABLE t (a int); CREATE INDEX i ON t (a)", &[]),
                ("CREATE TABLE t AS SELECT 1 AS a; CREATE INDEX i ON t (a)", &[]),
                ("CREATE TABLE u (a int); CREATE INDEX i ON t (a)", &["i on t"]),
                ("CREATE TABLE a (b int); ALTER TABLE a RENAME TO t; CREATE INDEX i ON t (b)", &[]),
                ("CREATE TABLE t (b int); ALTER TABLE t RENAME TO a; CREATE INDEX i ON t (b)", &["i on t"]),
                ("CREATE TEMP TABLE t (b int); CREATE INDEX i ON t (b)", &[]),
                ("CREATE TEMP TABLE t (b int); CREATE INDEX i ON public.t (b)", &["i on public.t"]),
                ("CREATE TABLE t (a int); ROLLBACK; CREATE INDEX i ON t (a)", &["i on t"]),
                ("CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE INDEX i ON m (a)", &[]),
                (
                    "DO $$ BEGIN IF false THEN CREATE TABLE t (a int); END IF; END $$; CREATE INDEX i ON t (a)",
                    &["i on t"],
                ),
            ],
        );
    }
}
