//! `ALTER TYPE … DROP ATTRIBUTE`: the attribute in every value of the type.

use squawk_syntax::ast::{AlterType, AstNode, DropAttribute};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "DL110", class: Class::DataLoss, title: "drops attribute", page: PAGE, check };

const PAGE: &str = "\
DL110 drops attribute

DROP ATTRIBUTE takes one attribute out of a composite type, and so out of every value of that type that any
table holds.

What to do instead: copy the attribute's values to a column of their own first.
";

fn check(part: &Part, _: &Context) -> Vec<Target> {
    let Some(alter) = part.cast::<AlterType>() else { return Vec::new() };
    let Some(owner) = alter.type_name_ref().and_then(|name| Name::of(name.syntax())) else { return Vec::new() };
    let dropped = alter.syntax().descendants().filter_map(DropAttribute::cast);
    let attributes = dropped.filter_map(|drop| Name::of(drop.composite_field_ref()?.syntax()));
    attributes.map(|attribute| Target::named(format!("{owner}.{attribute}"))).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            (
                "ALTER TYPE s.point DROP ATTRIBUTE x, ADD ATTRIBUTE z int, DROP ATTRIBUTE IF EXISTS \"Y\" CASCADE",
                &["DL110 s.point.x", "DL110 s.point.\"Y\""],
            ),
            ("ALTER TYPE mood ADD VALUE 'calm'", &[]),
            ("ALTER TYPE point RENAME ATTRIBUTE a TO b", &[]),
        ]);
    }
}
