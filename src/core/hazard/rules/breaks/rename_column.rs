//! A column or attribute gets another name.

use squawk_syntax::ast::{AlterType, AlterTypeAction, AstNode, RenameColumn};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "BR602", class: Class::Breaks, title: "renames column", page: PAGE, check };

const PAGE: &str = "\
BR602 renames column

Programs that run now ask for the old name, and fail from the moment that the revision is committed until they
are replaced.

What to do instead: add a column, keep both alike with a trigger, move the programs over, and drop the old one;
or deploy with a stop.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    if let Some(alter) = part.cast::<AlterType>() {
        let Some(AlterTypeAction::RenameAttribute(rename)) = alter.action() else { return Vec::new() };
        let owner = alter.type_name_ref().and_then(|name| Name::of(name.syntax()));
        let attribute = rename.composite_field_ref().and_then(|name| Name::of(name.syntax()));
        let both = owner.filter(|owner| !context.is_new_type(owner)).zip(attribute);
        return both.map(|(owner, name)| Target::named(format!("{owner}.{name}"))).into_iter().collect();
    }
    let Some(rename) = part.cast::<RenameColumn>() else { return Vec::new() };
    let owner = rename.syntax().parent().and_then(|alter| Name::of(&alter));
    let column = rename.column_name_ref().and_then(|name| Name::of(name.syntax()));
    let both = owner.filter(|owner| !context.is_new(owner)).zip(column);
    both.map(|(owner, column)| Target::named(format!("{owner}.{column}"))).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR602",
            &[
                ("ALTER TABLE s.t RENAME COLUMN \"A a\" TO b", &["s.t.\"A a\""]),
                ("ALTER TABLE t RENAME a TO b", &["t.a"]),
                ("ALTER VIEW v RENAME COLUMN a TO b", &["v.a"]),
                ("ALTER TYPE p RENAME ATTRIBUTE x TO y", &["p.x"]),
                ("ALTER TABLE t RENAME CONSTRAINT a TO b", &[]),
                ("ALTER TABLE t RENAME TO u", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t RENAME a TO b", &[]),
            ],
        );
    }
}
