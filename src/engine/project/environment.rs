//! Which database to use: environments, `${NAME}` variables, and the order of the sources of the URL.

use super::config::nearest;
use super::{CONFIG_FILE, Project};
use crate::core::alembic::{EnvironmentUrl, is_placeholder_url};
use crate::core::hazard::Class;
use crate::core::plan::EnvironmentName;
use crate::engine::alembic::AlembicProject;
use crate::engine::{ConnectOptions, Error, ErrorKind, Result};

/// libpq's variables that identify a server. If one is set, no URL is required.
const LIBPQ_VARIABLES: [&str; 6] = ["PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE", "PGDATABASE", "PGUSER"];

/// The variables in which projects keep the URL. Only the first one is read in a project with SQL scripts.
const ALEMBIC_URL_VARIABLES: [&str; 3] = ["DATABASE_URL", "SQLALCHEMY_DATABASE_URI", "SQLALCHEMY_DATABASE_URL"];

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseLocation {
    /// A connection string with expanded variables. It may contain a password.
    Url(String),
    /// Given by libpq's variables.
    Variables,
    /// On the project's embedded server.
    Embedded,
}

impl Project {
    /// Returns the name of the chosen environment.
    ///
    /// # Errors
    /// When the project has no such environment.
    pub fn environment_name(&self, options: &ConnectOptions) -> Result<EnvironmentName> {
        let Some(name) = &options.environment else { return Ok(EnvironmentName::default()) };
        let environment = self.environment(name)?;
        Ok(EnvironmentName { name: Some(name.clone()), protected: environment.protected })
    }

    /// Determines where the database is.
    ///
    /// # Errors
    /// When the environment does not exist, a variable is not set, or no source gives the location.
    pub fn locate(&self, options: &ConnectOptions) -> Result<DatabaseLocation> {
        if options.embedded {
            return Ok(DatabaseLocation::Embedded);
        }
        if let Some(url) = &options.database_url {
            return Ok(DatabaseLocation::Url(url.clone()));
        }
        if let Some(name) = &options.environment {
            let url = self.environment(name)?.url.as_ref();
            let url = url.ok_or_else(|| {
                Error::new(format!("environment '{name}' has no url"))
                    .hint(format!("set url under [environments.{name}] in {}", self.config_path.display()))
            })?;
            return self.expand(url).map(DatabaseLocation::Url);
        }
        if let Some(url) = &self.config.database.url {
            return self.expand(url).map(DatabaseLocation::Url);
        }
        if let Some(url) = self.alembic_url() {
            return Ok(DatabaseLocation::Url(url));
        }
        if let Some(url) = self.url_variables().iter().find_map(|name| self.variable(name)) {
            return Ok(DatabaseLocation::Url(url.to_owned()));
        }
        if LIBPQ_VARIABLES.iter().any(|name| self.variable(name).is_some()) {
            return Ok(DatabaseLocation::Variables);
        }
        if self.config.database.embedded {
            return Ok(DatabaseLocation::Embedded);
        }
        if let Some(alembic) = &self.alembic {
            return Err(self.no_alembic_url(alembic));
        }
        let message = "no database URL: neither DATABASE_URL nor any of libpq's PG* variables is set";
        Err(Error::of(ErrorKind::NoDatabase, message).hint(format!(
            "set DATABASE_URL in the environment or in .env, or url under [database] in {}; or use --embedded to start a private server",
            self.config_path.display()
        )))
    }

