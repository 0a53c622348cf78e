//! `DROP CONSTRAINT`: rows may refer to nothing from now on.

use squawk_syntax::ast::{AlterTableAction, AstNode};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::standing;

pub const RULE: Rule = Rule { code: "FK501", class: Class::ForeignKey, title: "drops constraint", page: PAGE, check };

const PAGE: &str = "\
FK501 drops constraint

A foreign key, a check or a unique constraint goes, and with it what it kept out: orphans, bad values,
duplicates. Which kind it is does not stand in the statement. With CASCADE, foreign keys of other tables that
lean on a unique constraint go as well. Rows that come in meanwhile make a downgrade fail.

What to do instead: where it is only to be replaced, add the new constraint first and drop the old one after.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let dropped = standing(part, context).into_iter().filter_map(|(table, action)| match action {
        AlterTableAction::DropConstraint(drop) => {
            let name = Name::of(drop.constraint_name_ref()?.syntax())?;
            (!context.is_new_constraint(&table, &name.name)).then(|| format!("{table}.{name}"))
        }
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
            "FK501",
            &[
                (
                    "ALTER TABLE s.t DROP CONSTRAINT IF EXISTS \"F f\" CASCADE, DROP CONSTRAINT g",
                    &["s.t.\"F f\"", "s.t.g"],
                ),
                (
                    "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; ALTER TABLE t DROP CONSTRAINT c",
                    &[],
                ),
                ("ALTER TABLE t DROP COLUMN a", &[]),
                ("CREATE TABLE t (a int CONSTRAINT c CHECK (a > 0)); ALTER TABLE t DROP CONSTRAINT c", &[]),
                ("ALTER DOMAIN d DROP CONSTRAINT c", &[]),
            ],
        );
    }
}
