//! The project's code runs only after the user has allowed it. The consent is stored for the project and the command. For
//! a program it is also stored with the program's content: when the content changes, the program needs consent again.
//! The consent for Python is given for all scripts of the project, because every revision adds one.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Interpreter;
use crate::engine::connection::project_folder_name;
use crate::engine::digest::short_hex;
use crate::engine::files::{self, SIZE_LIMIT};
use crate::engine::project::{Project, overwrite};
use crate::engine::{Error, ErrorKind, ProjectCommand, Result, UserFolders};

/// Stores a given consent to run the project's Python, or checks for a consent.
///
/// # Errors
/// Of kind `Approval`, with the command in `needs_consent`, when there is none.
pub fn require_consent(project: &Project, interpreter: &Interpreter, given: bool) -> Result<()> {
    require_consent_in(project, interpreter, given, &UserFolders::of_process())
}

/// Whether the user has allowed the project's Python to run.
#[must_use]
pub fn has_consent(project: &Project, interpreter: &Interpreter) -> bool {
    require_consent(project, interpreter, false).is_ok()
}

/// Like [`require_consent`], with the given user folders.
///
/// # Errors
/// As [`require_consent`].
pub fn require_consent_in(
    project: &Project,
    interpreter: &Interpreter,
    given: bool,
    user_folders: &UserFolders,
) -> Result<()> {
    let command = ProjectCommand::Python(interpreter.command.clone());
    require(project, &command, given, user_folders).map_err(|_| {
        let shown = interpreter.shown();
        missing_consent(command, format!("limbeck needs the project's Python: {shown} ({})", interpreter.origin))
            .because("the first run of a project's Python needs consent; nothing was run")
            .hint("run the command again with --yes to allow it; the consent is stored for this project")
    })
}

/// Stores a given consent to run a program of the project, or checks for a consent.
///
/// # Errors
/// Of kind `Approval`, with the command in `needs_consent`, when there is none, or the program has changed since.
pub fn require_program_consent(
    project: &Project,
    program: &[String],
    given: bool,
    user_folders: &UserFolders,
) -> Result<()> {
    let command = ProjectCommand::Program(program.to_vec());
    require(project, &command, given, user_folders).map_err(|was_given| {
        let cause = if was_given {
            "the program or a file that it is started with has changed since it was allowed"
        } else {
            "the first run of a program that a project names needs consent"
        };
        missing_consent(command, format!("the models are the output of a program: {}", shell_words::join(program)))
            .because(cause)
            .hint("check the program, then run the command again with --yes; the consent is stored for this project")
    })
}

/// Stores the user's consent to run a command.
pub fn give_consent(project: &Project, command: &ProjectCommand) {
    // A given consent is never missing.
    let _ = require(project, command, true, &UserFolders::of_process());
}

/// The error says whether another consent was stored for the same command.
fn require(
    project: &Project,
    command: &ProjectCommand,
    given: bool,
    user_folders: &UserFolders,
) -> std::result::Result<(), bool> {
    let path = consent_path(project, command, user_folders);
    let consent = consent_text(project, command);
    let stored = path.as_ref().and_then(|path| files::read_text(path, SIZE_LIMIT).ok());
    if stored.as_ref() == Some(&consent) || project.consents.contains(&consent) {
        return Ok(());
    }
    if !given {
        return Err(stored.is_some());
    }
    // If the consent cannot be stored, it holds for this process, and the next run asks again.
    if let Some(path) = path {
        overwrite(&path, &consent).ok();
    }
    project.consents.add(consent);
    Ok(())
}

fn missing_consent(command: ProjectCommand, message: String) -> Error {
    Error { needs_consent: Some(Box::new(command)), ..Error::of(ErrorKind::Approval, message) }
}

fn consent_text(project: &Project, command: &ProjectCommand) -> String {
    let words = shell_words::join(command.words());
    let subject = match command {
        ProjectCommand::Program(program) => contents(project.root(), program, std::env::var_os("PATH").as_deref()),
        ProjectCommand::Python(_) => "the project's Python scripts and models\n".to_owned(),
    };
    format!("{}\n{words}\n{subject}", project.config_path.display())
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

fn consent_path(project: &Project, command: &ProjectCommand, user_folders: &UserFolders) -> Option<PathBuf> {
    let mut hash = Sha256::new();
    for word in command.words() {
        hash.update(word.len().to_le_bytes());
        hash.update(word);
    }
    let name = short_hex(hash);
    let kind = match command {
        ProjectCommand::Program(_) => "programs",
        ProjectCommand::Python(_) => "python",
    };
    Some(user_folders.state.as_ref()?.join(kind).join(project_folder_name(&project.config_path)).join(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::connection::Variables;
    use crate::engine::project::{Config, Consents};

    fn project(root: &Path) -> Project {
        let (config, config_path) = (Config::default(), root.join("alembic.ini"));
        Project { config_path, config, variables: Variables::default(), alembic: None, consents: Consents::default() }
    }

    fn interpreter(words: &[&str]) -> Interpreter {
        Interpreter { command: words.iter().map(ToString::to_string).collect(), origin: "uv.lock in /p".to_owned() }
    }

    #[test]
    fn python_needs_consent_once_per_project_and_command() {
        let home = tempfile::tempdir().unwrap();
        let folders = UserFolders { state: Some(home.path().join("state")), ..UserFolders::default() };
        let (uv, python) = (interpreter(&["uv", "run", "python"]), interpreter(&["/usr/bin/python3"]));
        let require = |project: &Project, interpreter, given| require_consent_in(project, interpreter, given, &folders);
        let (first, second) = (project(&home.path().join("a")), project(&home.path().join("b")));
        let error = require(&first, &uv, false).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Approval);
        assert!(error.message.contains("uv run python (uv.lock in /p)"), "{error:?}");
        assert!(error.hint.unwrap().contains("--yes"));
        assert_eq!(error.needs_consent.unwrap().words(), ["uv", "run", "python"]);
        require(&first, &uv, true).unwrap();
        // A new process.
        let again = project(&home.path().join("a"));
        require(&again, &uv, false).unwrap();
        assert!(require(&again, &python, false).is_err(), "another interpreter");
        assert!(require(&second, &uv, false).is_err(), "another project");
    }

    #[test]
    fn a_consent_that_cannot_be_stored_holds_for_the_process() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        std::fs::write(&file, "").unwrap();
        let uv = interpreter(&["uv", "run", "python"]);
        for state in [None, Some(file)] {
            let folders = UserFolders { state, ..UserFolders::default() };
            let project = project(home.path());
            assert!(require_consent_in(&project, &uv, false, &folders).is_err());
            require_consent_in(&project.clone(), &uv, true, &folders).unwrap();
            require_consent_in(&project, &uv, false, &folders).unwrap();
        }
    }

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
