//! `DROP EXTENSION`: its types take columns along, its tables their rows.

use squawk_syntax::ast::{AstNode, DropExtension};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "DL111", class: Class::DataLoss, title: "drops extension", page: PAGE, check };

const PAGE: &str = "\
DL111 drops extension

An extension owns types, functions and sometimes tables. With CASCADE every column of such a type goes with
the type; tables of the extension go in any case.

What to do instead: change or drop the columns that use the extension by name first, then drop it without
CASCADE, so that the server refuses where something was overlooked.
";

fn check(part: &Part, _: &Context) -> Vec<Target> {
    let Some(drop) = part.cast::<DropExtension>() else { return Vec::new() };
    drop.extension_refs().filter_map(|name| Name::of(name.syntax())).map(Target::other).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("DROP EXTENSION hstore", &["DL111 hstore"]),
            ("DROP EXTENSION IF EXISTS a, \"uuid-ossp\" CASCADE", &["DL111 a", "DL111 \"uuid-ossp\""]),
            ("CREATE EXTENSION hstore", &[]),
            ("ALTER EXTENSION hstore UPDATE", &[]),
        ]);
    }
}
