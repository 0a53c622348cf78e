//! `revision --autogenerate`: what the models add, as a proved script.

use super::context::Context;
use super::difference;
use super::exit::{Exit, Failure};
use super::json::{NothingDocument, SqlDocument, WrittenDocument};
use super::listing::absolute;
use super::terminal::Terminal;
use crate::core::diff::rename::Candidate;
use crate::core::diff::{Action, Operation};
use crate::core::schema::ObjectId;
use crate::core::script::Script;
use crate::engine::Error;
use crate::engine::autogenerate::{Generated, excerpt, generate, write};
use crate::engine::draft::NewRevision;
use crate::engine::project::Project;

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
    let terminal = context.terminal;
    let options = difference::options(context.global.yes, wanted.renames.clone());
    let generated = difference::carry_out(context, &project, async |target, tell, cancel| {
        Box::pin(generate(&project, &tree, target, new, &options, tell, cancel)).await
    })?;
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
    terminal.error(&unproved(&project, &generated, !wanted.sql));
    Ok(Exit::Failed)
}

/// Says what was found, a line an object.
fn detected(terminal: Terminal, generated: &Generated) {
    difference::notes(terminal, &generated.notes);
    let mut told: Vec<String> = Vec::new();
    let operations = &generated.operations;
    let stands = |id: &ObjectId, action| operations.iter().any(|one| one.object == *id && one.action == action);
    for line in operations.iter().filter_map(|operation| {
        // What goes and comes again under its name is made anew, as a type is whose values change.
        let is_anew = stands(&operation.object, Action::Drop) && stands(&operation.object, Action::Create);
        finding(operation, is_anew)
    }) {
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

fn finding(operation: &Operation, is_anew: bool) -> Option<String> {
    let what = match operation.action {
        Action::Rename => {
            let to = operation.sql.rsplit_once(" TO ").map_or("another name", |(_, to)| to);
            return Some(format!("Detected renamed {} to {to}", operation.object));
        }
        Action::Create | Action::Drop if is_anew => "changed",
        Action::Create => "added",
        Action::Drop => "removed",
        Action::Alter => "changed",
        Action::Comment => "changed comment on",
        Action::Grant => "changed grants on",
        Action::Release | Action::RenameOld | Action::Own => return None,
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

fn unproved(project: &Project, generated: &Generated, is_written: bool) -> Error {
    let proof = &generated.proof;
    let mut error = if is_written {
        Error::new("the script could not be proved; it is kept as a draft, and is no part of the history")
            .hint("mend it by hand and move it to the version folder, where `limbeck verify` proves it again")
    } else {
        Error::new("the script could not be proved; nothing was written")
    };
    error.causes.extend(proof.difference.iter().cloned());
    if let Some(reason) = &proof.error {
        error.causes.push(format!("on a copy of the database's schema: {}", reason.message));
        // How the copy was left says nothing of the database.
        let told = reason.causes.iter().filter(|cause| !cause.starts_with("rolled back"));
        error.causes.extend(told.chain(&reason.hint).cloned());
        error.excerpt = if is_written { excerpt(project, generated) } else { reason.excerpt.clone() };
    }
    error
}
