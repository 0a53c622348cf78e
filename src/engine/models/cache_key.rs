//! The cache key of the models' catalogs. It depends on everything that can change the catalog.

use sha2::{Digest, Sha256};

use super::source::ModelSource;
use crate::core::sql::qualify_names;
use crate::engine::connection::{Session, database_error, project_folder_name};
use crate::engine::digest::short_hex;
use crate::engine::project::Project;
use crate::engine::{Result, Target, UserFolders};

/// Incremented when the same models are read as another catalog, or when the format of the cache files changes.
const FORMAT: u32 = 2;

/// The key under which catalogs are cached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheKey {
    pub(in crate::engine) digest: String,
    /// The project's folder in the cache. `None`: nothing is cached.
    pub(in crate::engine) folder: Option<std::path::PathBuf>,
}

impl CacheKey {
    /// Reads from the target what affects how it loads models.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub(super) async fn of(
        project: &Project,
        target: &Target,
        sources: &[ModelSource],
        user_folders: &UserFolders,
    ) -> Result<Self> {
        let session = target.connect("limbeck models").await?;
        let uses_extensions = sources.iter().any(|source| source.text.to_ascii_lowercase().contains("extension"));
        let properties = server_properties(&session, uses_extensions).await?;
        let folder = user_folders
            .cache
            .as_ref()
            .map(|cache| cache.join("models").join(project_folder_name(&project.config_path)));
        Ok(Self { digest: digest(project, sources, &properties), folder })
    }

    /// Returns a key that also depends on another value.
    #[must_use]
    pub fn with(&self, other: &str) -> Self {
        let digest = short_hex(Sha256::new().chain_update(&self.digest).chain_update(other));
        Self { digest, folder: self.folder.clone() }
    }
}

/// Reads the properties of the server, the database and the role in one row.
async fn server_properties(session: &Session, uses_extensions: bool) -> Result<String> {
    // A column that does not exist in an older version is NULL in the row's JSON.
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
    let row = session
        .client()
        .query_one(&qualify_names(query), &[&uses_extensions])
        .await
        .map_err(|error| database_error(&error))?;
    row.try_get(0).map_err(|error| database_error(&error))
}

fn digest(project: &Project, sources: &[ModelSource], properties: &str) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    };
    let config = &project.config;
    add(&format!("{FORMAT} {} {}", env!("CARGO_PKG_VERSION"), build_of_process()));
    add(&format!("{:?} {:?}", config.models.schemas, config.models.exclude));
    add(&format!("{:?} {:?} {}", config.apply.role, config.scratch.url, config.database.version_table));
    add(properties);
    for source in sources {
        add(&source.name);
        add(&source.text);
    }
    short_hex(hash)
}

/// Identifies the build in debug builds, because every build may read catalogs differently.
pub(in crate::engine) fn build_of_process() -> String {
    if !cfg!(debug_assertions) {
        return String::new();
    }
    let metadata = std::env::current_exe().and_then(std::fs::metadata);
    metadata.map(|metadata| format!("{} {:?}", metadata.len(), metadata.modified().ok())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::path::PathBuf;

    use super::*;
    use crate::engine::connection::Variables;
    use crate::engine::project::{Config, Consents};

    #[test]
    fn inputs_of_another_catalog_change_the_key() {
        let digest = |config: &str, sources: &[(&str, &str)], properties: &str| {
            let config_path = PathBuf::from("/p/limbeck.toml");
            let config = Config::parse(config, &config_path).unwrap();
            let project = Project {
                config,
                config_path,
                variables: Variables::default(),
                alembic: None,
                consents: Consents::default(),
            };
            let source = |(name, text): &(&str, &str)| ModelSource {
                name: (*name).to_owned(),
                shown: String::new(),
                text: (*text).to_owned(),
            };
            super::digest(&project, &sources.iter().map(source).collect::<Vec<_>>(), properties)
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
