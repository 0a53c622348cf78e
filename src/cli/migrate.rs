//! `upgrade` and `downgrade`: prepare, ask, apply.

use std::sync::Arc;

use clap::{Args, ValueEnum};
use tokio_util::sync::CancellationToken;

use super::approve::{Allow, approve};
use super::context::Context;
use super::exit::{Exit, Failure};
use super::json::PlanDocument;
use super::progress::Reporter;
use super::{backup, interrupt, listing, offline, plan_text, rehearse};
use crate::core::graph::Direction;
use crate::core::plan::{Approval, Plan};
use crate::engine::apply::{ApplyOptions, Outcome, Resume, apply};
use crate::engine::prepare::{Request, prepare};
use crate::engine::project::{Project, ScriptTree};
use crate::engine::{Error, Target};

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag that is typed or not")]
#[command(after_help = "Targets: head, heads, base, an id or the start of one, LABEL@head, +2, -1, REV+1, \
                        and with --sql a range START:END.")]
pub struct Arguments {
    /// Where to go
    #[arg(value_name = "TARGET", allow_negative_numbers = true)]
    pub target: String,
    /// Print the SQL, and run nothing; no database is asked
    #[arg(long, conflicts_with_all = ["dry_run", "allow", "confirm"])]
    sql: bool,
    /// Show the plan, and run nothing
    #[arg(long)]
    dry_run: bool,
    /// Run the plan in one transaction with the time of each statement, and roll back
    #[arg(long, conflicts_with_all = ["sql", "dry_run", "allow", "resume"])]
    rehearse: bool,
    /// Approve hazards of these classes
    #[arg(long, value_name = "CLASS", value_delimiter = ',', value_parser = Allow::parser())]
    allow: Vec<Allow>,
    /// Confirm the name of a protected environment
    #[arg(long, value_name = "ENVIRONMENT")]
    confirm: Option<String>,
    /// Make no copy of what an approved step destroys, and put none back
    #[arg(long)]
    no_keep: bool,
    /// Fail at once (exit 5) while another migrator holds the lock
    #[arg(long)]
    no_wait: bool,
    /// Where a run goes on that died in a statement outside a transaction: at it again, or after it
    #[arg(long, value_name = "WHERE", value_enum)]
    resume: Option<ResumeAt>,
    /// Taken for Alembic's sake; no script asks for it
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
}

/// `--resume`; the variants have no help of their own, so that all help stays short.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ResumeAt {
    Again,
    After,
}

impl From<ResumeAt> for Resume {
    fn from(resume: ResumeAt) -> Self {
        match resume {
            ResumeAt::Again => Self::Again,
            ResumeAt::After => Self::After,
        }
    }
}

/// Upgrades or downgrades.
///
/// # Errors
/// As the engine fails; of kind `Approval` when a step needs one that was not given.
pub fn run(context: &Context, direction: Direction, arguments: &Arguments) -> Result<Exit, Failure> {
    if arguments.sql {
        return offline::migrate(context, direction, &arguments.target);
    }
    if arguments.target.contains(':') {
        return Err(Error::new("Range revision not allowed").hint("add --sql to print the SQL of a range").into());
    }
    let (project, tree) = context.scripts()?;
    tree.require_valid()?;
    context.wait(carry_out(context, &project, &tree, direction, arguments))?
}

async fn carry_out(
    context: &Context,
    project: &Project,
    tree: &ScriptTree,
    direction: Direction,
    arguments: &Arguments,
) -> Result<Exit, Failure> {
    let target = context.target(project).await?;
    let request = Request { direction, target: arguments.target.clone(), mode: None };
    let plan = prepare(project, tree, &target, &request).await?;
    let plan = if arguments.no_keep { Arc::new(plan.without_copies()) } else { plan };
    if arguments.dry_run {
        return show(context, &plan);
    }
    if plan.is_empty() {
        return nothing_to_do(context, &plan);
    }
    if arguments.rehearse {
        let given = (arguments.confirm.as_deref(), arguments.no_wait);
        return rehearse::run(context, project, &target, &plan, given).await;
    }
    let approval = {
        let yes = context.connect_options().yes;
        approve(context.terminal, &plan, &arguments.allow, arguments.confirm.as_deref(), yes)?
    };
    let reporter = Reporter::new(context.terminal, Arc::clone(&plan), context.global.verbose);
    let outcome = match run_plan(context, project, &target, (&approval, &reporter), arguments).await {
        Ok(outcome) => outcome,
        Err(error) => {
            // The migrator that was waited for may have done what was asked for here. Anything else that
            // is left to do was not in the plan that was approved.
            if !reporter.only_waited() {
                return Err(error.into());
            }
            return match prepare(project, tree, &target, &request).await {
                Ok(plan) if plan.is_empty() => nothing_to_do(context, &plan),
                _ => Err(error.into()),
            };
        }
    };
    if context.terminal.json {
        context.terminal.document(&outcome)?;
    }
    Ok(Exit::Done)
}

async fn run_plan(
    context: &Context,
    project: &Project,
    target: &Target,
    (approval, reporter): (&Approval, &Reporter),
    arguments: &Arguments,
) -> Result<Outcome, Error> {
    let cancel = CancellationToken::new();
    let watch = interrupt::watch(context.terminal, cancel.clone());
    let resume = arguments.resume.map(Resume::from);
    let options = ApplyOptions { no_wait: arguments.no_wait, resume, no_keep: arguments.no_keep };
    if let Err(error) = backup::before_plan(context.terminal, project, target, approval, &cancel).await {
        watch.abort();
        return Err(error);
    }
    let outcome = apply(project, target, approval, &options, &|progress| reporter.tell(&progress), &cancel).await;
    watch.abort();
    outcome
}

fn show(context: &Context, plan: &Plan) -> Result<Exit, Failure> {
    if context.terminal.json {
        context.terminal.document(&PlanDocument::from(plan))?;
    } else {
        context.terminal.result(&plan_text::plan(plan))?;
    }
    Ok(Exit::Done)
}

fn nothing_to_do(context: &Context, plan: &Plan) -> Result<Exit, Failure> {
    if context.terminal.json {
        context.terminal.document(&Outcome { from: plan.from.clone(), to: plan.to.clone(), steps: Vec::new() })?;
    } else {
        let place = if plan.from.is_empty() { "base".to_owned() } else { listing::join(&plan.from) };
        context.terminal.note(&format!("Nothing to do: the database is at {place}"));
    }
    Ok(Exit::Done)
}
