//! `DROP` of a function, procedure, type or domain.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ObjectKind;
use crate::core::statement::{Action, Name, ScriptState};

pub const RULE: Rule = Rule { code: Code::BreakRoutine, title: "drops function or type in use", page: PAGE, check };

const PAGE: &str = "\
Running programs that call the function or use the type fail as soon as the revision is committed.

What to do instead: remove it from the programs in one release, and drop it in the next.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::Drop(drop) = action else { return Vec::new() };
    let is_called = matches!(
        drop.kind,
        ObjectKind::Type
            | ObjectKind::Domain
            | ObjectKind::Function
            | ObjectKind::Procedure
            | ObjectKind::Routine
            | ObjectKind::Aggregate
    );
    let is_new = |name: &Name| state.is_new_routine(name) || state.is_new_type(name);
    drop.names.iter().filter(|name| is_called && !is_new(name)).map(Finding::named).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR607",
            &[
                ("DROP FUNCTION IF EXISTS f(int), s.g", &["f", "s.g"]),
                ("DROP PROCEDURE p", &["p"]),
                ("DROP TYPE mood", &["mood"]),
                ("DROP DOMAIN IF EXISTS s.d RESTRICT", &["s.d"]),
                ("DROP AGGREGATE a(int)", &["a"]),
                ("DROP TRIGGER x ON t", &[]),
                ("CREATE TYPE m AS ENUM ('a'); DROP TYPE m", &[]),
            ],
        );
    }
}
