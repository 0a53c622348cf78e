//! `DROP IDENTITY`: the sequence behind the column goes.

use squawk_syntax::ast::AlterColumnOption;

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::column_options;

pub const RULE: Rule = Rule { code: "DL122", class: Class::DataLoss, title: "drops identity", page: PAGE, check };

const PAGE: &str = "\
DL122 drops identity

The sequence that gave the column its numbers is dropped with the state that it had. A downgrade that makes the
column an identity again begins at 1, and gives numbers out that are taken.

What to do instead: write the next number into the downgrade (`ADD GENERATED … (START …)`, or `setval` from the
column's maximum).
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let options = column_options(part).into_iter().filter(|(table, ..)| !context.is_surely_new(table));
    let dropped = options.filter(|(_, _, option)| matches!(option, AlterColumnOption::DropIdentity(_)));
    dropped.map(|(table, column, _)| Target::named(format!("{table}.{column}"))).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "DL122",
            &[
                ("ALTER TABLE t ALTER id DROP IDENTITY IF EXISTS", &["t.id"]),
                ("ALTER TABLE t ALTER id DROP DEFAULT", &[]),
                ("CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY); ALTER TABLE t ALTER id DROP IDENTITY", &[]),
            ],
        );
    }
}
