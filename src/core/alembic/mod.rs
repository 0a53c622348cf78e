//! Alembic projects as text: the configuration, the scripts, `env.py` and the script template. Python is read and
//! never run.

mod completion;
mod docstring;
mod environment;
mod file_name;
mod ini;
pub mod mako;
mod parents;
mod script;
mod settings;

pub use completion::{MissingStatements, add_statements};
pub use environment::{EnvironmentFacts, EnvironmentUrl, VersionTableName, read_environment};
pub use file_name::{FileNameParts, file_name, slug};
pub use ini::{Ini, IniError};
pub use parents::with_python_parents;
pub use script::{ParsedScript, is_script_name, parse_script, parse_text};
pub use settings::{Settings, SettingsError, comment_hint, has_alembic_table, is_placeholder_url};
