//! `DROP EXTENSION`: its tables, and with CASCADE the columns of its types.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ObjectKind;
use crate::core::statement::{Action, DroppedObject, Effect, ScriptState};

pub const RULE: Rule = Rule { code: Code::DropExtension, title: "drops extension", page: PAGE, check };

const PAGE: &str = "\
An extension owns types, functions and sometimes tables. With CASCADE every column of such a type is dropped
with the type. The tables of the extension are dropped in any case.

What to do instead: first change or drop by name the columns that use the extension. Then drop the extension
without CASCADE, so that PostgreSQL rejects the statement if an object still depends on it.
";

fn check(action: &Action, _: &ScriptState) -> Vec<Finding> {
    let Action::Drop(drop) = action else { return Vec::new() };
    if drop.kind != ObjectKind::Extension {
        return Vec::new();
    }
    drop.names
        .iter()
        .map(|name| Finding::new(name, Effect::DropsObject(DroppedObject::Extension(name.clone()))))
        .collect()
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
