//! The key of the models' catalogs in the cache: everything that could make another catalog of them.

use sha2::{Digest, Sha256};

use super::digest::short_hex;
use super::source::ModelSource;
use super::user_folders::UserFolders;
use crate::engine::connection::{Session, database_error, project_folder_name};
use crate::engine::project::Project;
use crate::engine::{Result, Target};

/// Grows whenever the same models could be read as another catalog, or the cache's files change.
const FORMAT: u32 = 1;

/// What is kept of the models between runs: catalogs under this key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheKey {
    pub(super) digest: String,
    /// The project's folder in the cache; `None`: nothing is kept.
    pub(super) folder: Option<std::path::PathBuf>,
}

impl CacheKey {
    /// Asks the target what decides how models are read there.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub(super) async fn of(
        project: &Project,
        target: &Target,
        sources: &[ModelSource],
        places: &UserFolders,
    ) -> Result<Self> {
        let session = target.connect("limbeck models").await?;
        let extends = sources.iter().any(|source| source.text.to_ascii_lowercase().contains("extension"));
        let facts = facts(&session, extends).await?;
        let folder =
            places.cache.as_ref().map(|cache| cache.join("models").join(project_folder_name(&project.config_path)));
        Ok(Self { digest: digest(project, sources, &facts), folder })
    }

    /// The key of what depends on something else besides.
    #[must_use]
    pub fn beside(&self, other: &str) -> Self {
        let digest = short_hex(Sha256::new().chain_update(&self.digest).chain_update(other));
        Self { digest, folder: self.folder.clone() }
    }
}

/// What the server says of itself, the database and the role, in one row.
async fn facts(session: &Session, extends: bool) -> Result<String> {
    // Columns that older versions lack are NULL in the row's JSON.
    let query =
        "SELECT jsonb_build_array(current_setting('server_version_num'), current_user, d.encoding, d.datcollate,
            d.datctype, to_jsonb(d)->'datlocprovider', to_jsonb(d)->'datlocale', to_jsonb(d)->'daticulocale',
            to_jsonb(d)->'daticurules', to_jsonb(d)->'datcollversion',
            (SELECT jsonb_agg(s.setconfig ORDER BY s.setdatabase, s.setrole) FROM pg_db_role_setting s
                LEFT JOIN pg_roles r ON r.oid = s.setrole
                WHERE s.setdatabase IN (0, d.oid) AND (s.setrole = 0 OR r.rolname = current_user)),
            (SELECT jsonb_agg(jsonb_build_array(name, reset_val) ORDER BY name) FROM pg_settings WHERE name IN (
                'array_nulls', 'backslash_quote', 'check_function_bodies', 'DateStyle', 'default_table_access_method',
                'default_tablespace', 'default_toast_compression', 'IntervalStyle', 'lc_messages', 'lc_monetary',
                'lc_numeric', 'lc_time', 'search_path', 'standard_conforming_strings', 'TimeZone',
                'transform_null_equals', 'xmlbinary', 'xmloption', 'default_text_search_config')),
            CASE WHEN $1 THEN (SELECT jsonb_agg(jsonb_build_array(name, default_version) ORDER BY name)
                FROM pg_available_extensions()) END)::text
        FROM pg_database d WHERE d.datname = current_database()";
    let row = session.client().query_one(query, &[&extends]).await.map_err(|error| database_error(&error))?;
    row.try_get(0).map_err(|error| database_error(&error))
}

fn digest(project: &Project, sources: &[ModelSource], facts: &str) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    };
    let config = &project.config;
    add(&format!("{FORMAT} {} {}", env!("CARGO_PKG_VERSION"), build()));
    add(&format!("{:?} {:?}", config.models.schemas, config.models.exclude));
    add(&format!("{:?} {:?} {}", config.apply.role, config.scratch.url, config.database.version_table));
    add(facts);
    for source in sources {
        add(&source.name);
        add(&source.text);
    }
    short_hex(hash)
}

/// While limbeck itself is worked on, every build reads catalogs in its own way.
fn build() -> String {
    if !cfg!(debug_assertions) {
        return String::new();
    }
    let about = std::env::current_exe().and_then(std::fs::metadata);
    about.map(|about| format!("{} {:?}", about.len(), about.modified().ok())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::path::PathBuf;

    use super::*;
    use crate::engine::connection::Variables;
    use crate::engine::project::Config;

    #[test]
    fn whatever_could_make_another_catalog_makes_another_key() {
        let digest = |config: &str, sources: &[(&str, &str)], facts: &str| {
            let config_path = PathBuf::from("/p/limbeck.toml");
            let config = Config::parse(config, &config_path).unwrap();
            let project = Project { config, config_path, variables: Variables::default() };
            let source = |(name, text): &(&str, &str)| ModelSource {
                name: (*name).to_owned(),
                shown: String::new(),
                text: (*text).to_owned(),
            };
            super::digest(&project, &sources.iter().map(source).collect::<Vec<_>>(), facts)
        };
        let all = [
            digest("", &[("a", "b")], "f"),
            digest("", &[("a", "b ")], "f"),
            digest("", &[("ab", "")], "f"),
            digest("", &[("a", ""), ("b", "")], "f"),
            digest("", &[("a", "b")], "g"),
            digest("[models]\nschemas = ['x']", &[("a", "b")], "f"),
            digest("[models]\nexclude = ['x']", &[("a", "b")], "f"),
            digest("[apply]\nrole = 'x'", &[("a", "b")], "f"),
            digest("[database]\nversion_table = 'x'", &[("a", "b")], "f"),
        ];
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
        assert_eq!(digest("[database]\nembedded = true", &[("a", "b")], "f"), all[0]);
    }
}
