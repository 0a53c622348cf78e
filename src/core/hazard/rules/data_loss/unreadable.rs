//! SQL that is built at run time, code in other languages, and statements that the parser does not understand.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, Effect, NotCopied, ScriptState, Subject};

pub const RULE: Rule = Rule { code: Code::Unreadable, title: "runs unknown SQL", page: PAGE, check };

const PAGE: &str = "\
limbeck cannot determine what the statement does before it runs, so it is treated as if it destroyed data. Either
it runs SQL that is built at run time (EXECUTE with a text that is not constant), or it is a DO block in a
language other than PL/pgSQL, or it may destroy data and the parser does not understand all of it.

What to do instead: write the SQL directly into the script. If it must be built at run time, review it yourself
before you approve it.
";

/// The effect of such code.
pub const EFFECT: Effect = Effect::CannotBeCopied { reason: NotCopied::Unreadable, subject: Subject::Other };

fn check(action: &Action, _: &ScriptState) -> Vec<Finding> {
    match action {
        Action::Unreadable { text } => vec![Finding::new(text, EFFECT)],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            (
                "DO $$ BEGIN EXECUTE format('DROP TABLE %I', 'x'); END $$",
                &["DL190 EXECUTE format('DROP TABLE %I', 'x')"],
            ),
            ("DO $$ BEGIN EXECUTE 'DROP TABLE x'; EXECUTE E'DELETE\\nFROM y'; END $$", &["DL101 x", "DL106 y"]),
            ("DO $$ BEGIN EXECUTE 'CREATE TABLE x (a int)'; END $$", &[]),
            ("DO $$ DECLARE r record; BEGIN FOR r IN EXECUTE q LOOP NULL; END LOOP; END $$", &["DL190 EXECUTE q"]),
            ("DO LANGUAGE plpython3u $$ plpy.execute('x') $$", &["DL190 DO LANGUAGE plpython3u"]),
            ("DROP TABLE a ???", &["DL101 a", "DL190 DROP TABLE a ???"]),
            ("ALTER TABLE a ??? DROP b", &["DL190 ALTER TABLE a ??? DROP b"]),
            ("CREATE TABLE a ???", &[]),
            ("EXECUTE prepared", &[]),
        ]);
    }
}
