//! The file of a generated script: in the version folder if it is proved, otherwise in the folder of drafts.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::{GeneratedScript, Proof};
use crate::core::escape::escape_line;
use crate::core::script::Language;
use crate::engine::draft::{Draft, WrittenScript};
use crate::engine::project::Project;
use crate::engine::{Error, Result, passage};

/// The folder of scripts that were not proved, next to the version folder. No code reads it.
const DRAFTS_FOLDER: &str = "drafts";

/// The start of the first line of a script that was not proved, after the sign of a comment.
const UNPROVED_MARK: &str = " UNPROVED";
/// The signs of a comment in SQL and in Python.
const COMMENTS: [&str; 2] = ["--", "#"];

/// Returns the file to write and its text: the script itself if it is proved, otherwise a draft that states why it is
/// not. Writes nothing.
///
/// # Errors
/// When the script has no file name.
pub fn output_file(project: &Project, generated: &GeneratedScript) -> Result<(PathBuf, String)> {
    let draft = &generated.draft;
    if generated.proof.holds() {
        return Ok((draft.path.clone(), draft.text.clone()));
    }
    let folder = draft.path.parent().and_then(Path::parent).unwrap_or_else(|| project.root());
    let name = draft.path.file_name().ok_or_else(|| Error::new("the new script has no file name"))?;
    let comment = COMMENTS[usize::from(Language::of(&draft.path) == Language::Python)];
    Ok((folder.join(DRAFTS_FOLDER).join(name), add_unproved_note(&draft.text, &generated.proof, comment)))
}

/// Returns the failing position with the line number in the file to write. `None` when the failure has no position.
#[must_use]
pub fn excerpt(project: &Project, generated: &GeneratedScript) -> Option<String> {
    let shown = generated.proof.error.as_ref()?.excerpt.as_ref()?;
    let (path, text) = output_file(project, generated).ok()?;
    let above = text.lines().count().saturating_sub(generated.draft.text.lines().count());
    Some(passage::relocate_excerpt(shown, &passage::display_path(&path), above).unwrap_or_else(|| shown.clone()))
}

/// Returns the text without the note that the script is not proved. `None` when the text has no such note.
#[must_use]
pub fn remove_unproved_note(text: &str) -> Option<&str> {
    let comment = COMMENTS.into_iter().find(|comment| text.starts_with(comment))?;
    let mut rest = text.strip_prefix(comment)?.strip_prefix(UNPROVED_MARK)?;
    loop {
        let (_, below) = rest.split_once('\n')?;
        rest = below;
        if rest.lines().next()?.trim_end() == comment {
            return rest.split_once('\n').map(|(_, script)| script);
        }
    }
}

/// The line of the failure in the file to write.
#[must_use]
pub fn failed_line(project: &Project, generated: &GeneratedScript) -> Option<String> {
    let line = generated.proof.error.as_ref()?.line?;
    let (path, text) = output_file(project, generated).ok()?;
    let above = text.lines().count().saturating_sub(generated.draft.text.lines().count());
    Some(format!("{}:{}", passage::display_path(&path), line + above))
}

/// Writes the script: to the version folder if it is proved, otherwise as a draft that states why it is not.
///
/// # Errors
/// When the file exists or cannot be written.
pub fn write(project: &Project, generated: &GeneratedScript) -> Result<WrittenScript> {
    let (path, text) = output_file(project, generated)?;
    Draft { revision: generated.draft.revision.clone(), path, text, notes: generated.proof.missing.clone() }.write()
}

/// Adds a note with the reasons at the start of the script.
fn add_unproved_note(text: &str, proof: &Proof, comment: &str) -> String {
    let reason = match proof {
        Proof { up: false, .. } if comment == COMMENTS[1] => "the upgrade fails",
        Proof { up: false, .. } => "the upgrade does not create the schema of the models",
        Proof { down: false, .. } => "the downgrade does not restore the original schema",
        _ => "the second upgrade does not create the same schema",
    };
    let mut note = format!("{comment}{UNPROVED_MARK}: {reason}\n");
    let reasons = proof.difference.iter().cloned().chain(proof.error.as_ref().map(|error| error.message.clone()));
    for line in reasons.flat_map(|reason| reason.lines().map(str::to_owned).collect::<Vec<_>>()) {
        // Writing to a string cannot fail.
        let _ = writeln!(note, "{comment}   {}", escape_line(&line));
    }
    note + comment + "\n" + text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unproved_note_can_be_removed() {
        let text = "-- add a\n--\n-- Revision ID: a1\n";
        let proof = Proof { difference: vec![String::from("table a: one\ntwo"), String::new()], ..Proof::default() };
        let draft = add_unproved_note(text, &proof, "--");
        let python = add_unproved_note("import a\n", &proof, "#");
        assert!(python.starts_with("# UNPROVED: the upgrade fails\n#   table a"), "{python}");
        assert_eq!(remove_unproved_note(&python), Some("import a\n"));
        assert!(
            draft.starts_with("-- UNPROVED: the upgrade does not create the schema of the models\n--   table a"),
            "{draft}"
        );
        assert_eq!(remove_unproved_note(&draft), Some(text));
        assert_eq!(remove_unproved_note(text), None);
        assert_eq!(remove_unproved_note("-- UNPROVED: cut off"), None);
    }
}
