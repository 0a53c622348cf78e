//! `--rehearse`: runs a plan, measures each statement, and rolls everything back.

use std::sync::Arc;

use super::progress::ApplyReporter;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::interrupt::cancellable;
use crate::cli::{output, prompt};
use crate::core::plan::Plan;
use crate::engine::apply::rehearse::rehearse;
use crate::engine::project::Project;
use crate::engine::{Error, Target};

/// Rehearses a plan that is not empty. `confirm` and `no_wait` are the values of these options.
///
/// # Errors
/// The error that the plan would end with; of kind `Approval` if a protected environment is not confirmed.
pub async fn run(
    context: &Context,
    project: &Project,
    target: &Target,
    plan: &Arc<Plan>,
    (confirm, no_wait): (Option<&str>, bool),
) -> Result<Exit, Failure> {
    let typed = ask_for_confirmation(context, plan, confirm)?;
    let reporter = ApplyReporter::new(context.terminal, Arc::clone(plan), context.global.verbose);
    let rehearsal = cancellable(context.terminal, async |cancel| {
        context.terminal.note("Rehearsal: all changes are rolled back at the end");
        let confirmed = typed.as_deref().or(confirm);
        let report = |progress| reporter.report(&progress);
        rehearse(project, target, (plan, confirmed), no_wait, &report, cancel).await
    })
    .await?;
    if context.terminal.json {
        context.terminal.document(&rehearsal)?;
    } else {
        context.terminal.result(&output::rehearsal::rehearsal(plan, &rehearsal))?;
    }
    Ok(Exit::Done)
}

/// Asks on a terminal for the name of a protected environment, if `--confirm` is missing.
fn ask_for_confirmation(context: &Context, plan: &Plan, confirm: Option<&str>) -> Result<Option<String>, Error> {
    let Some(name) = plan.environment_to_confirm().filter(|name| confirm.is_none() && !name.is_empty()) else {
        return Ok(None);
    };
    if !context.terminal.can_ask() {
        return Ok(None);
    }
    let question = format!("The rehearsal takes locks on environment {name}. Type {name} to continue:");
    prompt::ask([], &question).map(Some)
}
