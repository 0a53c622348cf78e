//! `DROP DATABASE`: everything in it.

use squawk_syntax::ast::{AstNode, DropDatabase};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "DL113", class: Class::DataLoss, title: "drops database", page: PAGE, check };

const PAGE: &str = "\
DL113 drops database

Another database of the same server goes, with everything in it. It runs outside any transaction and nothing
brings it back but a backup.

What to do instead: leave databases to the people who run the server.
";

fn check(part: &Part, _: &Context) -> Vec<Target> {
    let database = part.cast::<DropDatabase>().and_then(|drop| drop.database_ref());
    database.and_then(|name| Name::of(name.syntax())).map(Target::other).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("DROP DATABASE IF EXISTS \"old one\" WITH (FORCE)", &["DL113 \"old one\""]),
            ("ALTER DATABASE a SET work_mem = '1MB'", &[]),
        ]);
    }
}
