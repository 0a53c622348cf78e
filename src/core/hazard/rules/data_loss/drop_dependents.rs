//! `CASCADE` on an object that contains no rows: it may drop columns and tables.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ObjectKind;
use crate::core::statement::{Action, DroppedObject, Effect, Name, ScriptState};

pub const RULE: Rule = Rule { code: Code::DropDependents, title: "drops dependent objects", page: PAGE, check };

const PAGE: &str = "\
A view, function, collation, access method or language contains no rows. With CASCADE, however, all objects that
depend on it are dropped as well, although the statement does not name them: materialized views, columns of its
type or collation, tables of an access method.

What to do instead: remove CASCADE. If there are dependent objects, PostgreSQL then rejects the statement and
lists them. Drop or change them by name first.
";

fn check(action: &Action, _: &ScriptState) -> Vec<Finding> {
    let Action::Drop(drop) = action else { return Vec::new() };
    let Some(object) = object(drop.kind).filter(|_| drop.cascade) else { return Vec::new() };
    drop.names.iter().map(|name| Finding::new(name, Effect::DropsObject(object(name.clone())))).collect()
}

fn object(kind: ObjectKind) -> Option<fn(Name) -> DroppedObject> {
    Some(match kind {
        ObjectKind::View => DroppedObject::View,
        ObjectKind::Function | ObjectKind::Routine | ObjectKind::Aggregate => DroppedObject::Routine,
        ObjectKind::Collation => DroppedObject::Collation,
        ObjectKind::AccessMethod => DroppedObject::AccessMethod,
        ObjectKind::Language => DroppedObject::Language,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("DROP VIEW IF EXISTS a, s.\"B\" CASCADE", &["DL114 a", "DL114 s.\"B\""]),
            ("DROP FUNCTION IF EXISTS a(int), s.b CASCADE", &["DL114 a", "DL114 s.b"]),
            ("DROP ROUTINE s.a(text) CASCADE", &["DL114 s.a"]),
            ("DROP AGGREGATE s.a(int) CASCADE", &["DL114 s.a"]),
            ("DROP COLLATION \"de-x\" CASCADE", &["DL114 \"de-x\""]),
            ("DROP ACCESS METHOD columnar CASCADE", &["DL114 columnar"]),
            ("DROP LANGUAGE plperl CASCADE", &["DL114 plperl"]),
            ("DROP VIEW a", &[]),
            ("DROP FUNCTION a(int) RESTRICT", &[]),
            ("DROP INDEX a CASCADE", &[]),
            ("ALTER TABLE t DROP CONSTRAINT c CASCADE", &[]),
        ]);
    }
}
