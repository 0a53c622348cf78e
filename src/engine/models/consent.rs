//! A project's program runs only after the user has allowed it. The consent is stored for the project, the program and
//! its content. When the content changes, the program needs consent again.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::digest::short_hex;
use super::user_folders::UserFolders;
use crate::engine::connection::project_folder_name;
use crate::engine::files::{self, SIZE_LIMIT};
use crate::engine::project::{Project, overwrite};
use crate::engine::{Error, ErrorKind, Result};

/// Stores a given consent, or checks for a stored one.
///
/// # Errors
/// Of kind `Approval` when there is none, or the program has changed since.
pub fn require(project: &Project, program: &[String], given: bool, user_folders: &UserFolders) -> Result<()> {
    let path = consent_path(project, program, user_folders);
    let consent = format!(
        "{}\n{}\n{}",
        project.config_path.display(),
        shell_words::join(program),
        contents(project.root(), program, std::env::var_os("PATH").as_deref())
    );
    let stored = path.as_ref().and_then(|path| files::read_text(path, SIZE_LIMIT).ok());
    if stored.as_ref() == Some(&consent) {
        return Ok(());
    }
    if !given {
        return Err(missing_consent(program, stored.is_some()));
    }
    // If the consent cannot be stored, the next run asks again.
    if let Some(path) = path {
        overwrite(&path, &consent).ok();
    }
    Ok(())
}

fn missing_consent(program: &[String], was_given: bool) -> Error {
    let message = format!("the models are the output of a program: {}", shell_words::join(program));
    let cause = if was_given {
        "the program or a file that it is started with has changed since it was allowed"
    } else {
        "the first run of a program that a project names needs consent"
    };
    Error::of(ErrorKind::Approval, message)
        .because(cause)
        .hint("check the program, then run the command again with --yes; the consent is stored for this project")
}

/// The checksums of the program and of the files among its arguments, one line each.
fn contents(root: &Path, program: &[String], search_path: Option<&std::ffi::OsStr>) -> String {
    let mut lines = String::new();
    for (number, word) in program.iter().enumerate() {
        let file = match search_path {
            Some(folders) if number == 0 && !word.contains('/') => {
                std::env::split_paths(folders).map(|folder| folder.join(word)).find(|path| path.is_file())
            }
            _ => Some(root.join(word)),
        };
        // An argument that is not a file has no content. A program that cannot be read cannot be started either.
        if let Some((_, checksum)) = file.and_then(|file| files::checksum(&file).ok()) {
            lines.extend([checksum.as_str(), "  ", word, "\n"]);
        }
    }
    lines
}

fn consent_path(project: &Project, program: &[String], user_folders: &UserFolders) -> Option<PathBuf> {
    let mut hash = Sha256::new();
    for word in program {
        hash.update(word.len().to_le_bytes());
        hash.update(word);
    }
    let name = short_hex(hash);
    Some(user_folders.state.as_ref()?.join("programs").join(project_folder_name(&project.config_path)).join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contents_are_those_of_the_program_and_of_files_among_its_arguments() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path();
        std::fs::create_dir(root.join("bin")).unwrap();
        for name in ["print-ddl", "ddl.py", "bin/tool"] {
            std::fs::write(root.join(name), "one").unwrap();
        }
        let search_path = std::env::join_paths([root.join("bin")]).unwrap();
        for (program, changed, asked) in [
            (&["./print-ddl"][..], "print-ddl", true),
            (&["./print-ddl"], "ddl.py", false),
            (&["tool", "ddl.py", "--all"], "ddl.py", true),
            (&["tool", "ddl.py", "--all"], "bin/tool", true),
            (&["tool", "ddl.py", "--all"], "print-ddl", false),
            (&["./missing"], "print-ddl", false),
        ] {
            let program: Vec<String> = program.iter().map(ToString::to_string).collect();
            let read = || contents(root, &program, Some(&search_path));
            let before = read();
            std::fs::write(root.join(changed), "two").unwrap();
            assert_eq!(read() != before, asked, "{program:?} {changed}");
            std::fs::write(root.join(changed), "one").unwrap();
            assert_eq!(read(), before);
        }
    }
}
