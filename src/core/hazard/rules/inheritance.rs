//! `INHERIT` and `NO INHERIT`: rows that enter or leave what the parent shows.

use squawk_syntax::ast::AlterTableAction;

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::actions;

pub const RULE: Rule = Rule { code: "DL120", class: Class::DataLoss, title: "changes inheritance", page: PAGE, check };

const PAGE: &str = "\
DL120 changes inheritance

A parent table shows the rows of its children. NO INHERIT takes a child's rows out of it, INHERIT adds them:
queries, updates and deletes on the parent reach other rows than before, and constraints that a child had from
its parent stay or not with it.

What is counted: the rows of the child.

What to do instead: look at who reads the parent first; with partitions use ATTACH and DETACH PARTITION.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let changed = actions(part).into_iter().filter(|(table, action)| match action {
        AlterTableAction::NoInheritTable(_) => true,
        AlterTableAction::InheritTable(_) => !context.is_surely_empty(table),
        _ => false,
    });
    changed.map(|(table, _)| Target::table(table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "DL120",
            &[
                ("ALTER TABLE child NO INHERIT parent", &["child"]),
                ("ALTER TABLE s.child INHERIT parent", &["s.child"]),
                ("CREATE TABLE child (a int); ALTER TABLE child INHERIT parent", &[]),
                ("CREATE TABLE child () INHERITS (parent)", &[]),
                ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NO INHERIT", &[]),
            ],
        );
    }
}
