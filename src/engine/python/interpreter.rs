//! Finds the Python of a project, and runs nothing.

use std::path::{Path, PathBuf};

use crate::engine::connection::Variables;
use crate::engine::files::{self, SIZE_LIMIT};
use crate::engine::project::Project;
use crate::engine::{Error, Result};

/// A tool that runs a project's Python: the file in which it locks versions, its table in `pyproject.toml`, and the
/// command.
struct Manager {
    lock_file: &'static str,
    table: &'static str,
    command: [&'static str; 3],
}

const MANAGERS: [Manager; 2] = [
    Manager { lock_file: "uv.lock", table: "uv", command: ["uv", "run", "python"] },
    Manager { lock_file: "poetry.lock", table: "poetry", command: ["poetry", "run", "python"] },
];

/// The folders of virtual environments.
const ENVIRONMENTS: [&str; 2] = [".venv", "venv"];
/// The names of the program.
const NAMES: [&str; 2] = ["python3", "python"];

/// The command that starts a project's Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    pub command: Vec<String>,
    /// Where it was found, for messages: `uv.lock in /srv/shop`.
    pub origin: String,
}

impl Interpreter {
    /// Finds the interpreter: `[alembic] python`, uv, Poetry, the active virtual environment, a virtual environment in
    /// the project's folder or a folder above it, `PATH`.
    ///
    /// # Errors
    /// If there is none, or `[alembic] python` is empty.
    pub fn find(project: &Project) -> Result<Self> {
        let root = project.root();
        if let Some(command) = &project.config.alembic.python {
            return Self::configured(command, "[alembic] python", project);
        }
        let folders = folders_of_repository(root);
        with_manager(&folders, &project.variables)
            .or_else(|| active_environment(&project.variables))
            .or_else(|| environment_of_project(&folders))
            .or_else(|| on_path(&project.variables))
            .ok_or_else(|| no_python(project))
    }

    /// The interpreter of a setting. A path is relative to the folder of the configuration.
    ///
    /// # Errors
    /// If the setting is empty.
    pub fn configured(command: &[String], setting: &str, project: &Project) -> Result<Self> {
        let origin = format!("{setting} in {}", project.config_path.display());
        let Some((program, arguments)) = command.split_first().filter(|(program, _)| !program.is_empty()) else {
            return Err(Error::new(format!("{origin} is empty")).hint(
                "name the command that starts Python, for example [\"uv\", \"run\", \"python\"], or remove the key",
            ));
        };
        let program = if program.contains('/') { path_text(&project.root().join(program)) } else { program.clone() };
        let command = std::iter::once(program).chain(arguments.iter().cloned()).collect();
        Ok(Self { command, origin })
    }

    /// The command as text, quoted for a shell.
    #[must_use]
    pub fn shown(&self) -> String {
        shell_words::join(&self.command)
    }

    fn file(path: &Path, origin: String) -> Self {
        Self { command: vec![path_text(path)], origin }
    }
}

/// The folder and the folders above it, up to the root of the repository.
pub fn folders_of_repository(root: &Path) -> Vec<&Path> {
    let mut folders = Vec::new();
    for folder in root.ancestors() {
        folders.push(folder);
        if folder.join(".git").exists() {
            break;
        }
    }
    folders
}

/// The command of the tool that manages the nearest folder. A tool that is not installed is skipped.
fn with_manager(folders: &[&Path], variables: &Variables) -> Option<Interpreter> {
    let is_installed = |manager: &&Manager| program_on_path(manager.command[0], variables).is_some();
    let installed: Vec<&Manager> = MANAGERS.iter().filter(is_installed).collect();
    let candidates = folders.iter().flat_map(|folder| installed.iter().map(move |manager| (folder, manager)));
    candidates.into_iter().find_map(|(folder, manager)| {
        let origin = sign_of_manager(folder, manager)?;
        Some(Interpreter { command: manager.command.map(str::to_owned).to_vec(), origin })
    })
}

/// The file that shows that a tool manages a folder.
fn sign_of_manager(folder: &Path, manager: &Manager) -> Option<String> {
    if folder.join(manager.lock_file).is_file() {
        return Some(format!("{} in {}", manager.lock_file, folder.display()));
    }
    let text = files::read_text(&folder.join("pyproject.toml"), SIZE_LIMIT).ok()?;
    let pyproject: toml::Table = toml::from_str(&text).ok()?;
    pyproject.get("tool")?.get(manager.table)?;
    Some(format!("[tool.{}] in {}", manager.table, folder.join("pyproject.toml").display()))
}

fn active_environment(variables: &Variables) -> Option<Interpreter> {
    let folder = variables.get("VIRTUAL_ENV").filter(|folder| !folder.is_empty())?;
    let python = python_of_environment(Path::new(folder))?;
    Some(Interpreter::file(&python, "the active virtual environment (VIRTUAL_ENV)".to_owned()))
}

fn environment_of_project(folders: &[&Path]) -> Option<Interpreter> {
    let environments = folders.iter().flat_map(|folder| ENVIRONMENTS.map(|name| folder.join(name)));
    environments.into_iter().find_map(|environment| {
        let python = python_of_environment(&environment)?;
        Some(Interpreter::file(&python, format!("the virtual environment {}", environment.display())))
    })
}

/// The program of a virtual environment. Symbolic links stay: Python finds the environment by the path of the link.
fn python_of_environment(environment: &Path) -> Option<PathBuf> {
    let python = environment.join("bin/python");
    python.is_file().then_some(python)
}

fn on_path(variables: &Variables) -> Option<Interpreter> {
    NAMES.iter().find_map(|name| Some(Interpreter::file(&program_on_path(name, variables)?, "PATH".to_owned())))
}

fn program_on_path(name: &str, variables: &Variables) -> Option<PathBuf> {
    // An empty or relative entry of PATH means the working directory, which may be anybody's.
    let folders = std::env::split_paths(variables.get("PATH")?).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn no_python(project: &Project) -> Error {
    Error::new("Python was not found")
        .because(format!(
            "there is no virtual environment in {} or a folder above it, and no python3 or python in PATH",
            project.root().display()
        ))
        .hint("install the project's dependencies (for example `uv sync`), activate its virtual environment, or set python under [alembic] in limbeck.toml")
}

#[cfg(test)]
#[path = "interpreter_tests.rs"]
mod tests;
