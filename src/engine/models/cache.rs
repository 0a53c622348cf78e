//! The cache of catalogs: one file per key and kind, in the project's folder of the user's cache.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::cache_key::CacheKey;
use crate::engine::{Error, Result};

/// The maximum number of cache files of a project.
const MAX_FILES: usize = 20;

impl CacheKey {
    /// Returns the cached value of a kind. `None` when there is none or it cannot be read.
    #[must_use]
    pub fn cache_get<T: DeserializeOwned>(&self, kind: &str) -> Option<T> {
        let path = self.path(kind)?;
        let value = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
        // Update the time of last use: `prune` removes the files that were not used for longest.
        let file = std::fs::File::options().append(true).open(&path);
        let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
        Some(value)
    }

    /// Stores a value atomically, and removes the project's least recently used files.
    ///
    /// # Errors
    /// When it cannot be written. The next run is then only slower.
    pub fn cache_put<T: Serialize>(&self, kind: &str, value: &T) -> Result<()> {
        let (Some(folder), Some(path)) = (&self.folder, self.path(kind)) else { return Ok(()) };
        let failed = |error: std::io::Error| Error::new(format!("cannot write {}", path.display())).because(error);
        let bytes = serde_json::to_vec(value).map_err(|error| failed(error.into()))?;
        std::fs::create_dir_all(folder).map_err(failed)?;
        let mut file = tempfile::Builder::new().prefix(".").tempfile_in(folder).map_err(failed)?;
        file.write_all(&bytes).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        prune(folder);
        Ok(())
    }

    fn path(&self, kind: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("{}.{kind}.json", self.digest)))
    }
}

/// Removes the oldest files above the limit.
fn prune(folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<(SystemTime, PathBuf)> =
        entries.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path()))).collect();
    files.sort();
    let excess = files.len().saturating_sub(MAX_FILES);
    for (_, path) in files.into_iter().take(excess) {
        let _ = std::fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::core::schema::{Schema, UnsupportedObject};

    fn key(folder: &Path, digest: usize) -> CacheKey {
        CacheKey { digest: digest.to_string(), folder: Some(folder.to_owned()) }
    }

    #[test]
    fn stored_values_are_read_and_broken_files_are_ignored() {
        let home = tempfile::tempdir().unwrap();
        let key = key(&home.path().join("p"), 1);
        let object = UnsupportedObject { kind: "cast".into(), identity: "x".into() };
        let schema = Schema { unsupported: vec![object], ..Schema::default() };
        assert_eq!(key.cache_get::<Schema>("models"), None);
        key.cache_put("models", &schema).unwrap();
        assert_eq!(key.cache_get("models").as_ref(), Some(&schema));
        assert_eq!(key.cache_get::<Schema>("normal"), None);
        let path = key.path("models").unwrap();
        let half = std::fs::read(&path).unwrap();
        std::fs::write(&path, &half[..half.len() / 2]).unwrap();
        assert_eq!(key.cache_get::<Schema>("models"), None);
        key.cache_put("models", &schema).unwrap();
        assert_eq!(key.cache_get("models"), Some(schema));
        let nowhere = CacheKey { digest: "1".into(), folder: None };
        nowhere.cache_put("models", &Schema::default()).unwrap();
        assert_eq!(nowhere.cache_get::<Schema>("models"), None);
    }

    #[test]
    fn the_least_recently_used_files_are_removed() {
        let home = tempfile::tempdir().unwrap();
        let long_ago = SystemTime::now() - Duration::from_hours(1);
        for number in 0..=MAX_FILES {
            key(home.path(), number).cache_put("models", &Schema::default()).unwrap();
            let file = std::fs::File::options().append(true).open(home.path().join(format!("{number}.models.json")));
            file.unwrap().set_modified(long_ago + Duration::from_secs(number as u64)).unwrap();
        }
        assert!(key(home.path(), 1).cache_get::<Schema>("models").is_some(), "the entry is read");
        key(home.path(), 100).cache_put("models", &Schema::default()).unwrap();
        let has = |number: usize| home.path().join(format!("{number}.models.json")).exists();
        assert!(!has(0) && has(1) && !has(2) && has(3) && has(100));
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), MAX_FILES);
    }
}
