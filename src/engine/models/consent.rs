//! A project's program runs only after a yes, which is remembered for that project and that program.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::digest::short_hex;
use super::user_folders::UserFolders;
use crate::engine::connection::project_folder_name;
use crate::engine::project::{Project, overwrite};
use crate::engine::{Error, ErrorKind, Result};

/// Takes a yes, or finds one that was given before.
///
/// # Errors
/// Of kind `Approval` when there is none.
pub fn ask(project: &Project, program: &[String], yes: bool, places: &UserFolders) -> Result<()> {
    let file = file(project, program, places);
    if file.as_ref().is_some_and(|file| file.is_file()) {
        return Ok(());
    }
    if !yes {
        return Err(Error::of(
            ErrorKind::Approval,
            format!("the models come from a program: {}", shell_words::join(program)),
        )
        .because("a program that a project names runs the first time only after a yes")
        .hint("look at it, and run this again with --yes; the yes is remembered for this project"));
    }
    // A yes that cannot be remembered is asked for again.
    if let Some(file) = file {
        let text = format!("{}\n{}\n", project.config_path.display(), shell_words::join(program));
        overwrite(&file, &text).ok();
    }
    Ok(())
}

fn file(project: &Project, program: &[String], places: &UserFolders) -> Option<PathBuf> {
    let mut hash = Sha256::new();
    for word in program {
        hash.update(word.len().to_le_bytes());
        hash.update(word);
    }
    let name = short_hex(hash);
    Some(places.state.as_ref()?.join("programs").join(project_folder_name(&project.config_path)).join(name))
}
