//! The file of a generated script: in the version folder if it is proved, otherwise in the folder of drafts.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::{GeneratedScript, Proof};
use crate::core::escape::escape_line;
use crate::engine::draft::{Draft, WrittenScript};
use crate::engine::project::Project;
use crate::engine::{Error, Result, passage};

/// The folder of scripts that were not proved, next to the version folder. No code reads it.
const DRAFTS_FOLDER: &str = "drafts";

/// The start of the first line of a script that was not proved.
const UNPROVED_MARK: &str = "-- UNPROVED";
const UNPROVED_MARK_END: &str = "--";

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
    Ok((folder.join(DRAFTS_FOLDER).join(name), add_unproved_note(&draft.text, &generated.proof)))
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
    let mut rest = text.strip_prefix(UNPROVED_MARK)?;
    loop {
        let (_, below) = rest.split_once('\n')?;
        rest = below;
        if rest.lines().next()?.trim_end() == UNPROVED_MARK_END {
            return rest.split_once('\n').map(|(_, script)| script);
        }
    }
}

/// Writes the script: to the version folder if it is proved, otherwise as a draft that states why it is not.
///
/// # Errors
/// When the file exists or cannot be written.
pub fn write(project: &Project, generated: &GeneratedScript) -> Result<WrittenScript> {
    let (path, text) = output_file(project, generated)?;
    Draft { revision: generated.draft.revision.clone(), path, text, notes: Vec::new() }.write()
}

/// Adds a note with the reasons at the start of the script.
fn add_unproved_note(text: &str, proof: &Proof) -> String {
    let reason = match proof {
        Proof { up: false, .. } => "the upgrade does not create the schema of the models",
        Proof { down: false, .. } => "the downgrade does not restore the original schema",
        _ => "the second upgrade does not create the same schema",
    };
    let mut note = format!("{UNPROVED_MARK}: {reason}\n");
    let reasons = proof.difference.iter().cloned().chain(proof.error.as_ref().map(|error| error.message.clone()));
    for line in reasons.flat_map(|reason| reason.lines().map(str::to_owned).collect::<Vec<_>>()) {
        // Writing to a string cannot fail.
        let _ = writeln!(note, "--   {}", escape_line(&line));
    }
    note + UNPROVED_MARK_END + "\n" + text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unproved_note_can_be_removed() {
        let text = "-- add a\n--\n-- Revision ID: a1\n";
        let proof = Proof { difference: vec![String::from("table a: one\ntwo"), String::new()], ..Proof::default() };
        let draft = add_unproved_note(text, &proof);
        assert!(
            draft.starts_with("-- UNPROVED: the upgrade does not create the schema of the models\n--   table a"),
            "{draft}"
        );
        assert_eq!(remove_unproved_note(&draft), Some(text));
        assert_eq!(remove_unproved_note(text), None);
        assert_eq!(remove_unproved_note("-- UNPROVED: cut off"), None);
    }
}
