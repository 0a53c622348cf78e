//! `SET LOGGED` and `SET UNLOGGED`: the table is written anew under ACCESS EXCLUSIVE.

use squawk_syntax::ast::AlterTableAction;

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::standing;

pub const RULE: Rule = Rule { code: "LK303", class: Class::Lock, title: "rewrites table", page: PAGE, check };

const PAGE: &str = "\
LK303 rewrites table

Switching between logged and unlogged writes the whole table and its indexes anew, and nobody reads or writes it
meanwhile; SET LOGGED writes all of it to the log besides.

What is counted: the rows of the table.

What to do instead: choose when the table is made.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let standing = standing(part, context).into_iter();
    standing
        .filter(|(_, action)| matches!(action, AlterTableAction::SetLogged(_) | AlterTableAction::SetUnlogged(_)))
        .map(|(table, _)| Target::table(table))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK303",
            &[
                ("ALTER TABLE t SET LOGGED", &["t"]),
                ("ALTER TABLE s.t SET UNLOGGED", &["s.t"]),
                ("CREATE TABLE t (a int); ALTER TABLE t SET LOGGED", &[]),
                ("ALTER TABLE t SET (fillfactor = 70)", &[]),
            ],
        );
    }
}
