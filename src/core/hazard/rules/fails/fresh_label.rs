//! A label of an enum that is used in the transaction that added it.

use squawk_syntax::ast::{AlterType, AstNode, Literal};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "FA209", class: Class::Fails, title: "uses a label too early", page: PAGE, check };

const PAGE: &str = "\
FA209 uses a label too early

A label that ALTER TYPE … ADD VALUE adds cannot be used before the transaction has ended: \"unsafe use of new
value\". It is found where the label stands as a string below in the same section. (Where the type itself was
made in the same transaction, the server allows it; that is not found.)

What to do instead: add the label in a revision of its own, and use it in the next.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let Some(literal) = part.cast::<Literal>() else { return Vec::new() };
    if literal.syntax().ancestors().any(|node| AlterType::can_cast(node.kind())) {
        return Vec::new();
    }
    let text = literal.decoded_value().map(|decoded| decoded.text().to_owned());
    text.filter(|text| context.is_fresh_label(text))
        .map(|text| Target::named(format!("'{text}'")))
        .into_iter()
        .collect()
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
