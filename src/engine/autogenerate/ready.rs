//! Whether the database is where a comparison with the models makes sense.

use crate::core::graph::RevisionId;
use crate::engine::project::{Project, ScriptTree};
use crate::engine::state::VersionTable;
use crate::engine::{Error, Result, Target};

/// Refuses a database that has not all revisions; in Alembic's own words.
pub async fn expect_heads(project: &Project, tree: &ScriptTree, target: &Target) -> Result<()> {
    tree.sound()?;
    let session = target.connect("limbeck autogenerate").await?;
    let heads = VersionTable::new(&project.config.database.version_table).heads(session.client()).await?;
    if let Some(missing) = heads.iter().find(|id| tree.script(id.as_str()).is_none()) {
        return Err(Error::new(format!("Can't locate revision identified by '{missing}'"))
            .because("the database is at a revision that no script has")
            .hint("bring the script back, or `limbeck downgrade` below it: the ledger may still have its text"));
    }
    if tree.graph.pending(&heads).is_empty() {
        return Ok(());
    }
    let at = heads.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(", ");
    let at = if at.is_empty() { "base".to_owned() } else { at };
    Err(Error::new("Target database is not up to date.")
        .because(format!("it is at {at}"))
        .hint("run `limbeck upgrade heads` first"))
}
