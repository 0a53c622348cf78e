//! The properties that a scratch database copies from the target: version, encoding, locale, settings, and role names.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use tokio_postgres::Client;

use crate::engine::Result;
use crate::engine::connection::identifier::{literal, quote};
use crate::engine::connection::{Session, database_error};

/// The properties of the target's database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseProperties {
    /// For example `15`.
    pub major: u32,
    encoding: String,
    collate: String,
    ctype: String,
    /// `c`, `i` or `b`; `None` before PostgreSQL 15.
    provider: Option<String>,
    /// For the providers `i` and `b`.
    locale: Option<String>,
    icu_rules: Option<String>,
    /// Database settings for all roles: `name=value`.
    settings: Vec<String>,
    roles: Vec<Role>,
}

/// A role of the target's server and its attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Role {
    name: String,
    attributes: String,
}

impl DatabaseProperties {
    /// Reads the properties of the database of a session.
    pub async fn read(session: &Session) -> Result<Self> {
        // A column that does not exist in an older version is NULL in the row's JSON.
        let query = "SELECT pg_encoding_to_char(d.encoding)::text, d.datcollate::text, d.datctype::text,
                to_jsonb(d)->>'datlocprovider', coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale'),
                to_jsonb(d)->>'daticurules',
                coalesce((SELECT setconfig FROM pg_db_role_setting WHERE setdatabase = d.oid AND setrole = 0), '{}')
            FROM pg_database d WHERE d.datname = current_database()";
        let row = session.client().query_one(query, &[]).await.map_err(|error| database_error(&error))?;
        Ok(Self {
            major: session.server().version_num / 10_000,
            encoding: row.get(0),
            collate: row.get(1),
            ctype: row.get(2),
            provider: row.get(3),
            locale: row.get(4),
            icu_rules: row.get(5),
            settings: copied_settings(row.get(6)),
            roles: roles(session.client()).await?,
        })
    }

    /// Returns the options of `CREATE DATABASE`.
    #[must_use]
    pub fn options(&self) -> String {
        let mut options = format!(
            "TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}",
            literal(&self.encoding),
            literal(&self.collate),
            literal(&self.ctype)
        );
        let locale = self.locale.as_deref().map(literal).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = match self.provider.as_deref() {
            Some("i") => write!(options, " LOCALE_PROVIDER icu ICU_LOCALE {locale}"),
            Some("b") => write!(options, " LOCALE_PROVIDER builtin BUILTIN_LOCALE {locale}"),
            Some(_) => write!(options, " LOCALE_PROVIDER libc"),
            None => Ok(()),
        };
        if let Some(rules) = &self.icu_rules {
            let _ = write!(options, " ICU_RULES {}", literal(rules));
        }
        options
    }

    /// Returns options for a server that does not have the locale or its provider.
    #[must_use]
    pub fn fallback_options(&self) -> String {
        format!("TEMPLATE template0 ENCODING {} LC_COLLATE 'C' LC_CTYPE 'C'", literal(&self.encoding))
    }

    /// Sets the target's settings for a database. Returns a note for each setting that could not be set.
    pub async fn apply_settings(&self, client: &Client, database: &str) -> Vec<String> {
        let mut notes = Vec::new();
        for (name, value) in self.settings.iter().filter_map(|setting| setting.split_once('=')) {
            let statement = format!(
                "SELECT set_config({}, {}, false); ALTER DATABASE {} SET {name} FROM CURRENT; RESET {name}",
                literal(name),
                literal(value),
                quote(database),
            );
            if let Err(error) = client.batch_execute(&statement).await {
                notes.push(format!(
                    "the scratch database does not have the target's setting {name}: {}",
                    database_error(&error)
                ));
            }
        }
        notes
    }

    /// Creates the target's roles on a private server, without LOGIN and without the roles in `except`, which the
    /// scripts create.
    pub async fn create_roles(&self, session: &Session, except: &BTreeSet<String>) -> Result<()> {
        let existing: BTreeSet<String> = roles(session.client()).await?.into_iter().map(|role| role.name).collect();
        let missing = self.roles.iter().filter(|role| !existing.contains(&role.name) && !except.contains(&role.name));
        let create: Vec<String> =
            missing.map(|role| format!("CREATE ROLE {} {};\n", quote(&role.name), role.attributes)).collect();
        session.client().batch_execute(&create.concat()).await.map_err(|error| database_error(&error))
    }

    /// Returns a note when the scratch server has another major version than the target's.
    #[must_use]
    pub fn version_note(&self, version: &str) -> Option<String> {
        let major = version.split('.').next().unwrap_or_default();
        (major != self.major.to_string()).then(|| {
            format!(
                "the scratch server is PostgreSQL {version}, the target's is {}: they may accept different statements",
                self.major
            )
        })
    }
}

/// Settings that limit a session and do not change what a statement means. A scratch database must be writable, and limbeck
/// chooses its own time limits there.
const SESSION_LIMITS: [&str; 7] = [
    "default_transaction_read_only",
    "default_transaction_deferrable",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "lock_timeout",
    "statement_timeout",
    "transaction_timeout",
];

/// Returns the settings that a scratch database gets.
fn copied_settings(settings: Vec<String>) -> Vec<String> {
    let is_limit = |setting: &String| SESSION_LIMITS.iter().any(|name| setting.split('=').next() == Some(name));
    settings.into_iter().filter(|setting| !is_limit(setting)).collect()
}

async fn roles(client: &Client) -> Result<Vec<Role>> {
    let query = "SELECT rolname::text, concat_ws(' ', CASE WHEN rolsuper THEN 'SUPERUSER' END,
            CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
            CASE WHEN rolbypassrls THEN 'BYPASSRLS' END, CASE WHEN NOT rolinherit THEN 'NOINHERIT' END)
        FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY rolname";
    let rows = client.query(query, &[]).await.map_err(|error| database_error(&error))?;
    Ok(rows.iter().map(|row| Role { name: row.get(0), attributes: row.get(1) }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(provider: Option<&str>, locale: Option<&str>) -> DatabaseProperties {
        DatabaseProperties {
            major: 17,
            encoding: "UTF8".into(),
            collate: "it's".into(),
            ctype: "C".into(),
            provider: provider.map(Into::into),
            locale: locale.map(Into::into),
            icu_rules: None,
            settings: Vec::new(),
            roles: Vec::new(),
        }
    }

    #[test]
    fn every_provider_is_copied() {
        let start = "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'it''s' LC_CTYPE 'C'";
        for (provider, locale, rest) in [
            (None, None, ""),
            (Some("c"), None, " LOCALE_PROVIDER libc"),
            (Some("i"), Some("de-DE"), " LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'"),
            (Some("b"), Some("C.UTF-8"), " LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"),
        ] {
            assert_eq!(properties(provider, locale).options(), format!("{start}{rest}"));
        }
    }

    #[test]
    fn settings_that_limit_sessions_are_not_copied() {
        let settings =
            ["search_path=a, b", "default_transaction_read_only=on", "statement_timeout=1s", "x.y=lock_timeout"];
        let copied = copied_settings(settings.map(str::to_owned).to_vec());
        assert_eq!(copied, ["search_path=a, b", "x.y=lock_timeout"]);
    }

    #[test]
    fn another_version_is_noted() {
        assert_eq!(properties(None, None).version_note("17.6"), None);
        assert!(properties(None, None).version_note("15.18").unwrap().contains("PostgreSQL 15.18"));
    }
}
