//! `DROP OWNED BY`: everything that a role owns.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, Effect, ScriptState};

pub const RULE: Rule = Rule { code: Code::DropOwned, title: "drops all objects of a role", page: PAGE, check };

const PAGE: &str = "\
DROP OWNED BY drops every table, view, schema and function that the role owns in this database, and revokes every
privilege that was granted to the role. The statement does not name the objects.

What to do instead: REASSIGN OWNED BY the_role TO another_role, then drop unneeded objects by name.
";

fn check(action: &Action, _: &ScriptState) -> Vec<Finding> {
    let Action::DropOwned { roles } = action else { return Vec::new() };
    roles.iter().map(|role| Finding::new(role, Effect::DropsOwned { role: role.clone() })).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("DROP OWNED BY a, CURRENT_USER CASCADE", &["DL112 a", "DL112 CURRENT_USER"]),
            ("REASSIGN OWNED BY a TO b", &[]),
        ]);
    }
}
