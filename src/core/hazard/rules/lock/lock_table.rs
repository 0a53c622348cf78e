//! `LOCK TABLE`: others wait until the transaction ends.

use squawk_syntax::ast::{AstNode, Lock, LockMode};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "LK313", class: Class::Lock, title: "locks table", page: PAGE, check };

const PAGE: &str = "\
LK313 locks table

The table is locked until the whole revision is done. ACCESS EXCLUSIVE, which is also what LOCK without a mode
takes, keeps even readers out. ACCESS SHARE and ROW SHARE, which only keep the table from being changed or
locked in full, are not found.

What is counted: the rows of the table.

What to do instead: leave it out where the statements themselves lock what they need; otherwise take the weakest
mode that does.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let Some(lock) = part.cast::<Lock>() else { return Vec::new() };
    let mode = lock.lock_mode_clause().and_then(|clause| clause.lock_mode());
    if matches!(mode, Some(LockMode::AccessShare(_) | LockMode::RowShare(_))) {
        return Vec::new();
    }
    let tables = lock.relation_list().into_iter().flat_map(|list| list.relation_names());
    let names = tables.filter_map(|table| Name::of(table.syntax()));
    names.filter(|table| !context.is_new(table)).map(Target::table).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK313",
            &[
                ("LOCK TABLE a, ONLY s.b IN SHARE MODE", &["a", "s.b"]),
                ("LOCK t", &["t"]),
                ("LOCK t IN ACCESS SHARE MODE", &[]),
                ("CREATE TABLE t (a int); LOCK t", &[]),
                ("SELECT 1 FROM t FOR UPDATE", &[]),
            ],
        );
    }
}
