//! `--sql`: prints the SQL of a run. Does not connect to a database.

use super::context::Context;
use super::exit::{Exit, Failure};
use super::interrupt::cancellable;
use super::output::json::SqlDocument;
use crate::core::graph::{Direction, Graph, Path, PathStep, RevisionId};
use crate::core::plan::offline::{OfflineOptions, OfflineStep, render, render_version_table};
use crate::core::plan::{ScriptSource, Step};
use crate::engine::Error;
use crate::engine::prepare::{record_history, upgrade_from_base};
use crate::engine::project::{Config, Project, ScriptTree};

/// Prints the SQL of an upgrade or downgrade for a range `START:END`. An upgrade may omit the start.
///
/// # Errors
/// If the range cannot be resolved, or one of its scripts cannot be read.
pub fn migrate(context: &Context, direction: Direction, target: &str) -> Result<Exit, Failure> {
    let (start, end) = match (direction, target.split_once(':')) {
        (_, Some(range)) => range,
        (Direction::Upgrade, None) => ("base", target),
        (Direction::Downgrade, None) => {
            return Err(Error::new("downgrade with --sql requires <fromrev>:<torev>").into());
        }
    };
    let (project, tree) = context.read_scripts()?;
    tree.require_valid()?;
    let from = resolve_start(&tree.graph, start)?;
    let path = match direction {
        Direction::Upgrade => tree.graph.upgrade(end, &from)?,
        Direction::Downgrade => tree.graph.downgrade(end, &from)?,
    };
    let steps = if project.alembic.is_some() {
        record_steps(context, &project, &tree, &from, path)?
    } else {
        path.steps.into_iter().map(|step| build_step(&tree, step)).collect::<Result<Vec<_>, _>>()?
    };
    print(context, &render(&from, &steps, options(&project.config)))
}

/// Prints the SQL of a stamp. Targets may be ranges `START:END` with the same start.
///
/// # Errors
/// If the targets cannot be resolved, or have different starts.
pub fn stamp(context: &Context, targets: &[String]) -> Result<Exit, Failure> {
    let (start, targets) = parse_stamp_targets(targets)?;
    let (project, tree) = context.read_scripts()?;
    project.require_version_table()?;
    tree.require_valid()?;
    let from = resolve_start(&tree.graph, start)?;
    let path = tree.graph.stamp(&targets, &from)?;
    let steps: Vec<OfflineStep> = path.steps.into_iter().map(OfflineStep::stamp).collect();
    print(context, &render(&from, &steps, options(&project.config)))
}

/// Prints the SQL that creates the version table.
///
/// # Errors
/// If there is no project.
pub fn ensure_version(context: &Context) -> Result<Exit, Failure> {
    let project = context.open_project()?;
    project.require_version_table()?;
    print(context, &render_version_table(&project.config.database.version_table))
}

/// Runs Python scripts from base on an empty scratch database. Returns the steps of the path.
fn record_steps(
    context: &Context,
    project: &Project,
    tree: &ScriptTree,
    from: &[RevisionId],
    path: Path,
) -> Result<Vec<OfflineStep>, Error> {
    context.allow_python(project)?;
    let mut steps = upgrade_from_base(tree, from)?.steps;
    let earlier = steps.len();
    steps.extend(path.steps);
    let recorded = context.block_on(async {
        let target = context.find_target(project).await?;
        let record = async |cancel: &_| record_history(project, tree, &target, steps, cancel).await;
        cancellable(context.terminal, record).await
    })??;
    let mut offline = Vec::new();
    for step in recorded.into_iter().skip(earlier) {
        let python = step.python.clone().unwrap_or_default();
        if let Some(failure) = python.failure {
            return Err(Error {
                revision: Some(step.revision.to_string()),
                ..Error::new(format!("revision {} cannot be printed as SQL: {failure}", step.revision))
                    .because("the script ran on an empty scratch database, which has no rows")
                    .hint("`limbeck upgrade --dry-run` runs it on a copy of the database's schema")
            });
        }
        if python.depends_on_data {
            context.terminal.print_warning(&format!(
                "revision {} reads data, so on a database with rows it may run other statements",
                step.revision
            ));
        }
        offline.push(OfflineStep::from(step));
    }
    Ok(offline)
}

fn options(config: &Config) -> OfflineOptions<'_> {
    OfflineOptions {
        version_table: &config.database.version_table,
        role: config.apply.role.as_deref(),
        mode: config.apply.transaction,
    }
}

fn print(context: &Context, sql: &str) -> Result<Exit, Failure> {
    if context.terminal.json {
        context.terminal.print_document(&SqlDocument { sql })?;
    } else {
        context.terminal.print_sql(sql)?;
    }
    Ok(Exit::Done)
}

/// The heads from which a run starts; several are separated by commas.
fn resolve_start(graph: &Graph, start: &str) -> Result<Vec<RevisionId>, Error> {
    let mut heads = Vec::new();
    for part in start.split(',').map(str::trim).filter(|part| !part.is_empty() && *part != "base") {
        heads.extend(graph.resolve(part, &[])?);
    }
    Ok(heads)
}

fn build_step(tree: &ScriptTree, step: PathStep) -> Result<OfflineStep, Error> {
    let revision = step.revision.clone();
    let file = tree.script(revision.as_str()).ok_or_else(|| {
        Error::new(format!("revision {revision} has no script")).hint("restore the script of the revision")
    })?;
    let source = ScriptSource { script: &file.script, text: &file.text, path: Some(file.path.clone()) };
    Step::build(step, &source).map(OfflineStep::from).map_err(|error| Error {
        revision: Some(revision.to_string()),
        line: Some(error.line),
        hint: error.hint.clone(),
        ..Error::new(format!("{}:{}: {error}", file.path.display(), error.line))
    })
}

/// Separates the starts of ranges from the targets. All starts must be the same.
fn parse_stamp_targets(targets: &[String]) -> Result<(&str, Vec<String>), Error> {
    let mut start = None;
    let mut ends = Vec::new();
    for target in targets {
        let Some((from, to)) = target.split_once(':') else {
            ends.push(target.clone());
            continue;
        };
        if *start.get_or_insert(from) != from {
            return Err(Error::new("Stamp operation with --sql only supports a single starting revision at a time")
                .hint("run the command once for each starting revision"));
        }
        ends.push(to.to_owned());
    }
    Ok((start.unwrap_or("base"), ends))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_has_only_one_start() {
        let targets = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(parse_stamp_targets(&targets(&["a:b", "c"])).unwrap(), ("a", targets(&["b", "c"])));
        assert_eq!(parse_stamp_targets(&targets(&["b"])).unwrap(), ("base", targets(&["b"])));
        assert!(parse_stamp_targets(&targets(&["a:b", "c:d"])).is_err());
    }
}
