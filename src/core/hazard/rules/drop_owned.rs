//! `DROP OWNED BY`: every object of a role.

use squawk_syntax::ast::{AstNode, DropOwned};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule =
    Rule { code: "DL112", class: Class::DataLoss, title: "drops what a role owns", page: PAGE, check };

const PAGE: &str = "\
DL112 drops what a role owns

DROP OWNED BY takes every table, view, schema and function of the role in this database, and every privilege
that the role was given. The statement names none of them.

What to do instead: REASSIGN OWNED BY the_role TO another, then drop by name what nobody needs.
";

fn check(part: &Part, _: &Context) -> Vec<Target> {
    let roles = part.cast::<DropOwned>().and_then(|drop| drop.role_ref_list());
    let names = roles.into_iter().flat_map(|list| list.role_refs());
    names.map(|role| Target::named(role.syntax().text().to_string())).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("DROP OWNED BY a, CURRENT_USER CASCADE", &["DL112 a", "DL112 CURRENT_USER"]),
            ("REASSIGN OWNED BY a TO b", &[]),
        ]);
    }
}
