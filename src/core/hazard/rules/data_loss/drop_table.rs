//! `DROP TABLE`: every row of every table that it names.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ObjectKind;
use crate::core::statement::{Action, Effect, ScriptState};

pub const RULE: Rule = Rule { code: Code::DropTable, title: "drops table", page: PAGE, check };

const PAGE: &str = "\
DROP TABLE removes the table and all its rows. A downgrade can create the table again, but not its rows.

What is counted: the rows of each table that the statement names. A table without rows loses nothing. With
CASCADE, foreign keys, views and materialized views that use the table are dropped as well.

What to do instead: rename the table in one release, and drop it in the next if no program has failed. With
`keep = true` limbeck copies the rows before it drops the table, and a downgrade restores them.
";

fn check(action: &Action, _: &ScriptState) -> Vec<Finding> {
    let Action::Drop(drop) = action else { return Vec::new() };
    if drop.kind != ObjectKind::Table {
        return Vec::new();
    }
    drop.names.iter().map(|table| Finding::new(table, Effect::DropsTable { table: table.clone() })).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("DROP TABLE users", &["DL101 users"]),
            (
                "drop /* x */ table -- y\n if exists Users, public.jobs, \"My Schema\".\"a.b\" cascade",
                &["DL101 users", "DL101 public.jobs", "DL101 \"My Schema\".\"a.b\""],
            ),
            ("DROP TABLE \"order\" RESTRICT", &["DL101 \"order\""]),
            ("DROP TABLE \"two \"\" quotes\"", &["DL101 \"two \"\" quotes\""]),
            ("DROP TABLE U&\"d\\0061ta\"", &["DL101 data"]),
            ("DROP VIEW users", &[]),
            ("DROP FOREIGN TABLE users", &[]),
            ("DROP INDEX users", &[]),
            ("CREATE TABLE t (a text DEFAULT 'DROP TABLE users')", &[]),
            ("COMMENT ON TABLE t IS 'DROP TABLE users;'", &[]),
            ("CREATE TABLE \"DROP TABLE users\" (a int)", &[]),
        ]);
    }
}
