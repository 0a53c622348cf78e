//! `ALTER COLUMN … TYPE` and `SET EXPRESSION`: the table is written anew under ACCESS EXCLUSIVE.

use squawk_syntax::ast::AlterColumnOption;

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::{column_options, retyped};

pub const RULE: Rule = Rule { code: "LK301", class: Class::Lock, title: "rewrites table", page: PAGE, check };

const PAGE: &str = "\
LK301 rewrites table

Where the bytes of the values change, the whole table and all its indexes are written anew, and nobody reads or
writes it meanwhile. It is not found where the old type is known from the script and the bytes stay (varchar(10)
to varchar(20), varchar to text).

What is counted: the rows of the table.

What to do instead: add a column of the new type, fill it in batches, and switch over; with `lock_timeout` set,
so that waiting for the lock does not queue everybody else.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let retyped = retyped(part).into_iter().filter(|retyped| retyped.rewrites(context));
    let retyped = retyped.map(|retyped| (retyped.table, retyped.column));
    let computed = column_options(part).into_iter().filter_map(|(table, column, option)| {
        matches!(option, AlterColumnOption::SetExpression(_)).then_some((table, column))
    });
    let standing = retyped.chain(computed).filter(|(table, _)| !context.is_new(table));
    standing.map(|(table, column)| Target::about(format!("{table}.{column}"), table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK301",
            &[
                ("ALTER TABLE t ALTER a TYPE bigint, ALTER b SET EXPRESSION AS (c)", &["t.a", "t.b"]),
                ("ALTER TABLE t ADD a varchar(10); ALTER TABLE t ALTER a TYPE text", &[]),
                ("ALTER TABLE t ADD a varchar(10); ALTER TABLE t ALTER a TYPE text USING a", &[]),
                ("ALTER TABLE t ADD a varchar(10); ALTER TABLE t ALTER a TYPE text USING upper(a)", &["t.a"]),
                ("CREATE TABLE t (a int); ALTER TABLE t ALTER a TYPE bigint", &[]),
                ("CREATE TABLE t (a int); INSERT INTO t VALUES (1); ALTER TABLE t ALTER a TYPE bigint", &[]),
                ("ALTER TABLE t ALTER a SET STATISTICS 100", &[]),
            ],
        );
    }
}
