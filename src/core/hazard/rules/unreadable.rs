//! SQL that only comes about while it runs, code in other languages, and what the parser cannot read.

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "DL190", class: Class::DataLoss, title: "cannot be read", page: PAGE, check };

const PAGE: &str = "\
DL190 cannot be read

The statement runs SQL that is put together while it runs (EXECUTE with anything but a constant), a DO block in
another language than PL/pgSQL, or a statement that may destroy data and that the parser could not read whole.
What it does cannot be told beforehand, so it counts as if it destroyed data.

What to do instead: write the statements out. Where their names depend on the catalog, read the block yourself
before you accept it.
";

fn check(part: &Part, _: &Context) -> Vec<Target> {
    match part {
        Part::Unreadable(what) => vec![Target::named(what.clone())],
        Part::Node(_) => Vec::new(),
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
