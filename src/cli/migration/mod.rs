//! What `upgrade`, `downgrade` and `switch` share: their options, and the run from plan to approval to database.

mod progress;
mod rehearsal;

use std::sync::Arc;

use clap::{Args, ValueEnum};

use self::progress::ApplyReporter;
use super::approval::{Allow, approve};
use super::backup_progress::back_up_before_plan;
use super::context::Context;
use super::exit::{Exit, Failure};
use super::interrupt::cancellable;
use super::offline;
use super::output::json::PlanDocument;
use super::output::{listing, plan as plan_text};
use crate::core::graph::Direction;
use crate::core::plan::{Approval, Plan, PlanDirection};
use crate::engine::apply::{ApplyOptions, Outcome, Resume, apply};
use crate::engine::prepare::{PlanRequest, prepare};
use crate::engine::project::{Project, ScriptTree};
use crate::engine::{Error, ErrorKind, Target};

/// The help text about targets.
pub const TARGETS_HELP: &str = "Targets: head, heads, base, an id or its start, LABEL@head, +2, -1, REV+1, and with \
                                --sql a range START:END.";

/// The options of `upgrade` and `downgrade`.
#[derive(Debug, Args)]
pub struct MigrationOptions {
    /// Revision to reach
    #[arg(value_name = "TARGET", allow_negative_numbers = true)]
    pub target: String,
    /// Print the SQL without connecting to a database
    #[arg(long, conflicts_with_all = ["dry_run", "rehearse", "allow", "confirm"])]
    sql: bool,
    #[command(flatten)]
    pub run: RunOptions,
    /// Accepted for Alembic compatibility; ignored
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
}

/// How a plan is shown, approved and run.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each field is one flag of the command line")]
pub struct RunOptions {
    /// Show the plan, and run nothing
    #[arg(long)]
    dry_run: bool,
    /// Run the plan in one transaction, measure each statement, and roll back
    #[arg(long, conflicts_with_all = ["dry_run", "allow", "resume"])]
    rehearse: bool,
    /// Approve hazards of these classes
    #[arg(long, value_name = "CLASS", value_delimiter = ',', value_parser = Allow::migration_parser())]
    allow: Vec<Allow>,
    /// Confirm the name of a protected environment
    #[arg(long, value_name = "ENVIRONMENT")]
    confirm: Option<String>,
    /// Do not copy the data that an approved step destroys, and do not restore earlier copies
    #[arg(long)]
    no_keep: bool,
    /// Fail immediately (exit code 5) if another migrator holds the lock
    #[arg(long)]
    no_wait: bool,
    /// After a crash in a non-transactional statement: retry it (again) or skip it (after)
    #[arg(long, value_name = "WHERE", value_enum)]
    resume: Option<ResumeOption>,
}

// The variants have no doc comments: with them, clap would print the long form of the whole help.
/// The values of `--resume`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ResumeOption {
    Again,
    After,
}

impl From<ResumeOption> for Resume {
    fn from(resume: ResumeOption) -> Self {
        match resume {
            ResumeOption::Again => Self::Again,
            ResumeOption::After => Self::After,
        }
    }
}

/// Upgrades or downgrades.
///
/// # Errors
/// The engine's errors; of kind `Approval` if an approval is missing.
pub fn run(context: &Context, direction: Direction, options: &MigrationOptions) -> Result<Exit, Failure> {
    if options.sql {
        return offline::migrate(context, direction, &options.target);
    }
    if options.target.contains(':') {
        return Err(Error::new("Range revision not allowed").hint("add --sql to print the SQL of a range").into());
    }
    let target = options.target.clone();
    let request = PlanRequest { direction: direction.into(), target, only_branch: false, mode: None };
    plan_and_run(context, &request, &options.run)
}

/// Moves the database from revisions that have no script to the heads of the scripts on disk.
///
/// # Errors
/// As [`run`].
pub fn switch(context: &Context, options: &RunOptions) -> Result<Exit, Failure> {
    let request =
        PlanRequest { direction: PlanDirection::Switch, target: "heads".to_owned(), only_branch: false, mode: None };
    plan_and_run(context, &request, options)
}

