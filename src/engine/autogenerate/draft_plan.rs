//! The plan of a new script on the database that it was generated for.

use std::sync::Arc;

use crate::core::alembic::parse_text;
use crate::core::plan::{Plan, PlanDirection, RecordedStep, TransactionMode};
use crate::core::script::Language;
use crate::engine::draft::Draft;
use crate::engine::prepare::{self, PlanRequest, add_recorded};
use crate::engine::project::{Project, ScriptFile, ScriptTree};
use crate::engine::state::VersionTable;
use crate::engine::{Error, Result, Target, preflight};

/// Plans the upgrade to a draft, and counts its hazards on the target. Only reads. `recorded`: what a Python script sent.
///
/// # Errors
/// When the script cannot be read or planned, or the server cannot be reached.
pub async fn plan_draft(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    draft: &Draft,
    recorded: Option<&RecordedStep>,
) -> Result<Plan> {
    let language = if project.alembic.is_some() { Language::Python } else { Language::Sql };
    let script = parse_text(language, &draft.text)
        .map_err(|error| Error::new("the new script cannot be parsed").because(error))?
        .ok_or_else(|| Error::new("the new script cannot be parsed"))?;
    let file = ScriptFile { path: draft.path.clone(), text: draft.text.as_str().into(), script };
    let tree = tree.with(vec![Arc::new(file)]);
    let session = target.connect("limbeck autogenerate").await?;
    let table = VersionTable::new(&project.config.database.version_table);
    let heads = table.heads(session.client()).await?;
    let id = draft.revision.to_string();
    let path = tree.graph.upgrade(&id, &heads)?;
    let request = PlanRequest {
        direction: PlanDirection::Upgrade,
        target: id,
        only_branch: false,
        mode: Some(TransactionMode::Each),
    };
    let mut plan = prepare::build_plan(project, &tree, target, &request, path)?;
    add_recorded(&tree, &mut plan.steps, recorded.cloned().into_iter().collect());
    let site = preflight::Site { project, target, client: session.client(), version_table: &table };
    preflight::count(site, &mut plan).await?;
    Ok(plan)
}
