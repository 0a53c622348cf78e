//! `SET ACCESS METHOD` and `SET TABLESPACE`: the table is written elsewhere under ACCESS EXCLUSIVE.

use squawk_syntax::ast::AlterTableAction;

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::standing;

pub const RULE: Rule = Rule { code: "LK304", class: Class::Lock, title: "rewrites table", page: PAGE, check };

const PAGE: &str = "\
LK304 rewrites table

The whole table is written to another place or in another form, and nobody reads or writes it meanwhile.

What is counted: the rows of the table.

What to do instead: do it in a window of its own, or with a tool that copies while the table is in use.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let standing = standing(part, context).into_iter();
    standing
        .filter(|(_, action)| {
            matches!(action, AlterTableAction::SetAccessMethod(_) | AlterTableAction::SetTablespace(_))
        })
        .map(|(table, _)| Target::table(table))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK304",
            &[
                ("ALTER TABLE t SET ACCESS METHOD heap2", &["t"]),
                ("ALTER TABLE t SET TABLESPACE fast", &["t"]),
                ("CREATE TABLE t (a int); ALTER TABLE t SET TABLESPACE fast", &[]),
                ("ALTER TABLE t SET SCHEMA s", &[]),
            ],
        );
    }
}
