//! `DROP SEQUENCE`: the last number that it returned.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ObjectKind;
use crate::core::statement::{Action, Effect, ScriptState};

pub const RULE: Rule = Rule { code: Code::DropSequence, title: "drops sequence", page: PAGE, check };

const PAGE: &str = "\
A sequence stores the last value that it returned. A new sequence starts at its beginning and returns values that
rows already have. With CASCADE, defaults that use the sequence are dropped as well.

What to do instead: read the last value first (`SELECT last_value FROM the_sequence`), and let the downgrade
start the new sequence after it.
";

fn check(action: &Action, _: &ScriptState) -> Vec<Finding> {
    let Action::Drop(drop) = action else { return Vec::new() };
    if drop.kind != ObjectKind::Sequence {
        return Vec::new();
    }
    drop.names.iter().map(|name| Finding::new(name, Effect::DropsSequence { sequence: name.clone() })).collect()
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
