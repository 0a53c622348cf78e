//! `DROP SCHEMA`: with CASCADE everything in it.

use squawk_syntax::ast::{AstNode, DropSchema};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "DL104", class: Class::DataLoss, title: "drops schema", page: PAGE, check };

const PAGE: &str = "\
DL104 drops schema

DROP SCHEMA … CASCADE takes every table, view, type and function in the schema along. Without CASCADE the
server refuses while anything is in it; the statement is shown all the same, because what is in a schema
on one server says nothing about the next.

What to do instead: drop the objects by name, each in its own statement, so that a reader sees what goes.
";

fn check(part: &Part, _: &Context) -> Vec<Target> {
    let Some(drop) = part.cast::<DropSchema>() else { return Vec::new() };
    drop.schema_refs().filter_map(|name| Name::of(name.syntax())).map(Target::other).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("DROP SCHEMA old", &["DL104 old"]),
            ("DROP SCHEMA IF EXISTS a, \"B c\" CASCADE", &["DL104 a", "DL104 \"B c\""]),
            ("CREATE SCHEMA a CREATE TABLE t (a int)", &[]),
            ("ALTER SCHEMA a RENAME TO b", &[]),
        ]);
    }
}
