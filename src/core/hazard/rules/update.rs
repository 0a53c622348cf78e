//! `UPDATE`, `ON CONFLICT DO UPDATE` and `MERGE … UPDATE`: the values that they overwrite.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{AstNode, ColumnTarget, Insert, Merge, SetClause, Update};

use crate::core::hazard::Class;
use crate::core::hazard::condition::requires_null;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "DL107", class: Class::DataLoss, title: "overwrites values", page: PAGE, check };

const PAGE: &str = "\
DL107 overwrites values

An UPDATE puts new values where old ones stood, and a downgrade cannot know the old ones. So each column that
is set counts, in UPDATE, in INSERT … ON CONFLICT DO UPDATE and in MERGE.

What is counted: the values, not NULL, of the rows that the condition takes; where that cannot be asked beforehand
all of the column, said to be the most that can be overwritten. A column
that the statement fills only where it is NULL (`SET a = 0 WHERE a IS NULL`) overwrites nothing and is not found;
one that the script itself added above holds nothing that was there before.

What to do instead: fill a new column and leave the old one until the next release, or add `AND a IS NULL`.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let Some(set) = part.cast::<SetClause>() else { return Vec::new() };
    let Some((table, update)) = target(set.syntax()) else { return Vec::new() };
    let columns = set.syntax().descendants().filter_map(ColumnTarget::cast);
    let names = columns.filter_map(|column| Name::of(&column.syntax().first_child()?));
    let overwritten =
        names.filter(|column| !update.as_ref().is_some_and(|update| requires_null(update, &table, column)));
    let targets = overwritten.map(|column| {
        if context.is_added(&table, &column.name) {
            Target::named(format!("{table}.{column}")).holding_nothing()
        } else {
            Target::column(&table, column)
        }
    });
    targets.collect()
}

/// The table whose columns a SET clause sets, and the UPDATE when it is one.
fn target(set: &SyntaxNode) -> Option<(Name, Option<Update>)> {
    set.ancestors().find_map(|node| {
        if let Some(update) = Update::cast(node.clone()) {
            return Some((Name::of(update.relation_name()?.syntax())?, Some(update)));
        }
        if let Some(insert) = Insert::cast(node.clone()) {
            return Some((Name::of(insert.relation_name_ref()?.syntax())?, None));
        }
        let merge = Merge::cast(node)?;
        Some((Name::of(merge.table_relation_name()?.syntax())?, None))
    })
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("UPDATE jobs SET priority = 0", &["DL107 jobs.priority"]),
            (
                "UPDATE ONLY s.t AS x SET a = 1, (\"B\", c) = (1, 2), d[1] = 2, e.f = 3 FROM u WHERE x.a = u.a",
                &["DL107 s.t.a", "DL107 s.t.\"B\"", "DL107 s.t.c", "DL107 s.t.d", "DL107 s.t.e"],
            ),
            ("UPDATE t SET a = 1 WHERE a IS NULL", &[]),
            ("UPDATE t x SET a = 1 WHERE b > 0 AND (x.a IS NULL) AND c < 1", &[]),
            ("UPDATE t SET a = 1, b = 2 WHERE t.a IS NULL", &["DL107 t.b"]),
            ("UPDATE t x SET a = 1 FROM u WHERE u.a IS NULL", &["DL107 t.a"]),
            ("UPDATE t SET a = 1 WHERE a IS NULL OR b", &["DL107 t.a"]),
            ("UPDATE t SET a = 1 WHERE NOT (a IS NULL)", &["DL107 t.a"]),
            ("UPDATE t SET a = 1 WHERE a IS NOT NULL", &["DL107 t.a"]),
            ("UPDATE t SET a = 1 WHERE (SELECT a IS NULL)", &["DL107 t.a"]),
            ("INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = excluded.b", &["DL107 t.b"]),
            ("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", &[]),
            ("INSERT INTO t SELECT * FROM u FOR UPDATE", &[]),
            ("WITH x AS (UPDATE t SET a = 1 RETURNING a) SELECT * FROM x", &["DL107 t.a"]),
            ("MERGE INTO t USING u ON true WHEN MATCHED THEN UPDATE SET a = 1", &["DL107 t.a"]),
            ("SELECT * FROM t FOR UPDATE", &[]),
            ("CREATE TRIGGER x AFTER UPDATE OF a ON t EXECUTE FUNCTION f()", &[]),
            ("SET search_path = a", &[]),
        ]);
    }
}
