//! `TRUNCATE`: every row of every table that it names.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, Effect, ScriptState};

pub const RULE: Rule = Rule { code: Code::Truncate, title: "truncates table", page: PAGE, check };

const PAGE: &str = "\
TRUNCATE removes all rows of a table, and fires no row triggers. With CASCADE it also empties every table that
has a foreign key to it, although the statement does not name these tables.

What is counted: the rows of each table that the statement names. Other emptied tables are reported separately
(DL124).

What to do instead: name all tables and remove CASCADE, so that PostgreSQL rejects the statement if another table
refers to them.
";

fn check(action: &Action, _: &ScriptState) -> Vec<Finding> {
    let Action::Truncate { tables, .. } = action else { return Vec::new() };
    tables.iter().map(|table| Finding::new(table, Effect::Truncates { table: table.clone() })).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("TRUNCATE jobs", &["DL102 jobs"]),
            ("TRUNCATE TABLE ONLY a, s.\"B b\" * RESTART IDENTITY CASCADE", &["DL102 a", "DL102 s.\"B b\""]),
            ("SELECT 'TRUNCATE jobs'", &[]),
            ("CREATE TRIGGER x AFTER TRUNCATE ON jobs EXECUTE FUNCTION f()", &[]),
            ("GRANT TRUNCATE ON jobs TO a", &[]),
        ]);
    }
}
