//! `revision --autogenerate`: what the models add, as a proved script.

use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::difference;
use super::exit::{Exit, Failure};
use super::interrupt;
use super::json::{NothingDocument, SqlDocument, WrittenDocument};
use super::listing::absolute;
use super::terminal::Terminal;
use crate::core::diff::rename::Candidate;
use crate::core::diff::{Action, Operation};
use crate::core::script::Script;
use crate::engine::Error;
use crate::engine::autogenerate::{Generated, generate, write};
use crate::engine::draft::NewRevision;

/// What is to become of the difference.
pub struct Wanted {
    /// It is printed, and nothing is written.
    pub sql: bool,
    /// Nothing is written where there is none.
    pub skip_empty: bool,
    /// `OLD=NEW`, as typed.
    pub renames: Vec<String>,
}

/// Generates the script, and writes or prints it; exit code 1 when it could not be proved.
///
/// # Errors
/// As Alembic refuses, when the models or the database cannot be read, and when the script cannot be written.
pub fn run(context: &Context, wanted: &Wanted, new: &NewRevision) -> Result<Exit, Failure> {
    let (project, tree) = context.scripts()?;
    let (terminal, verbose) = (context.terminal, context.global.verbose);
    let options = difference::options(context.global.yes, wanted.renames.clone());
    let generated = context.wait(async {
        let target = context.target(&project).await?;
        let cancel = CancellationToken::new();
        let watch = interrupt::watch(terminal, cancel.clone());
        let tell = |told| difference::tell(terminal, verbose, &told);
        let generated = Box::pin(generate(&project, &tree, &target, new, &options, &tell, &cancel)).await;
        watch.abort();
        generated.map_err(|error| if cancel.is_cancelled() { difference::cancelled(error) } else { error })
    })??;
    detected(terminal, &generated);
    offer(terminal, &generated.renames);
    if wanted.sql {
        print(terminal, &generated)?;
    } else if wanted.skip_empty && generated.is_empty() {
        nothing(terminal)?;
    } else {
        if generated.is_empty() {
            terminal.note("nothing differs: the revision is empty (with --skip-empty none is written)");
        }
        let written = write(&project, &generated)?;
        if terminal.json {
            terminal.document(&WrittenDocument::generated(&written, &generated))?;
        } else {
            terminal.made(&format!("Generating {} ...  done", absolute(&written.path).display()))?;
        }
    }
    if generated.proof.holds() {
        return Ok(Exit::Done);
    }
    terminal.error(&unproved(&generated));
    Ok(Exit::Failed)
}

/// Says what was found, a line an object.
fn detected(terminal: Terminal, generated: &Generated) {
    difference::notes(terminal, &generated.notes);
    let mut told: Vec<String> = Vec::new();
    for line in generated.operations.iter().filter_map(finding) {
        if !told.contains(&line) {
            terminal.note(&line);
            told.push(line);
        }
    }
}

/// Names what may be a rename, and how to ask for it.
fn offer(terminal: Terminal, candidates: &[Candidate]) {
    for Candidate { spec, reasons, .. } in candidates {
        let (old, new) = spec.split_once('=').unwrap_or((spec, ""));
        terminal.note(&format!("note: {old} → {new}? {}: --rename {}", reasons.join(", "), in_shell(spec)));
    }
}

/// A text as one word of a shell.
fn in_shell(text: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "_.=-".contains(letter);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

fn finding(operation: &Operation) -> Option<String> {
    let what = match operation.action {
        Action::Create => "added",
        Action::Drop => "removed",
        Action::Alter => "changed",
        Action::Comment => "changed comment on",
        Action::Grant => "changed grants on",
        Action::Release | Action::Aside | Action::Own => return None,
    };
    Some(format!("Detected {what} {}", operation.object))
}

/// Prints the upgrade's SQL.
fn print(terminal: Terminal, generated: &Generated) -> Result<(), Failure> {
    let script = Script::parse(&generated.draft.text)
        .map_err(|error| Error::new("the new script cannot be read back").because(error))?;
    let mut sql = script.upgrade.sql;
    if terminal.json {
        return terminal.document(&SqlDocument { sql: &sql });
    }
    if !sql.is_empty() {
        sql.push('\n');
    }
    terminal.result(&sql)
}

fn nothing(terminal: Terminal) -> Result<(), Failure> {
    if terminal.json {
        return terminal.document(&NothingDocument::default());
    }
    terminal.made("No new upgrade operations detected.")
}

fn unproved(generated: &Generated) -> Error {
    let proof = &generated.proof;
    let mut error = Error::new("the script could not be proved; it is kept as a draft, and is no part of the history")
        .hint("mend it by hand and move it to the version folder, where `limbeck verify` proves it again");
    error.causes.extend(proof.difference.iter().cloned());
    if let Some(reason) = &proof.error {
        error.causes.push(format!("on a copy of the database's schema: {}", reason.message));
        // How the copy was left says nothing of the database.
        let told = reason.causes.iter().filter(|cause| !cause.starts_with("rolled back"));
        error.causes.extend(told.chain(&reason.hint).cloned());
        error.excerpt.clone_from(&reason.excerpt);
    }
    error
}
