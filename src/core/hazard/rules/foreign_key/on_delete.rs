//! A foreign key by which deleting one row deletes or empties others.

use squawk_syntax::ast::{AstNode, Constraint, RefAction, ReferentialAction};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::{added_constraints, constraint_name};

pub const RULE: Rule =
    Rule { code: "FK502", class: Class::ForeignKey, title: "deletes spread further", page: PAGE, check };

const PAGE: &str = "\
FK502 deletes spread further

With ON DELETE CASCADE a DELETE on the table that is referred to takes the rows that refer to it along; with SET
NULL or SET DEFAULT it overwrites their columns. The one who deletes does not see it. The same holds for ON
UPDATE.

What to do instead: leave it at NO ACTION where the rows are worth more than the convenience.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let spread = added_constraints(part).into_iter().filter(|(table, constraint)| {
        let actions: Vec<ReferentialAction> = match constraint {
            Constraint::ForeignKeyConstraint(key) => key.referential_actions().collect(),
            Constraint::ReferencesConstraint(key) => key.referential_actions().collect(),
            _ => Vec::new(),
        };
        !context.is_new(table) && actions.iter().any(spreads)
    });
    let added = spread.map(|(table, constraint)| constraint_name(&table, constraint.syntax()));
    added.map(Target::named).collect()
}

fn spreads(action: &ReferentialAction) -> bool {
    let action = match action {
        ReferentialAction::OnDeleteAction(action) => action.ref_action(),
        ReferentialAction::OnUpdateAction(_) => None,
    };
    matches!(action, Some(RefAction::Cascade(_) | RefAction::SetNullColumns(_) | RefAction::SetDefaultColumns(_)))
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "FK502",
            &[
                ("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u ON DELETE CASCADE", &["t.f"]),
                ("ALTER TABLE t ADD a int CONSTRAINT f REFERENCES u ON UPDATE CASCADE ON DELETE SET NULL", &["t.f"]),
                (
                    "ALTER TABLE t DROP CONSTRAINT f, ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u ON DELETE SET DEFAULT NOT VALID",
                    &["t.f"],
                ),
                ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u ON DELETE RESTRICT", &[]),
                ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u", &[]),
                ("CREATE TABLE t (a int REFERENCES u ON DELETE CASCADE)", &[]),
            ],
        );
    }
}
