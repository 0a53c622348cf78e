//! A project's program runs only after the user has allowed it. The consent is stored for the project and the program.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::digest::short_hex;
use super::user_folders::UserFolders;
use crate::engine::connection::project_folder_name;
use crate::engine::project::{Project, overwrite};
use crate::engine::{Error, ErrorKind, Result};

/// Stores a given consent, or checks for a stored one.
///
/// # Errors
/// Of kind `Approval` when there is none.
pub fn require(project: &Project, program: &[String], given: bool, user_folders: &UserFolders) -> Result<()> {
    let file = file(project, program, user_folders);
    if file.as_ref().is_some_and(|file| file.is_file()) {
        return Ok(());
    }
    if !given {
        return Err(Error::of(
            ErrorKind::Approval,
            format!("the models are the output of a program: {}", shell_words::join(program)),
        )
        .because("the first run of a program that a project names needs consent")
        .hint("check the program, then run the command again with --yes; the consent is stored for this project"));
    }
    // If the consent cannot be stored, the next run asks again.
    if let Some(file) = file {
        let text = format!("{}\n{}\n", project.config_path.display(), shell_words::join(program));
        overwrite(&file, &text).ok();
    }
    Ok(())
}

fn file(project: &Project, program: &[String], user_folders: &UserFolders) -> Option<PathBuf> {
    let mut hash = Sha256::new();
    for word in program {
        hash.update(word.len().to_le_bytes());
        hash.update(word);
    }
    let name = short_hex(hash);
    Some(user_folders.state.as_ref()?.join("programs").join(project_folder_name(&project.config_path)).join(name))
}
