//! `ALTER TYPE … DROP ATTRIBUTE`: the attribute in every value of the type.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AlterType, TypeChange};
use crate::core::statement::{Action, Effect, Name, ScriptState};

pub const RULE: Rule = Rule { code: Code::DropAttribute, title: "drops attribute", page: PAGE, check };

const PAGE: &str = "\
DROP ATTRIBUTE removes the attribute from a composite type, and from every value of that type in all tables.

What to do instead: first copy the values of the attribute to a separate column.
";

fn check(action: &Action, _: &ScriptState) -> Vec<Finding> {
    let Action::AlterType(AlterType { name, change: TypeChange::Attributes { dropped, .. } }) = action else {
        return Vec::new();
    };
    let finding = |attribute: &Name| {
        let effect = Effect::ChangesAttribute { type_name: name.clone(), attribute: attribute.name.clone() };
        Finding::new(format!("{name}.{attribute}"), effect)
    };
    dropped.iter().map(finding).collect()
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
