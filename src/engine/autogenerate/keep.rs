//! Where a generated script is written: among the versions when it is proved, beside them when not.

use std::fmt::Write as _;
use std::path::Path;

use super::{Generated, Proof};
use crate::engine::draft::{Draft, Written};
use crate::engine::project::Project;
use crate::engine::{Error, Result};

/// The folder of scripts that could not be proved, beside the version folder. Nothing reads it.
const FOLDER: &str = "drafts";

/// Writes the script: where it belongs if its proof holds, else as a draft that says why it does not.
///
/// # Errors
/// When the file exists or cannot be written.
pub fn write(project: &Project, generated: &Generated) -> Result<Written> {
    let draft = &generated.draft;
    if generated.proof.holds() {
        return draft.clone().write();
    }
    let folder = draft.path.parent().and_then(Path::parent).unwrap_or_else(|| project.root());
    let name = draft.path.file_name().ok_or_else(|| Error::new("the new script has no file name"))?;
    let text = marked(&draft.text, &generated.proof);
    Draft { revision: draft.revision.clone(), path: folder.join(FOLDER).join(name), text }.write()
}

/// The script with what was found against it above.
fn marked(text: &str, proof: &Proof) -> String {
    let what = match proof {
        Proof { up: false, .. } => "the upgrade does not make what the models say",
        Proof { down: false, .. } => "the downgrade does not give back what was there",
        _ => "the upgrade does not make the same a second time",
    };
    let mut marked = format!("-- UNPROVED: {what}\n");
    let reasons = proof.difference.iter().cloned().chain(proof.error.as_ref().map(|error| error.message.clone()));
    for line in reasons.flat_map(|reason| reason.lines().map(str::to_owned).collect::<Vec<_>>()) {
        // Writing to a string cannot fail.
        let _ = writeln!(marked, "--   {line}");
    }
    marked + "--\n" + text
}
