//! Creates a new project from a built-in template.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::project::{DEFAULT_TEMPLATE, create_file};
use super::{Error, Result};

/// A project template of `init`.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ProjectTemplate {
    pub name: &'static str,
    pub description: &'static str,
    /// The text of its `limbeck.toml`. The other files are the same in all templates.
    #[serde(skip)]
    config: &'static str,
}

/// All templates, sorted by name.
pub const TEMPLATES: &[ProjectTemplate] = &[
    ProjectTemplate {
        name: "embedded",
        description: "Single-database configuration that starts on limbeck's own server.",
        config: include_str!("../../assets/templates/embedded/limbeck.toml"),
    },
    ProjectTemplate {
        name: "generic",
        description: "Generic single-database configuration.",
        config: include_str!("../../assets/templates/generic/limbeck.toml"),
    },
];

const MODELS: &str = include_str!("../../assets/templates/models.sql");

/// Writes the files of a template into a new or empty folder, and returns their paths.
///
/// # Errors
/// When the template does not exist, the folder is not empty, or it cannot be written.
pub fn init(directory: &Path, template: &str) -> Result<Vec<PathBuf>> {
    let template = TEMPLATES.iter().find(|known| known.name == template).ok_or_else(|| no_template(template))?;
    require_empty(directory)?;
    let versions = directory.join("versions");
    std::fs::create_dir_all(&versions).map_err(|error| cannot_create(&versions, &error))?;
    let files = [
        ("limbeck.toml", template.config),
        ("script.sql.j2", DEFAULT_TEMPLATE),
        ("models/schema.sql", MODELS),
        // Git does not store empty folders.
        ("versions/.gitkeep", ""),
    ];
    files
        .into_iter()
        .map(|(name, text)| {
            let path = directory.join(name);
            create_file(&path, text).map(|()| path)
        })
        .collect()
}

fn no_template(name: &str) -> Error {
    let known: Vec<&str> = TEMPLATES.iter().map(|template| template.name).collect();
    Error::new(format!("No such template '{name}'")).hint(format!("the templates are {}", known.join(", ")))
}

/// Checks that a folder is new, empty, or has only hidden files such as `.git`.
fn require_empty(directory: &Path) -> Result<()> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(cannot_create(directory, &error)),
    };
    let is_hidden = |entry: std::fs::DirEntry| entry.file_name().as_encoded_bytes().starts_with(b".");
    if entries.flatten().all(is_hidden) {
        return Ok(());
    }
    Err(Error::new(format!("Directory {} already exists and is not empty", directory.display()))
        .hint("choose another folder: limbeck init DIR"))
}

fn cannot_create(directory: &Path, error: &std::io::Error) -> Error {
    Error::new(format!("cannot create {}", directory.display())).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::project::Config;

    #[test]
    fn every_template_is_a_valid_project() {
        for template in TEMPLATES {
            let home = tempfile::tempdir().unwrap();
            let directory = home.path().join("deep/er");
            let made = init(&directory, template.name).unwrap();
            assert!(made.iter().all(|path| path.is_file()), "{made:?}");
            let config = Config::parse(template.config, &directory.join("limbeck.toml")).unwrap();
            assert_eq!(config.database.embedded, template.name == "embedded");
        }
    }

    #[test]
    fn a_new_git_repository_counts_as_empty() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".git")).unwrap();
        init(home.path(), "generic").unwrap();
        assert!(init(home.path(), "generic").is_err(), "the project exists");
    }

    #[test]
    fn no_file_is_overwritten() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("notes"), "mine").unwrap();
        let error = init(home.path(), "generic").unwrap_err();
        assert!(error.message.ends_with("already exists and is not empty"));
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_hint_for_an_unknown_template_lists_all() {
        let home = tempfile::tempdir().unwrap();
        let error = init(home.path(), "multidb").unwrap_err();
        assert_eq!(error.hint.as_deref(), Some("the templates are embedded, generic"));
    }
}
