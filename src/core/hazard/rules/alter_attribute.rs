//! `ALTER TYPE … ALTER ATTRIBUTE … TYPE`: the attribute in every value of the type.

use squawk_syntax::ast::{AlterAttribute, AlterType, AstNode};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule =
    Rule { code: "DL123", class: Class::DataLoss, title: "changes attribute type", page: PAGE, check };

const PAGE: &str = "\
DL123 changes attribute type

An attribute of a composite type gets another type. The server refuses while a column has the composite type
itself; tables that were made OF the type have their columns cast, with CASCADE, and values may change as with
any change of a column's type.

What to do instead: add an attribute of the new type and leave the old one until the next release.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let Some(alter) = part.cast::<AlterType>() else { return Vec::new() };
    let owner = alter.type_name_ref().and_then(|name| Name::of(name.syntax()));
    let Some(owner) = owner.filter(|owner| !context.is_new_type(owner)) else { return Vec::new() };
    let altered = alter.syntax().descendants().filter_map(AlterAttribute::cast);
    let names = altered.filter_map(|attribute| Name::of(attribute.composite_field_ref()?.syntax()));
    names.map(|name| Target::named(format!("{owner}.{name}"))).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "DL123",
            &[
                (
                    "ALTER TYPE s.point ALTER ATTRIBUTE x SET DATA TYPE int CASCADE, ADD ATTRIBUTE z int, ALTER ATTRIBUTE \"Y\" TYPE int",
                    &["s.point.x", "s.point.\"Y\""],
                ),
                ("ALTER TYPE point ADD ATTRIBUTE z int", &[]),
                ("CREATE TYPE point AS (x int); ALTER TYPE point ALTER ATTRIBUTE x TYPE bigint", &[]),
            ],
        );
    }
}
