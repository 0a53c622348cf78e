//! Checks that the database is at the heads before a comparison with the models.

use crate::core::graph::RevisionId;
use crate::engine::project::{Project, ScriptTree};
use crate::engine::state::VersionTable;
use crate::engine::{Error, Result, Target};

/// Refuses a database that does not have all revisions, with Alembic's messages.
pub async fn expect_heads(project: &Project, tree: &ScriptTree, target: &Target) -> Result<()> {
    tree.require_valid()?;
    let session = target.connect("limbeck autogenerate").await?;
    let heads = VersionTable::new(&project.config.database.version_table).heads(session.client()).await?;
    if let Some(missing) = heads.iter().find(|id| tree.script(id.as_str()).is_none()) {
        return Err(Error::new(format!("Can't locate revision identified by '{missing}'"))
            .because("the database is at a revision that has no script")
            .hint(
                "restore the script, or run `limbeck downgrade` to an earlier revision: the ledger may have its text",
            ));
    }
    if tree.graph.pending(&heads).is_empty() {
        return Ok(());
    }
    let at = heads.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(", ");
    let at = if at.is_empty() { "base".to_owned() } else { at };
    Err(Error::new("Target database is not up to date.")
        .because(format!("the database is at {at}"))
        .because(format!(
            "the heads are {}",
            tree.graph.heads().iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ")
        ))
        .hint("run `limbeck upgrade heads` first"))
}
