//! The script files of an Alembic project.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::AlembicProject;
use crate::core::alembic::{ParsedScript, is_script_name, parse_script};
use crate::core::script::ScriptError;
use crate::engine::files;

/// A file of a version folder: its text, and what was read from it.
#[derive(Debug)]
pub struct ScriptSource {
    pub text: Arc<str>,
    pub read: ParsedScript,
}

/// Reads the identifiers of a text that is not saved. `path` is its file.
#[must_use]
pub fn read_text(project: &AlembicProject, path: &Path, text: &str) -> ParsedScript {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    parse_script(text, &name, &project.modules)
}

/// Reads a script of at most `limit` bytes. The error has the line of text that is not UTF-8.
///
/// # Errors
/// If the file cannot be read or is not UTF-8.
pub fn read_script(project: &AlembicProject, path: &Path, limit: u64) -> Result<ScriptSource, ScriptError> {
    let bytes = files::read_bytes(path, limit).map_err(|error| ScriptError {
        line: None,
        message: format!("cannot be read: {error}"),
        hint: (error.kind() == ErrorKind::FileTooLarge)
            .then(|| "raise file_limit under [scripts] in limbeck.toml".to_owned()),
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        ScriptError {
            line: Some(String::from_utf8_lossy(valid).matches('\n').count() + 1),
            message: "is not UTF-8".into(),
            hint: Some("save the file as UTF-8".into()),
        }
    })?;
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let read = parse_script(&text, &name, &project.modules);
    Ok(ScriptSource { text: text.into(), read })
}

impl AlembicProject {
    /// The files that Alembic loads, each once, and the folders that cannot be read. A folder that does not exist has
    /// no files.
    #[must_use]
    pub fn script_files(&self) -> (Vec<PathBuf>, Vec<(PathBuf, std::io::Error)>) {
        let (mut files, mut faults) = (Vec::new(), Vec::new());
        let mut folders = self.version_folders.clone();
        while let Some(folder) = folders.pop() {
            let mut below = Vec::new();
            if let Err(error) = list(&folder, &mut files, &mut below) {
                faults.push((folder, error));
            }
            if self.settings.recursive_version_locations {
                folders.extend(below);
            }
        }
        // Compare as text: a comparison of path components takes longer than reading the scripts.
        files.sort_unstable_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
        files.dedup();
        (files, faults)
    }
}

/// Adds the scripts and the folders of a folder.
fn list(folder: &Path, files: &mut Vec<PathBuf>, folders: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if name != "__pycache__" {
                folders.push(entry.path());
            }
        } else if is_script_name(&name) {
            let path = entry.path();
            files.push(if kind.is_symlink() { super::resolve_links(&path) } else { path });
        }
    }
    Ok(())
}
