//! A column goes.

use squawk_syntax::ast::{AlterTableAction, AstNode};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::standing;

pub const RULE: Rule =
    Rule { code: "BR606", class: Class::Breaks, title: "drops what clients read", page: PAGE, check };

const PAGE: &str = "\
BR606 drops what clients read

Programs that run now name the column, or read rows by their number of columns, and fail from the moment that
the revision is committed.

What to do instead: stop using it in one release, and drop it in the next.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let dropped = standing(part, context).into_iter().filter_map(|(table, action)| match action {
        AlterTableAction::DropColumn(drop) => Some(format!("{table}.{}", Name::of(drop.column_name_ref()?.syntax())?)),
        _ => None,
    });
    dropped.map(Target::named).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR606",
            &[
                ("ALTER TABLE s.t DROP COLUMN \"A\", DROP b CASCADE", &["s.t.\"A\"", "s.t.b"]),
                ("ALTER TABLE t DROP CONSTRAINT c", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t DROP a", &[]),
            ],
        );
    }
}
