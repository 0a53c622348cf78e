//! `ADD COLUMN` without a default: NULL in every row that stands.

use squawk_syntax::ast::{AddColumn, AstNode, Constraint};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::context::type_text;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::added_columns;

pub const RULE: Rule = Rule { code: "DF801", class: Class::Default, title: "comes without a value", page: PAGE, check };

const PAGE: &str = "\
DF801 comes without a value

The new column is NULL in every row that is there already, and in those that programs which run now insert.
Whoever reads it has to bear that.

What is counted: the rows of the table.

What to do instead: give it a constant default (done at once since PostgreSQL 11), or fill it in the same
revision.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let columns =
        added_columns(part).into_iter().filter(|(table, column)| !context.is_empty(table) && !has_value(column));
    let named = columns.filter_map(|(table, column)| Some((Name::of(column.column_name()?.syntax())?, table)));
    named.map(|(column, table)| Target::about(format!("{table}.{column}"), table)).collect()
}

fn has_value(column: &AddColumn) -> bool {
    let serial = column.ty().is_some_and(|ty| type_text(&ty).contains("serial"));
    let given =
        |constraint| matches!(constraint, Constraint::DefaultConstraint(_) | Constraint::GeneratedConstraint(_));
    serial || column.constraints().any(given)
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "DF801",
            &[
                ("ALTER TABLE t ADD a int, ADD \"B\" text NOT NULL", &["t.a", "t.\"B\""]),
                ("ALTER TABLE t ADD a int DEFAULT 0", &[]),
                ("ALTER TABLE t ADD a bigserial", &[]),
                ("ALTER TABLE t ADD a int GENERATED ALWAYS AS IDENTITY", &[]),
                ("CREATE TABLE t (b int); ALTER TABLE t ADD a int", &[]),
                ("CREATE TABLE t (a int)", &[]),
            ],
        );
    }
}
