//! `revision --autogenerate`: writes the differences between models and database as a proved script.

use crate::cli::comparison::{self, run_comparison};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::long_id;
use crate::cli::output::json::{NothingDocument, SqlDocument, WrittenDocument};
use crate::cli::output::listing::absolute;
use crate::cli::terminal::Terminal;
use crate::core::diff::rename::Candidate;
use crate::core::diff::{Action, Operation};
use crate::core::schema::ObjectId;
use crate::core::script::{Language, Script};
use crate::engine::Error;
use crate::engine::autogenerate::{CompareOptions, GeneratedScript, Proof, excerpt, failed_line, generate, write};
use crate::engine::draft::NewRevision;
use crate::engine::project::Project;

/// What to do with the differences.
pub struct AutogenerateOptions {
    /// Print the SQL, and write nothing.
    pub sql: bool,
    /// Write nothing if there is no difference.
    pub skip_empty: bool,
    /// Add to a Python script what Alembic does not write.
    pub complete: bool,
    /// The values of `--rename`: `OLD=NEW`.
    pub renames: Vec<String>,
}

/// Generates the script, and writes or prints it. Exit code 1 if the proof fails.
///
/// # Errors
/// Alembic's error if the database is not at the heads; if the models or the database cannot be read; if the script
/// cannot be written.
pub fn run(context: &Context, options: &AutogenerateOptions, new: &NewRevision) -> Result<Exit, Failure> {
    let (project, tree) = context.read_scripts()?;
    long_id::require_id_fits_column(context, &project, new.id.as_deref())?;
    context.allow_scripts(&project)?;
    context.allow_models(&project)?;
    let terminal = context.terminal;
    let compare = CompareOptions {
        complete: options.complete,
        ..comparison::options(context.global.yes, options.renames.clone())
    };
    let generated = run_comparison(context, &project, async |target, tell, cancel| {
        Box::pin(generate(&project, &tree, target, new, &compare, tell, cancel)).await
    })?;
    comparison::print_notes(terminal, &generated.notes);
    print_operations(terminal, &generated.operations);
    print_rename_candidates(terminal, &generated.renames);
    print_missing(terminal, &generated.proof, options.complete);
    if options.sql {
        print_sql(terminal, &generated)?;
    } else if (options.skip_empty && generated.is_empty()) || !generated.has_script() {
        report_no_difference(terminal)?;
    } else {
        if generated.is_empty() {
            terminal.print_note(
                "models and database do not differ: the revision is empty (with --skip-empty, no revision is written)",
            );
        }
        let written = write(&project, &generated)?;
        if terminal.json {
            terminal.print_document(&WrittenDocument::generated(&written, &generated))?;
        } else {
            terminal.print_change(&format!("Generating {} ...  done", absolute(&written.path).display()))?;
        }
    }
    if generated.proof.holds() {
        return Ok(Exit::Done);
    }
    terminal.print_error(&proof_error(&project, &generated, !options.sql));
    Ok(Exit::Failed)
}

/// Prints one line per changed object.
fn print_operations(terminal: Terminal, operations: &[Operation]) {
    let mut printed: Vec<String> = Vec::new();
    let has = |id: &ObjectId, action| operations.iter().any(|one| one.object == *id && one.action == action);
    for line in operations.iter().filter_map(|operation| {
        // An object that is dropped and created again has changed, e.g. a type with other values.
        let is_recreated = has(&operation.object, Action::Drop) && has(&operation.object, Action::Create);
        operation_line(operation, is_recreated)
    }) {
        if !printed.contains(&line) {
            terminal.print_note(&line);
            printed.push(line);
        }
    }
}

/// Prints what Alembic did not write, and the option that adds it.
fn print_missing(terminal: Terminal, proof: &Proof, is_complete: bool) {
    comparison::print_notes(terminal, &proof.missing);
    let leaves_something = proof.recorded.is_some() && !proof.down && proof.error.is_none();
    if (!proof.missing.is_empty() || leaves_something) && !is_complete {
        terminal.print_note("note: add --complete to write what is missing into the script as op.execute");
    }
}

/// Prints possible renames, and the option that makes each a rename.
fn print_rename_candidates(terminal: Terminal, candidates: &[Candidate]) {
    for Candidate { spec, reasons, .. } in candidates {
        let (old, new) = spec.split_once('=').unwrap_or((spec, ""));
        terminal.print_note(&format!(
            "note: possible rename {old} → {new} ({}); to rename, add --rename {}",
            reasons.join(", "),
            quote_for_shell(spec)
        ));
    }
}

/// Quotes the text as one word of a shell.
fn quote_for_shell(text: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "_.=-".contains(letter);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// The line about an operation; `None` for operations that only prepare others.
fn operation_line(operation: &Operation, is_recreated: bool) -> Option<String> {
    let what = match operation.action {
        Action::Rename => {
            let to = operation.sql.rsplit_once(" TO ").map_or("a new name", |(_, to)| to);
            return Some(format!("Detected renamed {} to {to}", operation.object));
        }
        Action::Create | Action::Drop if is_recreated => "changed",
        Action::Create => "added",
        Action::Drop => "removed",
        Action::Alter => "changed",
        Action::Comment => "changed comment on",
        Action::Grant => "changed grants on",
        Action::Release | Action::RenameOld | Action::Copy | Action::Own => return None,
    };
    Some(format!("Detected {what} {}", operation.object))
}

/// Prints the SQL of the upgrade.
fn print_sql(terminal: Terminal, generated: &GeneratedScript) -> Result<(), Failure> {
    let mut sql = match &generated.proof.recorded {
        Some(recorded) => {
            let statements: Vec<_> = recorded.statements.iter().map(|sent| format!("{};", sent.sql)).collect();
            statements.join("\n")
        }
        None if Language::of(&generated.draft.path) == Language::Python => String::new(),
        None => {
            let script = Script::parse(&generated.draft.text)
                .map_err(|error| Error::new("the generated script cannot be parsed").because(error))?;
            script.sql().map(|code| code.upgrade.sql.clone()).unwrap_or_default()
        }
    };
    if terminal.json {
        return terminal.print_document(&SqlDocument { sql: &sql });
    }
    if !sql.is_empty() {
        sql.push('\n');
    }
    terminal.print_sql(&sql)
}

fn report_no_difference(terminal: Terminal) -> Result<(), Failure> {
    if terminal.json {
        return terminal.print_document(&NothingDocument::default());
    }
    terminal.print_change("No new upgrade operations detected.")
}

fn proof_error(project: &Project, generated: &GeneratedScript, is_written: bool) -> Error {
    let proof = &generated.proof;
    let mut error = if is_written {
        Error::new("the proof of the script failed; the script was saved as a draft and is not part of the history")
            .hint("correct it, move it to the versions folder, and prove it again with `limbeck verify`")
    } else {
        Error::new("the proof of the script failed; nothing was written")
    };
    error.causes.extend(proof.difference.iter().cloned());
    if let Some(reason) = &proof.error {
        let place = failed_line(project, generated).filter(|_| reason.excerpt.is_none() && is_written);
        let place = place.map_or_else(String::new, |place| format!("{place}: "));
        error.causes.push(format!("on a scratch copy of the schema: {place}{}", reason.message));
        // The state of the scratch copy says nothing about the database.
        let causes = reason.causes.iter().filter(|cause| !cause.starts_with("rolled back"));
        error.causes.extend(causes.chain(&reason.hint).cloned());
        error.excerpt = if is_written { excerpt(project, generated) } else { reason.excerpt.clone() };
    }
    error
}
