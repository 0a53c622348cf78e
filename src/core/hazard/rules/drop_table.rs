//! `DROP TABLE`: every row of every table that it names.

use squawk_syntax::ast::{AstNode, DropTable};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "DL101", class: Class::DataLoss, title: "drops table", page: PAGE, check };

const PAGE: &str = "\
DL101 drops table

DROP TABLE takes the table and every row in it. A downgrade can make the table again, its rows it cannot.

What is counted: the rows of each table that the statement names. A table without rows loses nothing.
With CASCADE, foreign keys, views and materialized views that use the table go as well.

What to do instead: rename the table first, run without it for a release, and drop it when nothing asked
for it. With `keep = true` limbeck copies the rows before it drops them, and a downgrade brings them back.
";

fn check(part: &Part, _: &Context) -> Vec<Target> {
    let Some(drop) = part.cast::<DropTable>() else { return Vec::new() };
    drop.table_name_refs().filter_map(|name| Name::of(name.syntax())).map(Target::table).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("DROP TABLE users", &["DL101 users"]),
            (
                "drop /* x */ table -- y\n if exists Users, public.jobs, \"My Schema\".\"a.b\" cascade",
                &["DL101 users", "DL101 public.jobs", "DL101 \"My Schema\".\"a.b\""],
            ),
            ("DROP TABLE \"order\" RESTRICT", &["DL101 \"order\""]),
            ("DROP TABLE \"two \"\" quotes\"", &["DL101 \"two \"\" quotes\""]),
            ("DROP TABLE U&\"d\\0061ta\"", &["DL101 data"]),
            ("DROP VIEW users", &[]),
            ("DROP FOREIGN TABLE users", &[]),
            ("DROP INDEX users", &[]),
            ("CREATE TABLE t (a text DEFAULT 'DROP TABLE users')", &[]),
            ("COMMENT ON TABLE t IS 'DROP TABLE users;'", &[]),
            ("CREATE TABLE \"DROP TABLE users\" (a int)", &[]),
        ]);
    }
}
