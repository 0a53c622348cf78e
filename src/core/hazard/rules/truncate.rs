//! `TRUNCATE`: every row of every table that it names.

use squawk_syntax::ast::{AstNode, Truncate};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "DL102", class: Class::DataLoss, title: "truncates table", page: PAGE, check };

const PAGE: &str = "\
DL102 truncates table

TRUNCATE takes every row of a table at once, and fires no row triggers. With CASCADE it goes on to every table
that has a foreign key to it; those are not named in the statement.

What is counted: the rows of each table that the statement names.

What to do instead: name the tables and leave CASCADE out, so that the server refuses where another table
refers to them.
";

fn check(part: &Part, _: &Context) -> Vec<Target> {
    let tables = part.cast::<Truncate>().and_then(|truncate| truncate.table_list());
    let names = tables.into_iter().flat_map(|list| list.table_relation_names());
    names.filter_map(|name| Name::of(name.syntax())).map(Target::table).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("TRUNCATE jobs", &["DL102 jobs"]),
            ("TRUNCATE TABLE ONLY a, s.\"B b\" * RESTART IDENTITY CASCADE", &["DL102 a", "DL102 s.\"B b\""]),
            ("SELECT 'TRUNCATE jobs'", &[]),
            ("CREATE TRIGGER x AFTER TRUNCATE ON jobs EXECUTE FUNCTION f()", &[]),
            ("GRANT TRUNCATE ON jobs TO a", &[]),
        ]);
    }
}
