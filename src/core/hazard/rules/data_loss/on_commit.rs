//! Temporary tables that lose their rows at the end of the transaction.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::OnCommit, title: "loses rows at commit", page: PAGE, check };

const PAGE: &str = "\
The temporary table loses its rows, or is dropped, at the end of the transaction. With `transaction=off`, this is
the end of every statement. Later statements then cannot use rows that the script has moved to the table.

What is counted: nothing. The table is new and contains no earlier data, so no approval is needed. Rows that
the script deletes from other tables are reported there.

What to do instead: if statements outside this transaction need the rows, remove ON COMMIT or use a permanent
table.
";

fn check(action: &Action, _: &ScriptState) -> Vec<Finding> {
    match action {
        Action::CreateTable(create) if create.loses_rows_on_commit => {
            vec![Finding::named(&create.name).affecting_nothing()]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "DL119",
            &[
                ("CREATE TEMP TABLE k (a int) ON COMMIT DROP", &["k"]),
                ("CREATE TEMPORARY TABLE k ON COMMIT DELETE ROWS AS SELECT 1", &["k"]),
                ("CREATE TEMP TABLE k (a int) ON COMMIT PRESERVE ROWS", &[]),
                ("CREATE TEMP TABLE k (a int)", &[]),
            ],
        );
    }
}
