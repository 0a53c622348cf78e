//! Where a generated script is written: among the versions when it is proved, beside them when not.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::{GeneratedScript, Proof};
use crate::engine::draft::{Draft, WrittenScript};
use crate::engine::project::Project;
use crate::engine::{Error, Result, passage};

/// The folder of scripts that could not be proved, beside the version folder. Nothing reads it.
const FOLDER: &str = "drafts";

/// How the first line begins of a script that could not be proved, and the line that ends what is said of that.
const MARK: &str = "-- UNPROVED";
const MARK_END: &str = "--";

/// Where the script goes, and what is written there: where it belongs if its proof holds, else a draft that says why
/// it does not. Writes nothing.
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
    Ok((folder.join(FOLDER).join(name), marked(&draft.text, &generated.proof)))
}

/// Where the script does not run, shown in the file that it is written to; `None` where no place of it is at fault.
#[must_use]
pub fn excerpt(project: &Project, generated: &GeneratedScript) -> Option<String> {
    let shown = generated.proof.error.as_ref()?.excerpt.as_ref()?;
    let (path, text) = output_file(project, generated).ok()?;
    let above = text.lines().count().saturating_sub(generated.draft.text.lines().count());
    Some(passage::relocate_excerpt(shown, &passage::display_path(&path), above).unwrap_or_else(|| shown.clone()))
}

/// A draft's text without what says that it is unproved; `None`: nothing says so.
#[must_use]
pub fn remove_unproved_note(text: &str) -> Option<&str> {
    let mut rest = text.strip_prefix(MARK)?;
    loop {
        let (_, below) = rest.split_once('\n')?;
        rest = below;
        if rest.lines().next()?.trim_end() == MARK_END {
            return rest.split_once('\n').map(|(_, script)| script);
        }
    }
}

/// Writes the script: where it belongs if its proof holds, else as a draft that says why it does not.
///
/// # Errors
/// When the file exists or cannot be written.
pub fn write(project: &Project, generated: &GeneratedScript) -> Result<WrittenScript> {
    let (path, text) = output_file(project, generated)?;
    Draft { revision: generated.draft.revision.clone(), path, text }.write()
}

/// The script with what was found against it above.
fn marked(text: &str, proof: &Proof) -> String {
    let what = match proof {
        Proof { up: false, .. } => "the upgrade does not make what the models say",
        Proof { down: false, .. } => "the downgrade does not give back what was there",
        _ => "the upgrade does not make the same a second time",
    };
    let mut marked = format!("{MARK}: {what}\n");
    let reasons = proof.difference.iter().cloned().chain(proof.error.as_ref().map(|error| error.message.clone()));
    for line in reasons.flat_map(|reason| reason.lines().map(str::to_owned).collect::<Vec<_>>()) {
        // Writing to a string cannot fail.
        let _ = writeln!(marked, "--   {line}");
    }
    marked + MARK_END + "\n" + text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_goes_as_it_came() {
        let text = "-- add a\n--\n-- Revision ID: a1\n";
        let proof = Proof { difference: vec![String::from("table a: one\ntwo"), String::new()], ..Proof::default() };
        let draft = marked(text, &proof);
        assert!(
            draft.starts_with("-- UNPROVED: the upgrade does not make what the models say\n--   table a"),
            "{draft}"
        );
        assert_eq!(remove_unproved_note(&draft), Some(text));
        assert_eq!(remove_unproved_note(text), None);
        assert_eq!(remove_unproved_note("-- UNPROVED: cut off"), None);
    }
}
