//! `DROP TYPE … CASCADE`: every column of the type.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ObjectKind;
use crate::core::statement::{Action, DroppedObject, Effect, ScriptState};

pub const RULE: Rule = Rule { code: Code::DropType, title: "drops type and its columns", page: PAGE, check };

const PAGE: &str = "\
A type or domain contains no data itself. With CASCADE, however, every column of that type is dropped from every
table, although the statement does not name the columns. Without CASCADE, PostgreSQL rejects the statement if a
column uses the type, and nothing is reported.

What to do instead: change the columns by name (`ALTER TABLE … ALTER COLUMN … TYPE …`), then drop the type
without CASCADE.
";

fn check(action: &Action, _: &ScriptState) -> Vec<Finding> {
    let Action::Drop(drop) = action else { return Vec::new() };
    if !drop.cascade || !matches!(drop.kind, ObjectKind::Type | ObjectKind::Domain) {
        return Vec::new();
    }
    drop.names.iter().map(|name| Finding::new(name, Effect::DropsObject(DroppedObject::Type(name.clone())))).collect()
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
