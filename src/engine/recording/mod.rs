//! Records the statements of Python scripts: they run on a scratch copy of the target's schema, over the wire.

mod cache;
mod inputs;
mod recorder;
mod revision;

use tokio_util::sync::CancellationToken;

use super::connection::{Session, database_error};
use super::project::Project;
use super::scratch::{
    Replica, ScratchDatabase, ScratchOptions, ScratchRequirements, full_scope, read_schema, with_creator_role,
};
use super::script_process::{PassEnd, PassRequest, PassSessions, ScriptProcess, UnsavedScript, new_token, run_pass};
use super::state::VersionTable;
use super::{Error, ErrorKind, Result, Target};
use crate::core::graph::{RevisionId, VersionChange};
use crate::core::plan::{Plan, RecordedStep};
use crate::core::schema::Schema;
pub(super) use inputs::inputs_of_row_counts;
use recorder::{Recorder, SideRecorder};
pub(super) use revision::write_on;

/// The width of the version table's column on a scratch database.
const WIDTH: usize = 4096;

/// The place of the scripts, and what they run on.
pub struct RecordingSite<'a> {
    pub project: &'a Project,
    pub target: &'a Target,
    pub version_table: &'a VersionTable,
}

/// Runs the steps of a plan on a scratch copy of the target's schema, unless the same scripts were recorded on the same
/// schema before. A script that fails there ends the recording; its step and the later ones say so.
///
/// # Errors
/// If no scratch database can be made, or if `env.py` fails before the first script runs.
pub async fn record_plan(
    site: &RecordingSite<'_>,
    plan: &Plan,
    cancel: &CancellationToken,
) -> Result<Vec<RecordedStep>> {
    let project = with_creator_role(site.project, site.target);
    let (schema, options) = read_schema(&project, site.target, &full_scope(&project)).await?;
    let key = cache::key(&project, plan, &schema, &options.version.to_string());
    if let Some(recorded) = cache::load(key.as_ref(), plan) {
        return Ok(recorded);
    }
    if site.target.scripts().allows_unseen() {
        // Such connections would go to the target's server, and not to the scratch copy.
        let why = "with --allow unseen, the scripts do not run on a scratch copy";
        let unknown = RecordedStep { failure: Some(why.to_owned()), ..RecordedStep::default() };
        return Ok(vec![unknown; plan.steps.len()]);
    }
    let mut scripts = site.target.scripts().restart(site.project).await?;
    let replica = Replica::make(&project, site.target, ScratchOptions::default(), &mut |_| {}, cancel).await?;
    let recorded = record_on(&project, replica.target(), site.version_table, plan, scripts.process()?, cancel).await;
    let removed = replica.remove().await;
    let recorded = recorded?;
    removed?;
    cache::store(key.as_ref(), &recorded);
    Ok(recorded)
}

/// Runs the steps of a plan that starts at base on an empty scratch database, unless the same scripts were recorded before.
///
/// # Errors
/// If no scratch database can be made, or if `env.py` fails before the first script runs.
pub async fn record_from_base(
    project: &Project,
    target: &Target,
    plan: &Plan,
    cancel: &CancellationToken,
) -> Result<Vec<RecordedStep>> {
    let key = cache::key(project, plan, &Schema::default(), "history");
    if let Some(recorded) = cache::load(key.as_ref(), plan) {
        return Ok(recorded);
    }
    let scratch = ScratchDatabase::make(project, target, &ScratchRequirements::default(), false).await?;
    let table = VersionTable::new(&project.config.database.version_table);
    let recorded = async {
        let mut scripts = target.scripts().get(project).await?;
        record_on(project, scratch.target(), &table, plan, scripts.process()?, cancel).await
    };
    let recorded = recorded.await;
    let removed = scratch.remove().await;
    let recorded = recorded?;
    removed?;
    cache::store(key.as_ref(), &recorded);
    Ok(recorded)
}

/// Runs the steps of a plan on a scratch database whose version table does not exist yet.
///
/// # Errors
/// If the database cannot be used, or if `env.py` fails before the first script runs.
async fn record_on(
    project: &Project,
    scratch: &Target,
    version_table: &VersionTable,
    plan: &Plan,
    process: &mut ScriptProcess,
    cancel: &CancellationToken,
) -> Result<Vec<RecordedStep>> {
    let session = scratch.connect("limbeck plan").await?;
    write_heads(&session, version_table, &plan.from).await?;
    record_in(session, project, scratch, plan, (process, None), cancel).await
}

/// As [`record_on`], on a scratch database whose version table has the heads from which the plan starts.
///
/// # Errors
/// As [`record_on`].
pub(super) async fn record_next(
    project: &Project,
    scratch: &Target,
    plan: &Plan,
    process: &mut ScriptProcess,
    cancel: &CancellationToken,
) -> Result<Vec<RecordedStep>> {
    let session = scratch.connect("limbeck plan").await?;
    record_in(session, project, scratch, plan, (process, None), cancel).await
}

/// As [`record_next`], with a script that has no file.
///
/// # Errors
/// As [`record_on`].
pub(super) async fn record_unsaved(
    project: &Project,
    scratch: &Target,
    plan: &Plan,
    process: &mut ScriptProcess,
    script: &UnsavedScript,
    cancel: &CancellationToken,
) -> Result<Vec<RecordedStep>> {
    let session = scratch.connect("limbeck plan").await?;
    record_in(session, project, scratch, plan, (process, Some(script)), cancel).await
}

/// Runs the steps on a session for their first connection.
async fn record_in(
    session: Session,
    project: &Project,
    scratch: &Target,
    plan: &Plan,
    (process, unsaved): (&mut ScriptProcess, Option<&UnsavedScript>),
    cancel: &CancellationToken,
) -> Result<Vec<RecordedStep>> {
    let settings = project.config.apply.session_settings(session.server());
    session.client().batch_execute(&settings).await.map_err(|error| database_error(&error))?;
    let request = PassRequest {
        steps: plan.steps.iter().map(|step| (step.direction, step.revision.clone())).collect(),
        token: new_token()?,
        allows_unseen: false,
        unsaved: unsaved.cloned().into_iter().collect(),
    };
    let recorder = Recorder::new(&request.token, process.position(), plan.steps.len());
    let command = process.command().to_owned();
    let end = {
        let side = SideRecorder(&recorder);
        let open = || {
            let opened: std::pin::Pin<Box<dyn Future<Output = Result<Session>> + Send + '_>> =
                Box::pin(scratch.connect("limbeck plan"));
            opened
        };
        let sessions = PassSessions { main: (&session, &recorder), open: &open, side: &side };
        run_pass(process, &request, &sessions, &|_| {}, cancel).await
    };
    if cancel.is_cancelled() {
        return Err(Error::of(ErrorKind::Interrupted, "cancelled; nothing was run"));
    }
    let failure = match end {
        PassEnd::Done => return recorder.finish(),
        PassEnd::Failed(failure) => failure.into_error(&command),
        PassEnd::Exited(error) => error,
        PassEnd::Unusable(error) => return Err(recorder.name_revision(plan, error)),
        PassEnd::ServerLost => {
            return Err(Error::of(ErrorKind::Connection, "the connection to the scratch database was lost"));
        }
    };
    recorder.finish_failed(failure)
}

/// Creates the version table on a scratch database, with the heads from which the plan starts.
pub(super) async fn write_heads(session: &Session, table: &VersionTable, heads: &[RevisionId]) -> Result<()> {
    table.ensure_width(session.client(), WIDTH).await?;
    for head in heads {
        table.write(session.client(), &VersionChange::Insert(head.clone())).await?;
    }
    Ok(())
}
