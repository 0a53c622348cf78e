//! `CASCADE` on what holds no rows itself: it may take columns and tables along.

use squawk_syntax::ast::{
    AstNode, Cascade, DropAccessMethod, DropAggregate, DropCollation, DropFunction, DropLanguage, DropRoutine,
    DropView, IfExists,
};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule =
    Rule { code: "DL114", class: Class::DataLoss, title: "takes along what depends on it", page: PAGE, check };

const PAGE: &str = "\
DL114 takes along what depends on it

A view, function, collation, access method or language holds no rows. With CASCADE, though, everything that
depends on it goes too, without being named: materialized views, columns whose type or collation it is, tables
of an access method.

What to do instead: leave CASCADE out. The server then refuses and lists what depends on the object; drop or
change that by name first.
";

fn check(part: &Part, _: &Context) -> Vec<Target> {
    let Part::Node(node) = part else { return Vec::new() };
    let cascades = node.children().any(|child| Cascade::can_cast(child.kind()));
    if !cascades || !has_dependents(node.kind()) {
        return Vec::new();
    }
    let named = node.children().filter(|child| !Cascade::can_cast(child.kind()) && !IfExists::can_cast(child.kind()));
    named.flat_map(|child| objects(&child)).filter_map(|object| Name::of(&object)).map(Target::other).collect()
}

fn has_dependents(kind: SyntaxKind) -> bool {
    DropView::can_cast(kind)
        || DropFunction::can_cast(kind)
        || DropRoutine::can_cast(kind)
        || DropAggregate::can_cast(kind)
        || DropCollation::can_cast(kind)
        || DropAccessMethod::can_cast(kind)
        || DropLanguage::can_cast(kind)
}

/// The items of a list of signatures; anything else is the one object itself.
fn objects(node: &SyntaxNode) -> Vec<SyntaxNode> {
    match node.kind() {
        SyntaxKind::FUNCTION_SIG_LIST | SyntaxKind::ROUTINE_SIG_LIST => node.children().collect(),
        _ => vec![node.clone()],
    }
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
