//! `ON COMMIT DELETE ROWS` and `ON COMMIT DROP` of a temporary table.

use squawk_syntax::ast::AstNode;
use squawk_syntax::ast::{CreateTable, CreateTableAs, OnCommit, OnCommitAction};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "DL119", class: Class::DataLoss, title: "loses rows at commit", page: PAGE, check };

const PAGE: &str = "\
DL119 loses rows at commit

The temporary table loses its rows, or goes altogether, when the transaction ends: with `transaction=off` after
every single statement. What a script moved into it for a later one is gone by then.

What is counted: nothing; the table is new, so nothing that was there before is in it, and no approval is
needed. What the script takes out of other tables is found there.

What to do instead: where later statements outside this transaction need the rows, leave ON COMMIT out or use an
ordinary table.
";

fn check(part: &Part, _: &Context) -> Vec<Target> {
    let found = if let Some(create) = part.cast::<CreateTable>() {
        create.on_commit().zip(create.table_name())
    } else if let Some(create) = part.cast::<CreateTableAs>() {
        create.on_commit().zip(create.table_name())
    } else {
        None
    };
    let lost = found.filter(|(on_commit, _)| loses_rows(on_commit)).and_then(|(_, name)| Name::of(name.syntax()));
    lost.map(|name| Target::other(name).holding_nothing()).into_iter().collect()
}

fn loses_rows(on_commit: &OnCommit) -> bool {
    matches!(on_commit.on_commit_action(), Some(OnCommitAction::DeleteRows(_) | OnCommitAction::Drop(_)))
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "DL119",
            &[
                ("CREATE TEMP TABLE k (a int) ON COMMIT DROP", &["k"]),
                ("CREATE TEMPORARY TABLE k ON COMMIT DELETE ROWS AS SELECT 1", &["k"]),
                ("CREATE TEMP TABLE k (a int) ON COMMIT PRESERVE ROWS", &[]),
                ("CREATE TEMP TABLE k (a int)", &[]),
            ],
        );
    }
}