fn plan_and_run(context: &Context, request: &PlanRequest, options: &RunOptions) -> Result<Exit, Failure> {
    let (project, tree) = context.read_scripts()?;
    tree.require_valid()?;
    context.block_on(prepare_and_apply(context, &project, &tree, request, options))?
}

async fn prepare_and_apply(
    context: &Context,
    project: &Project,
    tree: &ScriptTree,
    request: &PlanRequest,
    options: &RunOptions,
) -> Result<Exit, Failure> {
    let target = open_target(context, project, options).await?;
    let make_plan = async |cancel: &_| prepare(project, tree, &target, request, cancel).await;
    let plan = cancellable(context.terminal, make_plan).await?;
    let plan = if options.no_keep { Arc::new(plan.without_copies()) } else { plan };
    if options.dry_run {
        return print_plan(context, &plan);
    }
    if plan.is_empty() {
        return nothing_to_do(context, &plan);
    }
    for note in &plan.notes {
        context.terminal.print_note(&format!("note: {note}"));
    }
    if options.rehearse {
        let given = (options.confirm.as_deref(), options.no_wait);
        return rehearsal::run(context, project, &target, &plan, given).await;
    }
    let confirm = options.confirm.as_deref();
    let approval = approve(context.terminal, &plan, &options.allow, confirm, context.global.yes)?;
    let reporter = ApplyReporter::new(context.terminal, Arc::clone(&plan), context.global.verbose);
    match run_plan(context, project, &target, (&approval, &reporter), options).await {
        Ok(outcome) if context.terminal.json => context.terminal.print_document(&outcome)?,
        Ok(_) => {}
        Err(error) if reporter.has_started() || error.kind == ErrorKind::Interrupted => return Err(error.into()),
        // Another migrator may have reached the target. Any steps that are still pending were not in the approved plan, so
        // they must not run.
        Err(error) => match cancellable(context.terminal, make_plan).await {
            Ok(plan) if plan.is_empty() => return nothing_to_do(context, &plan),
            _ => return Err(error.into()),
        },
    }
    Ok(Exit::Done)
}

/// Finds the target, and makes sure that the project's scripts may run on it.
async fn open_target(context: &Context, project: &Project, options: &RunOptions) -> Result<Target, Error> {
    let target = context.find_target(project).await?;
    if project.alembic.is_some() {
        context.allow_python(project)?;
        if options.allow.contains(&Allow::Unseen) {
            target.scripts().allow_unseen();
        }
    }
    Ok(target)
}

async fn run_plan(
    context: &Context,
    project: &Project,
    target: &Target,
    (approval, reporter): (&Approval, &ApplyReporter),
    options: &RunOptions,
) -> Result<Outcome, Error> {
    let resume = options.resume.map(Resume::from);
    let apply_options =
        ApplyOptions { no_wait: options.no_wait, resume, no_keep: options.no_keep, ..ApplyOptions::default() };
    cancellable(context.terminal, async |cancel| {
        back_up_before_plan(context.terminal, project, target, approval, cancel).await?;
        let report = |progress| reporter.report(&progress);
        apply(project, target, approval, &apply_options, &report, cancel).await
    })
    .await
}

fn print_plan(context: &Context, plan: &Plan) -> Result<Exit, Failure> {
    if context.terminal.json {
        context.terminal.print_document(&PlanDocument::from(plan))?;
    } else {
        context.terminal.print_result(&plan_text::plan(plan))?;
    }
    Ok(Exit::Done)
}

fn nothing_to_do(context: &Context, plan: &Plan) -> Result<Exit, Failure> {
    if context.terminal.json {
        context.terminal.print_document(&Outcome {
            from: plan.from.clone(),
            to: plan.to.clone(),
            steps: Vec::new(),
        })?;
    } else {
        let place = if plan.from.is_empty() { "base".to_owned() } else { listing::join(&plan.from) };
        context.terminal.print_note(&format!("Nothing to do: the database is at {place}"));
    }
    Ok(Exit::Done)
}
