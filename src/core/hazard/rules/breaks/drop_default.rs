//! `DROP DEFAULT`: rows that leave the column out get NULL.

use squawk_syntax::ast::AlterColumnOption;

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::column_options;

pub const RULE: Rule = Rule { code: "BR609", class: Class::Breaks, title: "drops default", page: PAGE, check };

const PAGE: &str = "\
BR609 drops default

Programs that run now insert rows without naming the column. They write NULL from now on, or fail where the
column is NOT NULL.

What to do instead: let the programs give the value in one release, and drop the default in the next.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let options = column_options(part).into_iter().filter(|(table, ..)| !context.is_new(table));
    let dropped = options.filter(|(_, _, option)| matches!(option, AlterColumnOption::DropDefault(_)));
    dropped.map(|(table, column, _)| Target::named(format!("{table}.{column}"))).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR609",
            &[
                ("ALTER TABLE t ALTER a DROP DEFAULT, ALTER b SET DEFAULT 1", &["t.a"]),
                ("ALTER TABLE t ALTER a DROP NOT NULL", &[]),
                ("CREATE TABLE t (a int DEFAULT 1); ALTER TABLE t ALTER a DROP DEFAULT", &[]),
            ],
        );
    }
}
