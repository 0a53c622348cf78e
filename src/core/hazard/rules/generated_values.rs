//! `DROP EXPRESSION` and `SET EXPRESSION` of a generated column.

use squawk_syntax::ast::AlterColumnOption;

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::column_options;

pub const RULE: Rule =
    Rule { code: "DL117", class: Class::DataLoss, title: "changes generated values", page: PAGE, check };

const PAGE: &str = "\
DL117 changes generated values

A generated column follows its expression. DROP EXPRESSION leaves the values as they are and lets them follow
nothing any more; SET EXPRESSION computes every value anew. The old expression stands nowhere but in the script
that made it, so no downgrade finds it by itself.

What is counted: the values that are not NULL.

What to do instead: write the old expression into the downgrade; where readers need the old values, add a second
generated column.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let options = column_options(part).into_iter().filter(|(table, ..)| !context.is_surely_empty(table));
    let changed = options.filter(|(_, _, option)| {
        matches!(option, AlterColumnOption::DropExpression(_) | AlterColumnOption::SetExpression(_))
    });
    changed.map(|(table, column, _)| Target::column(&table, column)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "DL117",
            &[
                ("ALTER TABLE t ALTER a DROP EXPRESSION IF EXISTS", &["t.a"]),
                ("ALTER TABLE t ALTER COLUMN a SET EXPRESSION AS (b * 2)", &["t.a"]),
                ("ALTER TABLE t ALTER a DROP DEFAULT", &[]),
                ("ALTER TABLE t ALTER a DROP IDENTITY", &[]),
            ],
        );
    }
}
