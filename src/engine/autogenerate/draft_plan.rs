//! The plan of a new script on the database that it was generated for.

use std::sync::Arc;

use crate::core::graph::Direction;
use crate::core::plan::{Plan, TransactionMode};
use crate::core::script::Script;
use crate::engine::draft::Draft;
use crate::engine::prepare::{self, Request};
use crate::engine::project::{Project, ScriptFile, ScriptTree};
use crate::engine::state::VersionTable;
use crate::engine::{Error, Result, Target, preflight};

/// Plans the upgrade to a draft, and counts its hazards on the target. Only reads.
///
/// # Errors
/// When the script cannot be read or planned, or the server cannot be reached.
pub async fn plan_draft(project: &Project, tree: &ScriptTree, target: &Target, draft: &Draft) -> Result<Plan> {
    let script =
        Script::parse(&draft.text).map_err(|error| Error::new("the new script cannot be parsed").because(error))?;
    let file = ScriptFile { path: draft.path.clone(), text: draft.text.as_str().into(), script };
    let tree = tree.with(vec![Arc::new(file)]);
    let session = target.connect("limbeck autogenerate").await?;
    let table = VersionTable::new(&project.config.database.version_table);
    let heads = table.heads(session.client()).await?;
    let id = draft.revision.to_string();
    let path = tree.graph.upgrade(&id, &heads)?;
    let request = Request { direction: Direction::Upgrade, target: id, mode: Some(TransactionMode::Each) };
    let mut plan = prepare::build_plan(project, &tree, target, &request, path)?;
    let site = preflight::Site { project, target, client: session.client(), version_table: &table };
    preflight::count(site, &mut plan).await?;
    Ok(plan)
}
