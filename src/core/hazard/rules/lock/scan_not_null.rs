//! `SET NOT NULL`: every row is read under ACCESS EXCLUSIVE.

use squawk_syntax::ast::AlterColumnOption;

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::column_options;

pub const RULE: Rule = Rule { code: "LK306", class: Class::Lock, title: "scans table under lock", page: PAGE, check };

const PAGE: &str = "\
LK306 scans table under lock

SET NOT NULL reads the whole table, and nobody else reads or writes it meanwhile, unless a validated CHECK
(column IS NOT NULL) already says so.

What is counted: the rows of the table.

What to do instead: add `CHECK (column IS NOT NULL) NOT VALID`, VALIDATE it (which holds nobody up), SET NOT
NULL, and drop the check.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let options = column_options(part).into_iter();
    let scanned = options.filter(|(table, column, option)| {
        matches!(option, AlterColumnOption::SetNotNull(_))
            && !context.is_new(table)
            && !context.is_never_null(table, &column.name)
    });
    scanned.map(|(table, column, _)| Target::about(format!("{table}.{column}"), table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK306",
            &[
                ("ALTER TABLE t ALTER a SET NOT NULL", &["t.a"]),
                ("CREATE TABLE t (a int); INSERT INTO t VALUES (1); ALTER TABLE t ALTER a SET NOT NULL", &[]),
                (
                    "ALTER TABLE t ADD CONSTRAINT c CHECK ((\"A\" IS NOT NULL)); ALTER TABLE t ALTER \"A\" SET NOT NULL",
                    &[],
                ),
                (
                    "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL); ALTER TABLE t DROP CONSTRAINT c; ALTER TABLE t ALTER a SET NOT NULL",
                    &["t.a"],
                ),
            ],
        );
    }
}
