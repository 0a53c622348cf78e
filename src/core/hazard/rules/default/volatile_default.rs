//! `ADD COLUMN` with a volatile default.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::DefaultValue;
use crate::core::statement::{Action, ScriptState};

/// The rule.
pub const RULE: Rule =
    Rule { code: Code::VolatileDefault, title: "has a different default per row", page: PAGE, check };

const PAGE: &str = "\
A volatile default is evaluated once for each existing row: random values, times, numbers of a sequence. On
two databases it gives different values, so that production gets other values than staging.

What is counted: the rows of the table.

What to do instead: set the default for new rows, and fill the existing rows with an UPDATE that determines
their values.
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
