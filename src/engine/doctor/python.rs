//! Checks the project's Python. Runs it only with the user's consent.

use tokio_util::sync::CancellationToken;

use super::{CheckResult, Health};
use crate::core::text::plural;
use crate::engine::Result;
use crate::engine::models;
use crate::engine::project::Project;
use crate::engine::python::{Interpreter, PythonVersions, require_consent};

/// The subject of the checks.
const SUBJECT: &str = "python";

/// Checks the interpreter of a project with Python scripts or models. `allowed`: the user gives the consent now.
pub(super) async fn check(project: &Project, allowed: bool) -> Vec<CheckResult> {
    if project.alembic.is_none() && project.config.models.sqlalchemy.is_none() {
        return Vec::new();
    }
    let interpreter = match find_interpreter(project) {
        Ok(interpreter) => interpreter,
        Err(error) => return vec![CheckResult::advice(SUBJECT, error.message, error.hint.unwrap_or_default())],
    };
    let place = format!("{} ({})", interpreter.shown(), interpreter.origin);
    if require_consent(project, &interpreter, allowed).is_err() {
        return vec![CheckResult::advice(
            SUBJECT,
            format!("{place}; limbeck has no consent to run it"),
            "to allow it for this project, run doctor or another command with --yes",
        )];
    }
    let mut findings = match PythonVersions::read(project, &interpreter).await {
        Ok(versions) => vec![rate(project, &place, &versions)],
        Err(error) => return vec![CheckResult::broken(SUBJECT, &error)],
    };
    findings.extend(check_models(project, allowed).await);
    findings
}

/// The interpreter that runs the scripts, or without Python scripts the one that imports the models.
fn find_interpreter(project: &Project) -> Result<Interpreter> {
    if project.alembic.is_some() { Interpreter::find(project) } else { models::interpreter(project) }
}

/// Checks whether SQLAlchemy's models can be imported, and names modules that nothing imports.
async fn check_models(project: &Project, allowed: bool) -> Vec<CheckResult> {
    const SUBJECT: &str = "models";
    if models::require_consent(project, allowed).is_err() {
        return Vec::new();
    }
    match models::count_tables(project, &CancellationToken::new()).await {
        Ok(None) => Vec::new(),
        Ok(Some((count, notes))) => {
            let good = CheckResult::good(SUBJECT, format!("{} in SQLAlchemy", plural(count as u64, "table")));
            std::iter::once(good).chain(notes.iter().map(|note| CheckResult::warning(SUBJECT, note))).collect()
        }
        Err(error) if project.config.models.sqlalchemy.is_some() => vec![CheckResult::broken(SUBJECT, &error)],
        // Alembic upgrades without models.
        Err(error) => vec![CheckResult { health: Health::Advice, ..CheckResult::broken(SUBJECT, &error) }],
    }
}

fn rate(project: &Project, place: &str, versions: &PythonVersions) -> CheckResult {
    let packages =
        [("Alembic", &versions.alembic, project.alembic.is_some()), ("SQLAlchemy", &versions.sqlalchemy, true)];
    let words = packages.iter().map(|(name, version, _)| match version {
        Some(version) => format!("{name} {version}"),
        None => format!("no {name}"),
    });
    let found = format!("{place}: Python {}, {}", versions.python, words.collect::<Vec<_>>().join(", "));
    let missing: Vec<&str> = packages
        .iter()
        .filter(|(_, version, is_needed)| *is_needed && version.is_none())
        .map(|(name, ..)| *name)
        .collect();
    if missing.is_empty() {
        return CheckResult::good(SUBJECT, found);
    }
    let section = if project.alembic.is_some() { "[alembic]" } else { "[models] sqlalchemy" };
    let advice = format!("install {} for this interpreter, or set python under {section}", missing.join(" and "));
    CheckResult::advice(SUBJECT, found, advice)
}
