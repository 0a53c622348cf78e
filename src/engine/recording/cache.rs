//! The cache of recordings. Its key is everything that can change what the scripts send on a scratch copy.

use std::path::Path;
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::core::plan::{Plan, RecordedStep};
use crate::core::schema::Schema;
use crate::engine::UserFolders;
use crate::engine::connection::project_folder_name;
use crate::engine::digest::short_hex;
use crate::engine::models::{CacheKey, build_of_process};
use crate::engine::project::Project;

/// Incremented when the same scripts are recorded in another way.
const FORMAT: u32 = 1;
/// A project with more Python files is not cached, because finding changes in them would take too long.
const FILE_LIMIT: usize = 20_000;
/// Folders that do not contain code of the project.
const OTHER_FOLDERS: [&str; 4] = ["__pycache__", "node_modules", "site-packages", "target"];

/// The key of a plan's recording; `None` if it cannot be cached.
pub(super) fn key(project: &Project, plan: &Plan, schema: &Schema, version: &str) -> Option<CacheKey> {
    let alembic = project.alembic.as_ref()?;
    let folder = UserFolders::of_process().cache?.join("plans").join(project_folder_name(&project.config_path));
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    };
    add(format!("{FORMAT} {} {} {version}", env!("CARGO_PKG_VERSION"), build_of_process()).as_bytes());
    add(format!("{:?} {:?} {:?}", project.config.apply.role, alembic.section, plan.from).as_bytes());
    add(&serde_json::to_vec(schema).ok()?);
    for step in &plan.steps {
        add(format!("{:?} {}", step.direction, step.revision).as_bytes());
        add(step.script.as_bytes());
    }
    let mut files = Vec::new();
    find_files(alembic.files.folder(), &mut files)?;
    files.sort();
    for (path, length, modified) in files {
        add(format!("{path} {length} {modified:?}").as_bytes());
    }
    Some(CacheKey { digest: short_hex(hash), folder: Some(folder) })
}

/// The stored recording of a plan.
pub(super) fn load(key: Option<&CacheKey>, plan: &Plan) -> Option<Vec<RecordedStep>> {
    let recorded: Vec<RecordedStep> = key?.cache_get("recorded")?;
    Some(recorded).filter(|recorded| recorded.len() == plan.steps.len())
}

/// Stores a recording in which every script has run. If it cannot be written, the next plan is only slower.
pub(super) fn store(key: Option<&CacheKey>, recorded: &[RecordedStep]) {
    if let Some(key) = key.filter(|_| recorded.iter().all(|step| step.failure.is_none())) {
        let _ = key.cache_put("recorded", &recorded);
    }
}

/// Finds the Python files and settings of a project, with length and time of change. `None`: there are too many.
fn find_files(folder: &Path, files: &mut Vec<(String, u64, Option<SystemTime>)>) -> Option<()> {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_dir() {
            let is_other = name.starts_with('.') || OTHER_FOLDERS.contains(&&*name) || path.join("pyvenv.cfg").exists();
            if !is_other {
                find_files(&path, files)?;
            }
            continue;
        }
        let is_code =
            path.extension().is_some_and(|ending| ["py", "ini", "toml", "cfg", "sql"].iter().any(|one| ending == *one));
        if is_code || name == ".env" {
            files.push((path.display().to_string(), metadata.len(), metadata.modified().ok()));
        }
        if files.len() > FILE_LIMIT {
            return None;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_of_the_project_is_found_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        };
        let own = [".env", "alembic.ini", "app/a.py", "migrations/versions/b.py", "pyproject.toml", "seed/rows.sql"];
        for name in own {
            write(name);
        }
        for name in [".venv/a.py", "env/pyvenv.cfg", "env/lib/a.py", "app/__pycache__/a.py", "notes.txt", ".git/a.py"] {
            write(name);
        }
        let mut files = Vec::new();
        find_files(home.path(), &mut files).unwrap();
        let mut found: Vec<String> = files
            .iter()
            .map(|(path, ..)| Path::new(path).strip_prefix(home.path()).unwrap().display().to_string())
            .collect();
        found.sort();
        assert_eq!(found, own);
    }
}
