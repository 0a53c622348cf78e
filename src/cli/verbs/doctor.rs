//! `doctor`: checks the installation and suggests fixes.

use std::fmt::Write;

use clap::Args;
use serde::Serialize;

use crate::cli::context::{Context, variables};
use crate::cli::exit::{Exit, Failure};
use crate::engine::doctor::{CheckResult, Health, examine};

/// Check the project, the database and this machine, and say how to fix problems
#[derive(Debug, Args)]
pub struct Arguments {}

#[derive(Serialize)]
struct DoctorDocument {
    healthy: bool,
    findings: Vec<CheckResult>,
}

/// Checks the project, its database and this machine. Exit code 1 if something is broken.
///
/// # Errors
/// If the output cannot be written.
pub fn run(context: &Context, _arguments: &Arguments) -> Result<Exit, Failure> {
    let project = context.open_project();
    let variables = project.as_ref().map_or_else(|_| variables(), |project| project.variables.clone());
    let findings = context.block_on(examine(project, &variables, &context.connect_options()))?;
    let healthy = findings.iter().all(|finding| finding.health != Health::Broken);
    if context.terminal.json {
        context.terminal.print_document(&DoctorDocument { healthy, findings })?;
    } else {
        context.terminal.print_result(&findings.iter().map(finding_text).collect::<String>())?;
    }
    Ok(if healthy { Exit::Done } else { Exit::Failed })
}

fn finding_text(finding: &CheckResult) -> String {
    let word = match finding.health {
        Health::Good => "ok",
        Health::Advice => "advice",
        Health::Broken => "broken",
    };
    let found = finding.found.replace('\n', "\n                    ");
    let mut text = format!("{word:<8}{:<12}{found}\n", finding.subject);
    if let Some(advice) = &finding.advice {
        let _ = writeln!(text, "{:20}-> {}", "", advice.replace('\n', "\n                       "));
    }
    text
}
