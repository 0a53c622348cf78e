//! An enum label that is used in the transaction that adds it.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::NewLabel, title: "fails on new enum value", page: PAGE, check };

const PAGE: &str = "\
PostgreSQL rejects the use of an enum value in the transaction that adds it: \"unsafe use of new value\". It is
reported if a later statement of the same section contains the value as a string. (If the same transaction
created the type, PostgreSQL allows it, and nothing is reported.)

What to do instead: add the value in a separate revision, and use it in the next.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    match action {
        Action::UseNewLabel { label } if state.is_transactional() => vec![Finding::named(format!("'{label}'"))],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "FA209",
            &[
                ("ALTER TYPE mood ADD VALUE 'calm'; UPDATE t SET a = 'calm'", &["'calm'"]),
                (
                    "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'it''s'; ALTER TABLE t ADD m mood DEFAULT 'it''s'",
                    &["'it's'"],
                ),
                ("ALTER TYPE mood ADD VALUE 'calm'; UPDATE t SET a = 'other'", &[]),
                ("ALTER TYPE mood ADD VALUE 'calm'; ALTER TYPE mood ADD VALUE 'b' AFTER 'calm'", &[]),
                ("ALTER TYPE mood ADD VALUE 'calm'", &[]),
                ("ALTER TYPE mood ADD VALUE 'calm'; VACUUM t; UPDATE t SET a = 'calm'", &[]),
                (
                    "CREATE TYPE mood AS ENUM ('a'); ALTER TYPE mood ADD VALUE 'calm'; INSERT INTO t VALUES ('calm')",
                    &[],
                ),
                ("ALTER TYPE mood ADD VALUE 'calm'; INSERT INTO t VALUES (1, 'calm')", &["'calm'"]),
            ],
        );
    }
}
