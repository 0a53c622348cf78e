//! `SET NOT NULL`: one NULL stops it.

use squawk_syntax::ast::AlterColumnOption;

use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::column_options;
use crate::core::hazard::{Class, Question};

pub const RULE: Rule = Rule { code: "FA201", class: Class::Fails, title: "refused where NULLs are", page: PAGE, check };

const PAGE: &str = "\
FA201 refused where NULLs are

SET NOT NULL looks at every row and stops at the first NULL. It is not found where a CHECK (column IS NOT NULL)
was made and validated further up, nor on a table that the script itself made and left empty.

What is counted: the NULLs; in a column that the script itself added and did not fill, every row.

What to do instead: fill the column in the release before, add `CHECK (column IS NOT NULL) NOT VALID`, validate
it, then SET NOT NULL.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let options = column_options(part).into_iter();
    let strict = options.filter(|(table, column, option)| {
        matches!(option, AlterColumnOption::SetNotNull(_))
            && !context.is_empty(table)
            && !context.is_never_null(table, &column.name)
    });
    let targets = strict.map(|(table, column, _)| {
        let object = format!("{table}.{column}");
        let question = question(&table, column.name, context);
        Target::asking(object, table, question)
    });
    targets.collect()
}

fn question(table: &Name, column: String, context: &Context) -> Option<Question> {
    if context.is_all_null(table, &column) {
        return Some(Question::AllNull { column });
    }
    // What the script has put into its own column cannot be asked yet.
    (!context.is_added(table, &column)).then_some(Question::Nulls { column })
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "FA201",
            &[
                ("ALTER TABLE t ALTER a SET NOT NULL, ALTER \"B\" SET NOT NULL", &["t.a", "t.\"B\""]),
                ("ALTER TABLE t ALTER a DROP NOT NULL", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t ALTER a SET NOT NULL", &[]),
                ("CREATE TABLE IF NOT EXISTS t (a int); ALTER TABLE t ALTER a SET NOT NULL", &["t.a"]),
                ("CREATE TABLE t (a int); INSERT INTO t SELECT a FROM u; ALTER TABLE t ALTER a SET NOT NULL", &["t.a"]),
                ("CREATE TABLE app.t (a int); ALTER TABLE t ALTER a SET NOT NULL", &["t.a"]),
                ("CREATE TABLE t (a int); ALTER TABLE public.t ALTER a SET NOT NULL", &[]),
                ("SET search_path = app, public; CREATE TABLE t (a int); ALTER TABLE app.t ALTER a SET NOT NULL", &[]),
                (
                    "SET search_path = app, public; CREATE TABLE t (a int); ALTER TABLE public.t ALTER a SET NOT NULL",
                    &["public.t.a"],
                ),
                (
                    "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c; ALTER TABLE t ALTER a SET NOT NULL",
                    &[],
                ),
                (
                    "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; ALTER TABLE t ALTER a SET NOT NULL",
                    &["t.a"],
                ),
                (
                    "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL OR b); ALTER TABLE t ALTER a SET NOT NULL",
                    &["t.a"],
                ),
            ],
        );
    }
}
