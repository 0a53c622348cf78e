//! `VACUUM FULL`, `CLUSTER` and `REPACK`.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::RewriteForVacuum, title: "rewrites table", page: PAGE, check };

const PAGE: &str = "\
The table and its indexes are rewritten, and reads and writes are blocked during this time. If the statement
names no table, every table of the database is rewritten.

What is counted: the rows of each table that the statement names.

What to do instead: use VACUUM without FULL. It makes the space reusable and does not block reads or writes.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::RewriteTables { tables } = action else { return Vec::new() };
    if tables.is_empty() {
        return vec![Finding::named("every table")];
    }
    tables.iter().filter(|table| !state.is_new(table)).map(|table| Finding::locks(table, table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK305",
            &[
                ("VACUUM FULL t", &["t"]),
                ("VACUUM (ANALYZE, FULL) s.t, u", &["s.t", "u"]),
                ("VACUUM FULL", &["every table"]),
                ("CLUSTER t USING i", &["t"]),
                ("CLUSTER i ON t", &["t"]),
                ("CLUSTER", &["every table"]),
                ("VACUUM t", &[]),
                ("VACUUM (FULL false) t", &[]),
                ("ANALYZE t", &[]),
                ("ALTER TABLE t CLUSTER ON i", &[]),
            ],
        );
    }
}
