//! The models' catalog.

use tokio_util::sync::CancellationToken;

use super::CompareOptions;
use crate::core::schema::{Kind, Schema, Scope};
use crate::engine::postgres::{catalog, database_error};
use crate::engine::project::Project;
use crate::engine::scratch::{Needs, Scratch};
use crate::engine::verify::shape;
use crate::engine::{Error, Result, Target};

/// What the models say.
#[derive(Debug, Clone)]
pub struct Models {
    pub schema: Schema,
    /// What is compared: the managed schemas without what is excluded.
    pub scope: Scope,
    pub notes: Vec<String>,
}

/// Loads the models into a scratch database and reads its catalog.
pub async fn load(
    project: &Project,
    target: &Target,
    options: &CompareOptions,
    _cancel: &CancellationToken,
) -> Result<Models> {
    let mut files = Vec::new();
    let mut folders = vec![project.root().join("models")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    let scratch = Scratch::make(project, target, &Needs::default(), options.download).await?;
    let loaded = run(project, &scratch, files).await;
    scratch.remove().await?;
    loaded
}

async fn run(project: &Project, scratch: &Scratch, mut files: Vec<std::path::PathBuf>) -> Result<Models> {
    let session = scratch.target().connect("limbeck models").await?;
    while !files.is_empty() {
        let mut left = Vec::new();
        let mut fault = None;
        let before = files.len();
        for file in files {
            let text = std::fs::read_to_string(&file).map_err(|error| Error::new(error.to_string()))?;
            if let Err(error) = session.client().batch_execute(&text).await {
                fault = Some(database_error(&error));
                left.push(file);
            }
        }
        if let Some(fault) = fault.filter(|_| left.len() == before) {
            return Err(fault);
        }
        files = left;
    }
    let made = catalog::read(&session, &shape::everything(project)).await?;
    let models = &project.config.models;
    let schemas = models.schemas.clone().unwrap_or_else(|| {
        let mut named: Vec<String> =
            made.objects.keys().filter(|id| id.kind == Kind::Schema).map(|id| id.name.clone()).collect();
        named.push("public".to_owned());
        named
    });
    let scope = shape::without_version_table(project, Scope::new(Some(&schemas), &models.exclude));
    let schema = catalog::read(&session, &scope).await?;
    Ok(Models { schema, scope, notes: Vec::new() })
}
