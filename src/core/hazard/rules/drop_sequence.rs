//! `DROP SEQUENCE`: the number that it had reached.

use squawk_syntax::ast::{AstNode, DropSequence};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "DL108", class: Class::DataLoss, title: "drops sequence", page: PAGE, check };

const PAGE: &str = "\
DL108 drops sequence

A sequence knows the last number that it gave out. A new one starts over, and gives out numbers that rows
already have. With CASCADE the defaults that call it go as well.

What to do instead: write the number down first (`SELECT last_value FROM the_sequence`) and let the
downgrade start the new sequence there.
";

fn check(part: &Part, _: &Context) -> Vec<Target> {
    let Some(drop) = part.cast::<DropSequence>() else { return Vec::new() };
    drop.sequence_refs().filter_map(|name| Name::of(name.syntax())).map(Target::other).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("DROP SEQUENCE IF EXISTS s.a, b CASCADE", &["DL108 s.a", "DL108 b"]),
            ("ALTER SEQUENCE a RESTART", &[]),
        ]);
    }
}
