//! An Alembic project on disk, read without Python: its configuration, its folders, its scripts and its template.

mod configuration;
mod modules;
mod new_script;
mod scripts;

pub use configuration::ConfigFiles;
pub use new_script::NewPythonScript;
pub use scripts::{ScriptSource, read_script, read_text};

use std::path::{Path, PathBuf};

use self::modules::ProjectModules;
use super::connection::Variables;
use super::files::{self, SIZE_LIMIT};
use super::{Error, Result};
use crate::core::alembic::{
    EnvironmentFacts, Settings, SettingsError, VersionTableName, comment_hint, read_environment,
};

/// The section of `alembic.ini` that Alembic reads without `-n`.
pub const DEFAULT_SECTION: &str = "alembic";

/// An Alembic project.
#[derive(Debug)]
pub struct AlembicProject {
    pub files: ConfigFiles,
    /// The section of `alembic.ini`.
    pub section: String,
    pub settings: Settings,
    /// The folder of `env.py` and `script.py.mako`.
    pub script_folder: PathBuf,
    /// The version folders, absolute.
    pub version_folders: Vec<PathBuf>,
    /// What `env.py` says.
    pub environment: EnvironmentFacts,
    modules: ProjectModules,
}

impl AlembicProject {
    /// Reads the configuration and `env.py`.
    ///
    /// # Errors
    /// If a file cannot be read, the section does not exist, or the script folder does not exist.
    pub fn open(files: ConfigFiles, section: &str, variables: &Variables) -> Result<Self> {
        let settings = files.read(section)?;
        if files.ini.is_some() && !settings.has_section() && (section != DEFAULT_SECTION || files.pyproject.is_none()) {
            return Err(no_section(&files, &settings, section));
        }
        let modules = ProjectModules::new(files.folder(), &settings.prepend_sys_path);
        let script_folder = find_script_folder(&files, &settings, &modules)?;
        let version_folders = if settings.version_locations.is_empty() {
            vec![resolve_links(&script_folder.join("versions"))]
        } else {
            settings.version_locations.iter().map(|location| resolve_links(&modules.resolve(location))).collect()
        };
        let environment = read_env_py(&script_folder, &settings, &modules, variables);
        Ok(Self { files, section: section.to_owned(), settings, script_folder, version_folders, environment, modules })
    }

    /// The path of `env.py`.
    #[must_use]
    pub fn env_py(&self) -> PathBuf {
        self.script_folder.join("env.py")
    }

    /// The name of the version table, with its schema and a dot.
    ///
    /// # Errors
    /// If `env.py` computes it.
    pub fn version_table(&self) -> Result<String> {
        match &self.environment.version_table {
            VersionTableName::Known { schema: Some(schema), table } => Ok(format!("{schema}.{table}")),
            VersionTableName::Known { schema: None, table } => Ok(table.clone()),
            VersionTableName::Unreadable { line, argument } => Err(Error {
                line: Some(*line),
                ..Error::new(format!(
                    "{}:{line}: limbeck cannot read {argument} without running Python",
                    self.env_py().display()
                ))
                .hint(format!(
                    "set version_table = \"schema.table\" under [database] in {}",
                    self.files.folder().join("limbeck.toml").display()
                ))
            }),
        }
    }
}

/// The script folder of configuration files; `None` if it cannot be determined.
#[must_use]
pub fn script_folder(files: &ConfigFiles) -> Option<PathBuf> {
    let settings = files.read(DEFAULT_SECTION).ok()?;
    let modules = ProjectModules::new(files.folder(), &settings.prepend_sys_path);
    find_script_folder(files, &settings, &modules).ok()
}

/// Without `script_location`, the script folder is the folder of `alembic.ini`, as Flask-Migrate writes it.
fn find_script_folder(files: &ConfigFiles, settings: &Settings, modules: &ProjectModules) -> Result<PathBuf> {
    let Some(location) = &settings.script_location else {
        if files.ini.is_some() && files.folder().join("env.py").is_file() {
            return Ok(files.folder().to_owned());
        }
        return Err(Error::new(format!(
            "{}: No 'script_location' key found in configuration.",
            files.path().display()
        ))
        .hint("set script_location to the folder of env.py"));
    };
    let folder = modules.resolve(location);
    if folder.is_dir() {
        return Ok(resolve_links(&folder));
    }
    let error = SettingsError {
        line: settings.line_of("script_location"),
        message: format!("script_location: the folder {} does not exist", folder.display()),
        hint: comment_hint(location)
            .or_else(|| Some("correct the path; relative paths start in the folder of the configuration file".into())),
    };
    Err(configuration::settings_error(files.path(), error))
}

fn no_section(files: &ConfigFiles, settings: &Settings, section: &str) -> Error {
    let sections: Vec<&str> = settings.section_names().collect();
    Error::new(format!("{} has no section [{section}]", files.path().display())).hint(if sections.is_empty() {
        format!("add [{section}] with script_location")
    } else {
        format!("the sections are {}", sections.join(", "))
    })
}

fn read_env_py(
    script_folder: &Path,
    settings: &Settings,
    modules: &ProjectModules,
    variables: &Variables,
) -> EnvironmentFacts {
    // A missing env.py is reported by Alembic; lists do not need it.
    let Ok(text) = files::read_text(&script_folder.join("env.py"), SIZE_LIMIT) else {
        return EnvironmentFacts::default();
    };
    let variable = |name: &str| variables.environment.get(name).cloned();
    read_environment(&text, modules, &|option| settings.main_option(option), &variable)
}

/// The path without symbolic links, which is what Alembic shows. A missing folder stays as it is.
fn resolve_links(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
