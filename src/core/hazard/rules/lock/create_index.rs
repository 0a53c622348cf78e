//! `CREATE INDEX` without CONCURRENTLY: no writes until it is built.

use squawk_syntax::ast::{AstNode, CreateIndex};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "LK310", class: Class::Lock, title: "builds index under lock", page: PAGE, check };

const PAGE: &str = "\
LK310 builds index under lock

CREATE INDEX lets others read the table, but nobody writes to it until the index is built.

What is counted: the rows of the table.

What to do instead: CREATE INDEX CONCURRENTLY, in a revision of its own: it runs outside a transaction.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let Some(create) = part.cast::<CreateIndex>().filter(|create| create.concurrently_token().is_none()) else {
        return Vec::new();
    };
    let table = create.table_relation_name().and_then(|name| Name::of(name.syntax()));
    let Some(table) = table.filter(|table| !context.is_new(table)) else { return Vec::new() };
    let name = create.index().and_then(|index| Name::of(index.syntax()));
    let object = name.map_or_else(|| table.to_string(), |name| format!("{name} on {table}"));
    vec![Target::about(object, table)]
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
