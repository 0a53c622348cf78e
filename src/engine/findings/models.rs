//! Differences between models and history as findings.

use std::path::PathBuf;

use crate::core::diff::Operation;
use crate::core::finding::{CheckCode, Finding};
use crate::core::statement::find_definition;
use crate::core::text::one_line;
use crate::engine::project::Project;
use crate::engine::{files, models};

/// The longest statement in a message, in characters.
const MAX_SQL: usize = 200;

/// A file of the models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFile {
    pub path: PathBuf,
    pub text: String,
}

/// Reads the SQL files of the models. Files that cannot be read are left out.
#[must_use]
pub fn read_model_files(project: &Project) -> Vec<ModelFile> {
    let paths = models::find_model_files(project).ok().flatten().unwrap_or_default();
    let limit = project.config.models.file_limit.0;
    let read = |path: PathBuf| Some(ModelFile { text: files::read_text(&path, limit).ok()?, path });
    paths.into_iter().filter_map(read).collect()
}

/// One finding for each statement, at the line of the models that defines the object. A statement whose object is in no
/// model file is at the first line of the only model file, or of the project's configuration.
#[must_use]
pub fn model_findings(project: &Project, files: &[ModelFile], operations: &[Operation]) -> Vec<Finding> {
    let fallback = match files {
        [only] => &only.path,
        _ => &project.config_path,
    };
    let finding = |operation: &Operation| {
        let finding = Finding::new(CheckCode::ModelsDiffer, shorten(&one_line(&operation.sql)));
        match find_place(files, operation) {
            Some((file, line)) => finding.at(&file.path, Some(line)),
            None => finding.at(fallback, Some(1)),
        }
    };
    operations.iter().map(finding).collect()
}

fn find_place<'a>(files: &'a [ModelFile], operation: &Operation) -> Option<(&'a ModelFile, usize)> {
    let object = &operation.object;
    let group = &operation.group;
    let (name, part) = match object.of.as_str() {
        "" if group.name != object.name && !group.name.is_empty() => (group.name.as_str(), Some(object.name.as_str())),
        "" => (object.name.as_str(), None),
        relation => (relation, Some(object.name.as_str())),
    };
    files.iter().find_map(|file| Some((file, find_definition(&file.text, name, part)?)))
}

fn shorten(sql: &str) -> String {
    match sql.char_indices().nth(MAX_SQL) {
        Some((end, _)) => format!("{}…", sql.get(..end).unwrap_or(sql)),
        None => sql.to_owned(),
    }
}
