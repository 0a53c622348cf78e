//! `ADD COLUMN … NOT NULL` without a default.

use squawk_syntax::ast::AstNode;
use squawk_syntax::ast::{AddColumn, Constraint, DefaultConstraint};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::context::type_text;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::added_columns;

pub const RULE: Rule =
    Rule { code: "FA202", class: Class::Fails, title: "needs a value in every row", page: PAGE, check };

const PAGE: &str = "\
FA202 needs a value in every row

A new column is NULL in every row that stands, unless it has a default. With NOT NULL or PRIMARY KEY and no
default the statement fails as soon as the table holds a row, however well it went on an empty development
database.

What to do instead: three steps: ADD COLUMN without NOT NULL, an UPDATE that fills it, ALTER COLUMN … SET NOT
NULL.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let columns =
        added_columns(part).into_iter().filter(|(table, column)| !context.is_empty(table) && is_strict(column));
    let named = columns.filter_map(|(table, column)| Some((Name::of(column.column_name()?.syntax())?, table)));
    named.map(|(column, table)| Target::about(format!("{table}.{column}"), table)).collect()
}

fn is_strict(column: &AddColumn) -> bool {
    let strict = column
        .constraints()
        .any(|constraint| matches!(constraint, Constraint::NotNullConstraint(_) | Constraint::PrimaryKeyConstraint(_)));
    strict && !has_value(column)
}

fn has_value(column: &AddColumn) -> bool {
    let serial = column.ty().is_some_and(|ty| type_text(&ty).trim_start_matches("pg_catalog.").contains("serial"));
    let given = column.constraints().any(|constraint| match constraint {
        Constraint::GeneratedConstraint(_) => true,
        Constraint::DefaultConstraint(default) => !is_null(&default),
        _ => false,
    });
    serial || given
}

fn is_null(default: &DefaultConstraint) -> bool {
    default.expr().is_some_and(|value| value.syntax().text().to_string().to_lowercase().starts_with("null"))
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "FA202",
            &[
                ("ALTER TABLE t ADD COLUMN a int NOT NULL", &["t.a"]),
                (
                    "ALTER TABLE t ADD a int NOT NULL DEFAULT NULL, ADD IF NOT EXISTS \"B\" int CONSTRAINT x NOT NULL",
                    &["t.a", "t.\"B\""],
                ),
                ("ALTER TABLE t ADD a uuid PRIMARY KEY", &["t.a"]),
                ("ALTER TABLE t ADD a int NOT NULL DEFAULT 0", &[]),
                ("ALTER TABLE t ADD a int", &[]),
                ("ALTER TABLE t ADD a bigserial NOT NULL", &[]),
                ("ALTER TABLE t ADD a int NOT NULL GENERATED ALWAYS AS IDENTITY", &[]),
                ("ALTER TABLE t ADD a int NOT NULL GENERATED ALWAYS AS (b) STORED", &[]),
                ("CREATE TABLE t (b int); ALTER TABLE t ADD a int NOT NULL", &[]),
            ],
        );
    }
}
