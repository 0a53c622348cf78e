//! `ALTER COLUMN … TYPE`: a value that the new type refuses stops it.

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::retyped;

pub const RULE: Rule =
    Rule { code: "FA208", class: Class::Fails, title: "refused where values do not fit", page: PAGE, check };

const PAGE: &str = "\
FA208 refused where values do not fit

ALTER COLUMN … TYPE casts every value and stops at the first that the new type does not take: a text that is no
number, a number that is out of range, a text that is too long.

What is counted: the values that the new type refuses, each tried.

What to do instead: look for such values first; mend them in a release before, or write a USING expression that
says what becomes of them.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let refused =
        retyped(part).into_iter().filter(|retyped| !context.is_empty(&retyped.table) && retyped.may_refuse(context));
    let targets = refused.map(|retyped| {
        let question = retyped.question(true);
        Target::asking(retyped.object(), retyped.table, question)
    });
    targets.collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "FA208",
            &[
                ("ALTER TABLE t ALTER a TYPE integer", &["t.a"]),
                ("ALTER TABLE t ALTER a TYPE varchar(3)", &["t.a"]),
                ("ALTER TABLE t ALTER a TYPE integer USING 0", &["t.a"]),
                ("ALTER TABLE t ALTER a TYPE text", &[]),
                ("ALTER TABLE t ADD a bigint; ALTER TABLE t ALTER a TYPE integer", &["t.a"]),
                ("ALTER TABLE t ADD a timestamp; ALTER TABLE t ALTER a TYPE date", &[]),
                ("ALTER TABLE t ADD a integer; ALTER TABLE t ALTER a TYPE bigint", &[]),
                ("CREATE TABLE t (a text); ALTER TABLE t ALTER a TYPE integer USING a::integer", &[]),
            ],
        );
    }
}
