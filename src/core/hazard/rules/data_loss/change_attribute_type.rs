//! `ALTER TYPE … ALTER ATTRIBUTE … TYPE`: the attribute in values of the type.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AlterType, TypeChange};
use crate::core::statement::{Action, Effect, Name, ScriptState};

pub const RULE: Rule = Rule { code: Code::ChangeAttributeType, title: "changes attribute type", page: PAGE, check };

const PAGE: &str = "\
The type of an attribute of a composite type changes. PostgreSQL rejects this if a column has the composite type.
With CASCADE, the columns of tables that were created OF the type are converted, and their values may change, as
with any change of a column's type.

What to do instead: add an attribute of the new type and keep the old one until the next release.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterType(AlterType { name, change: TypeChange::Attributes { retyped, .. } }) = action else {
        return Vec::new();
    };
    if state.is_new_type(name) {
        return Vec::new();
    }
    let finding = |attribute: &Name| {
        let effect = Effect::ChangesAttribute { type_name: name.clone(), attribute: attribute.name.clone() };
        Finding::new(format!("{name}.{attribute}"), effect)
    };
    retyped.iter().map(finding).collect()
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
