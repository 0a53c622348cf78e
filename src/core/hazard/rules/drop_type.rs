//! `DROP TYPE` and `DROP DOMAIN` with CASCADE: every column of the type.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{AstNode, DropBehavior, DropDomain, DropType};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule =
    Rule { code: "DL109", class: Class::DataLoss, title: "drops type and its columns", page: PAGE, check };

const PAGE: &str = "\
DL109 drops type and its columns

A type or domain itself holds no data. With CASCADE, though, every column of that type is dropped from every
table, without being named. Without CASCADE the server refuses while a column uses the type, and nothing is
found here.

What to do instead: change the columns by name (`ALTER TABLE … ALTER COLUMN … TYPE …`), then drop the type
without CASCADE.
";

fn check(part: &Part, _: &Context) -> Vec<Target> {
    let (behavior, names): (_, Vec<SyntaxNode>) = if let Some(drop) = part.cast::<DropType>() {
        (drop.drop_behavior(), drop.type_name_refs().map(|name| name.syntax().clone()).collect())
    } else if let Some(drop) = part.cast::<DropDomain>() {
        (drop.drop_behavior(), drop.domain_refs().map(|name| name.syntax().clone()).collect())
    } else {
        return Vec::new();
    };
    if !matches!(behavior, Some(DropBehavior::Cascade(_))) {
        return Vec::new();
    }
    names.iter().filter_map(Name::of).map(Target::other).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("DROP TYPE mood, s.kind CASCADE", &["DL109 mood", "DL109 s.kind"]),
            ("DROP DOMAIN IF EXISTS email CASCADE", &["DL109 email"]),
            ("DROP TYPE mood", &[]),
            ("DROP DOMAIN email RESTRICT", &[]),
        ]);
    }
}
