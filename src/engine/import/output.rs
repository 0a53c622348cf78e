//! The folder of the new project: its `limbeck.toml` and its scripts.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Zoned;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::config_text::config_text;
use super::conversion::{ConvertedScript, with_code};
use crate::core::script::{Script, SqlCode};
use crate::engine::alembic::AlembicProject;
use crate::engine::project::{CONFIG_FILE, Config, Project, ScriptFile, TemplateValues, create_file, slug};
use crate::engine::{Error, Result};

/// The longest file name, in bytes.
const NAME_LIMIT: usize = 200;

/// The project to write.
pub(super) struct OutputProject<'a> {
    alembic: &'a AlembicProject,
    folder: &'a Path,
    config_text: String,
    /// The new project, for its file names.
    project: Project,
}

impl<'a> OutputProject<'a> {
    /// Also checks that the folder can be written, because a conversion takes time.
    pub fn new(project: &Project, alembic: &'a AlembicProject, folder: &'a Path) -> Result<Self> {
        let config_text = config_text(project, alembic, folder, &version_folders(alembic))?;
        let config_path = folder.join(CONFIG_FILE);
        let config = Config::parse(&config_text, &config_path)?;
        let project = Project { config_path, config, alembic: None, ..project.clone() };
        let output = Self { alembic, folder, config_text, project };
        let existing = folder.ancestors().skip(1).find(|folder| folder.exists()).unwrap_or(Path::new("."));
        output.new_folder(existing)?;
        Ok(output)
    }

    /// Makes a folder that is removed if it is not kept.
    fn new_folder(&self, parent: &Path) -> Result<tempfile::TempDir> {
        tempfile::Builder::new()
            .prefix(".limbeck-import-")
            .permissions(std::fs::Permissions::from_mode(0o755))
            .tempdir_in(parent)
            .map_err(|error| self.not_written(error))
    }

    fn not_written(&self, error: std::io::Error) -> Error {
        Error::new(format!("cannot write {}", self.folder.display())).because(error)
    }

    pub fn config_path(&self) -> PathBuf {
        self.project.config_path.clone()
    }

    /// Writes all files, or none. Returns the paths of the scripts.
    pub fn write(&self, scripts: &[(&Arc<ScriptFile>, &ConvertedScript)]) -> Result<Vec<PathBuf>> {
        require_free(self.folder)?;
        let failed = |error| self.not_written(error);
        let parent = self.folder.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(parent).map_err(failed)?;
        let new = self.new_folder(parent)?;
        create_file(&new.path().join(CONFIG_FILE), &self.config_text)?;
        for folder in version_folders(self.alembic) {
            std::fs::create_dir_all(new.path().join(folder)).map_err(failed)?;
        }
        let names = self.file_names(scripts.iter().map(|(file, _)| *file))?;
        for ((file, converted), name) in scripts.iter().zip(&names) {
            let (upgrade, downgrade) = (converted.upgrade.section.clone(), converted.downgrade.section.clone());
            let code = SqlCode { other_header: Vec::new(), upgrade, downgrade };
            create_file(&new.path().join(name), &with_code(file, code).text)?;
        }
        std::fs::rename(new.path(), self.folder).map_err(failed)?;
        // The folder has another name now, so nothing is left to remove.
        let _ = new.keep();
        Ok(names.iter().map(|name| self.folder.join(name)).collect())
    }

    /// The paths of the scripts in the new project, all different.
    fn file_names<'f>(&self, files: impl Iterator<Item = &'f Arc<ScriptFile>>) -> Result<Vec<PathBuf>> {
        let folders = version_folders(self.alembic);
        let mut used = HashSet::new();
        let mut paths = Vec::new();
        for (index, file) in files.enumerate() {
            let folder = folders.get(self.folder_number(&file.path)).map_or("versions", String::as_str);
            let id = file.script.revision.as_str();
            let wanted = [self.file_name(&file.script)?, format!("{id}.sql"), format!("revision_{index}.sql")];
            let free = wanted.into_iter().find(|name| {
                // File systems may ignore the difference between capital and small letters.
                name.len() <= NAME_LIMIT && used.insert(format!("{folder}/{}", name.to_lowercase()))
            });
            paths.push(Path::new(folder).join(free.unwrap_or_else(|| format!("limbeck_{index}.sql"))));
        }
        Ok(paths)
    }

    fn file_name(&self, script: &Script) -> Result<String> {
        let values = TemplateValues {
            message: script.message.clone(),
            revision: script.revision.to_string(),
            slug: slug(&script.message),
            ..TemplateValues::default()
        };
        self.project.script_file_name(&values, &creation(script))
    }

    /// The number of the version folder in which a script is.
    fn folder_number(&self, path: &Path) -> usize {
        let folders = self.alembic.version_folders.iter().enumerate();
        let containing = folders.filter(|(_, folder)| path.starts_with(folder));
        containing.max_by_key(|(_, folder)| folder.as_os_str().len()).map_or(0, |(number, _)| number)
    }
}

/// The version folders of the new project: `versions`, or the names of the folders of Alembic.
fn version_folders(alembic: &AlembicProject) -> Vec<String> {
    let [_, _, ..] = alembic.version_folders.as_slice() else { return vec!["versions".to_owned()] };
    let mut names: Vec<String> = Vec::new();
    for folder in &alembic.version_folders {
        let name = folder.file_name().map_or_else(|| "versions".to_owned(), |name| name.to_string_lossy().into_owned());
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !names.contains(name));
        names.extend(free);
    }
    names
}

/// When a script was created, as far as its date can be read.
fn creation(script: &Script) -> Zoned {
    let date = script.create_date.as_deref().and_then(|date| date.get(..19)?.parse::<DateTime>().ok());
    let zoned = date.and_then(|date| date.to_zoned(TimeZone::UTC).ok());
    zoned.unwrap_or_else(|| jiff::Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC))
}

/// Whether a folder does not exist or is empty.
pub(super) fn is_free(folder: &Path) -> bool {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

/// Checks that a folder does not exist or is empty.
pub(super) fn require_free(folder: &Path) -> Result<()> {
    if is_free(folder) {
        return Ok(());
    }
    Err(Error::new(format!("{} exists and is not empty; nothing was written", folder.display()))
        .hint("name a new folder: `limbeck import DIR`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_new_or_an_empty_folder_is_free() {
        let home = tempfile::tempdir().unwrap();
        assert!(is_free(home.path()) && is_free(&home.path().join("new")));
        std::fs::write(home.path().join("file"), "").unwrap();
        assert!(!is_free(home.path()) && !is_free(&home.path().join("file")));
        assert!(require_free(home.path()).unwrap_err().message.contains("nothing was written"));
    }
}
