//! `LOCK TABLE` in a mode that blocks others.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::LockTable, title: "locks table", page: PAGE, check };

const PAGE: &str = "\
The table is locked until the end of the transaction. ACCESS EXCLUSIVE, which is also the default mode, blocks
reads as well. The modes ACCESS SHARE and ROW SHARE are not reported, because they block neither reads nor
writes.

What is counted: the rows of the table.

What to do instead: remove the LOCK if the other statements take the locks that they need; otherwise use the
weakest sufficient mode.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::LockTables { tables, is_shared: false } = action else { return Vec::new() };
    tables.iter().filter(|table| !state.is_new(table)).map(|table| Finding::locks(table, table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK313",
            &[
                ("LOCK TABLE a, ONLY s.b IN SHARE MODE", &["a", "s.b"]),
                ("LOCK t", &["t"]),
                ("LOCK t IN ACCESS SHARE MODE", &[]),
                ("CREATE TABLE t (a int); LOCK t", &[]),
                ("SELECT 1 FROM t FOR UPDATE", &[]),
            ],
        );
    }
}
