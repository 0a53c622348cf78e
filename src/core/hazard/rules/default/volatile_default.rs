//! `ADD COLUMN` with a volatile default.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::DefaultValue;
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::VolatileDefault, title: "computes default for each row", page: PAGE, check };

const PAGE: &str = "\
A volatile default is evaluated for each existing row: random values, times, numbers of a sequence. Two
databases therefore get different values, e.g. staging and production.

What is counted: the rows of the table.

What to do instead: set the default for new rows only, and fill the existing rows with an UPDATE that gives the
same values in every database.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let table = &alter.table;
    let volatile =
        alter.added_columns().filter(|column| column.default == DefaultValue::Volatile && !state.is_empty(table));
    volatile.map(|column| Finding::rows_of(format!("{table}.{}", column.name), table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "DF802",
            &[
                ("ALTER TABLE t ADD a uuid DEFAULT gen_random_uuid()", &["t.a"]),
                ("ALTER TABLE t ADD a bigint DEFAULT nextval('s')", &["t.a"]),
                ("ALTER TABLE t ADD a timestamptz DEFAULT now()", &[]),
                ("ALTER TABLE t ADD a int GENERATED ALWAYS AS (b) STORED", &[]),
                ("CREATE TABLE t (b int); ALTER TABLE t ADD a uuid DEFAULT gen_random_uuid()", &[]),
            ],
        );
    }
}
