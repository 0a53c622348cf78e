//! A column gets another type.

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::retyped;

pub const RULE: Rule =
    Rule { code: "BR608", class: Class::Breaks, title: "changes what clients read", page: PAGE, check };

const PAGE: &str = "\
BR608 changes what clients read

Programs that run now read and write values of the old type. Drivers that bind parameters by type, prepared
statements (\"cached plan must not change result type\") and views on the column notice.

What to do instead: add a column of the new type, move the programs over, and drop the old one.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let retyped = retyped(part).into_iter().filter(|retyped| !context.is_new(&retyped.table));
    retyped.map(|retyped| Target::named(format!("{}.{}", retyped.table, retyped.column))).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR608",
            &[
                ("ALTER TABLE t ALTER a TYPE bigint, ALTER COLUMN b SET DATA TYPE text", &["t.a", "t.b"]),
                ("ALTER TABLE t ALTER a SET NOT NULL", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t ALTER a TYPE bigint", &[]),
            ],
        );
    }
}