    /// The variables that may contain the URL.
    fn url_variables(&self) -> &'static [&'static str] {
        if self.alembic.is_some() { &ALEMBIC_URL_VARIABLES } else { &ALEMBIC_URL_VARIABLES[..1] }
    }

    /// The URL that Alembic uses, if `env.py` can be read: the one that it sets, or the one of `alembic.ini`.
    fn alembic_url(&self) -> Option<String> {
        let alembic = self.alembic.as_ref()?;
        match &alembic.environment.url {
            EnvironmentUrl::Known(url) => Some(url.clone()).filter(|url| !is_placeholder_url(url)),
            EnvironmentUrl::Ini => alembic.settings.url(),
            EnvironmentUrl::Computed { .. } => None,
        }
    }

    fn no_alembic_url(&self, alembic: &AlembicProject) -> Error {
        let env_py = alembic.env_py();
        let message = match alembic.environment.url {
            EnvironmentUrl::Computed { line } => format!("no database URL: {}:{line} computes it", env_py.display()),
            _ => format!("no database URL: sqlalchemy.url is not set in {}", alembic.files.path().display()),
        };
        Error::of(ErrorKind::NoDatabase, message).hint(format!(
            "set DATABASE_URL in the environment or in .env, set url under [database] in {}, or pass --database-url",
            self.root().join(CONFIG_FILE).display()
        ))
    }

    /// Returns the hazard classes that need approval in an environment.
    #[must_use]
    pub fn classes_to_confirm(&self, environment: &EnvironmentName) -> Vec<Class> {
        let mut classes = self.config.apply.confirm.clone();
        if environment.protected && !classes.contains(&Class::Lock) {
            classes.push(Class::Lock);
        }
        classes
    }

    fn environment(&self, name: &str) -> Result<&super::config::EnvironmentConfig> {
        let environments = &self.config.environments;
        environments.get(name).ok_or_else(|| {
            let error = Error::new(format!("no environment '{name}' in {}", self.config_path.display()));
            match nearest(name, environments.keys().map(String::as_str)) {
                Some(known) => error.hint(format!("did you mean '{known}'?")),
                None if environments.is_empty() => error.hint("add [environments.NAME] with a url"),
                None => error.hint(format!(
                    "the environments are {}",
                    environments.keys().cloned().collect::<Vec<_>>().join(", ")
                )),
            }
        })
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Replaces each `${NAME}` with the value of the variable.
    ///
    /// # Errors
    /// When a variable is not set.
    pub(in crate::engine) fn expand(&self, text: &str) -> Result<String> {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let Some(length) = rest[start..].find('}') else { break };
            let name = &rest[start + 2..start + length];
            expanded.push_str(&rest[..start]);
            expanded.push_str(self.variable(name).ok_or_else(|| {
                Error::new(format!("{}: ${{{name}}} is not set", self.config_path.display()))
                    .hint(format!("set {name} in the environment, or in a .env file in the folder of the configuration or a parent folder"))
            })?);
            rest = &rest[start + length + 1..];
        }
        expanded.push_str(rest);
        Ok(expanded)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::engine::connection::Variables;
    use crate::engine::project::{Config, Consents};

    fn project(config: &str, variables: &[(&str, &str)]) -> Project {
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let config_path = PathBuf::from("/p/limbeck.toml");
        Project {
            config: Config::parse(config, &config_path).unwrap(),
            config_path,
            variables: Variables { environment, home: None },
            alembic: None,
            consents: Consents::default(),
        }
    }

    fn locate(config: &str, variables: &[(&str, &str)], options: &ConnectOptions) -> Result<DatabaseLocation> {
        project(config, variables).locate(options)
    }

    #[test]
    fn the_sources_of_the_url_have_an_order() {
        let url = |text: &str| DatabaseLocation::Url(text.to_owned());
        let all = [("DATABASE_URL", "from-env"), ("PGHOST", "h")];
        let options = ConnectOptions::default();
        assert_eq!(locate("[database]\nurl = 'a'\nembedded = true", &all, &options).unwrap(), url("a"));
        assert_eq!(locate("[database]\nembedded = true", &all, &options).unwrap(), url("from-env"));
        assert_eq!(locate("[database]\nembedded = true", &all[1..], &options).unwrap(), DatabaseLocation::Variables);
        assert_eq!(locate("[database]\nembedded = true", &[], &options).unwrap(), DatabaseLocation::Embedded);
        assert!(locate("", &[], &options).unwrap_err().message.starts_with("no database URL"));
    }

    #[test]
    fn the_command_line_has_precedence() {
        let options = ConnectOptions { database_url: Some("x".into()), ..ConnectOptions::default() };
        assert_eq!(locate("[database]\nurl = 'a'", &[], &options).unwrap(), DatabaseLocation::Url("x".into()));
        let options = ConnectOptions { embedded: true, ..ConnectOptions::default() };
        assert_eq!(locate("[database]\nurl = 'a'", &[], &options).unwrap(), DatabaseLocation::Embedded);
    }

    #[test]
    fn variables_are_expanded_and_a_missing_one_is_an_error() {
        let config = "[database]\nurl = 'postgresql://u:${PW}@h/${DB}'";
        let known = [("PW", "p}${x"), ("DB", "d")];
        let options = ConnectOptions::default();
        assert_eq!(locate(config, &known, &options).unwrap(), DatabaseLocation::Url("postgresql://u:p}${x@h/d".into()));
        assert_eq!(locate(config, &known[..1], &options).unwrap_err().message, "/p/limbeck.toml: ${DB} is not set");
    }

    #[test]
    fn environments_are_found_by_name() {
        let config = "[environments.production]\nurl = 'p'\nprotected = true";
        let chosen = |name: &str| ConnectOptions { environment: Some(name.into()), ..ConnectOptions::default() };
        assert_eq!(locate(config, &[], &chosen("production")).unwrap(), DatabaseLocation::Url("p".into()));
        let error = locate(config, &[], &chosen("prodution")).unwrap_err();
        assert_eq!(error.hint.as_deref(), Some("did you mean 'production'?"));
        let name = project(config, &[]).environment_name(&chosen("production")).unwrap();
        assert!(name.protected);
        assert!(project(config, &[]).classes_to_confirm(&name).contains(&Class::Lock));
    }
}
