//! `ADD COLUMN` with a volatile default.

use squawk_syntax::ast::{AstNode, Constraint};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::added_columns;
use crate::core::hazard::volatile::is_volatile;

pub const RULE: Rule =
    Rule { code: "DF802", class: Class::Default, title: "gives each row its own value", page: PAGE, check };

const PAGE: &str = "\
DF802 gives each row its own value

A volatile default is computed once for each row that stands: random values, times of day, numbers of a
sequence. Run on two databases it gives different values, so what was tried on staging is not what production
gets.

What is counted: the rows of the table.

What to do instead: set the default for rows to come, and fill the rows that stand with an UPDATE that says
where their values come from.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let columns = added_columns(part).into_iter().filter(|(table, column)| {
        let volatile = column.constraints().any(|constraint| match constraint {
            Constraint::DefaultConstraint(default) => default.expr().is_some_and(|value| is_volatile(value.syntax())),
            _ => false,
        });
        volatile && !context.is_empty(table)
    });
    let named = columns.filter_map(|(table, column)| Some((Name::of(column.column_name()?.syntax())?, table)));
    named.map(|(column, table)| Target::about(format!("{table}.{column}"), table)).collect()
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
