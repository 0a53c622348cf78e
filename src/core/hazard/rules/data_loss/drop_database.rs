//! `DROP DATABASE`: everything in it.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ObjectKind;
use crate::core::statement::{Action, Effect, NotCopied, ScriptState, Subject};

pub const RULE: Rule = Rule { code: Code::DropDatabase, title: "drops database", page: PAGE, check };

const PAGE: &str = "\
DROP DATABASE removes another database of the same server with all its objects and data. It runs outside a
transaction, and only a backup can restore the database.

What to do instead: remove the statement from the script. An administrator can drop the database after a backup.
";

fn check(action: &Action, _: &ScriptState) -> Vec<Finding> {
    let Action::Drop(drop) = action else { return Vec::new() };
    if drop.kind != ObjectKind::Database {
        return Vec::new();
    }
    let effect = Effect::CannotBeCopied { reason: NotCopied::OtherDatabase, subject: Subject::Other };
    drop.names.iter().map(|name| Finding::new(name, effect.clone())).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("DROP DATABASE IF EXISTS \"old one\" WITH (FORCE)", &["DL113 \"old one\""]),
            ("ALTER DATABASE a SET work_mem = '1MB'", &[]),
        ]);
    }
}
