//! The text of the new `limbeck.toml`: what can be carried over from the Alembic project.

use jiff::tz::TimeZone;
use toml::{Table, Value};

use crate::engine::alembic::AlembicProject;
use crate::engine::files::{self, SIZE_LIMIT};
use crate::engine::project::Project;
use crate::engine::{Error, Result};

const DATABASE: &str = "\
# limbeck reads the database URL from DATABASE_URL, in the environment or in a .env file. Do not write a password here;
# another variable is url = \"${NAME}\" under [database].
";

const MODELS: &str = "
# The desired schema, for `limbeck check` and `limbeck revision --autogenerate`. One of:
# [models]
# sql = [\"models/**/*.sql\"]
# sqlalchemy = { metadata = \"app.database:Base\", imports = [\"app.models\"], python = [\"uv\", \"run\", \"python\"] }
";

/// Returns the text. `folders` are the version folders of the new project. The settings of a `limbeck.toml` of the Alembic
/// project are kept, without URLs that contain more than a variable.
///
/// # Errors
/// If that file cannot be read.
pub(super) fn config_text(project: &Project, alembic: &AlembicProject, folders: &[String]) -> Result<String> {
    let mut table = read_settings(project)?;
    table.remove("alembic");
    remove_urls(&mut table);
    set(&mut table, "database", "version_table", project.config.database.version_table.clone().into());
    let folders: Vec<Value> = folders.iter().cloned().map(Value::String).collect();
    let directory = match folders.as_slice() {
        [only] => only.clone(),
        _ => Value::Array(folders),
    };
    set(&mut table, "scripts", "directory", directory);
    if let Some(zone) = alembic.settings.timezone.as_ref().filter(|zone| TimeZone::get(zone).is_ok()) {
        set(&mut table, "scripts", "timezone", zone.clone().into());
    }
    let models = if table.contains_key("models") { "" } else { MODELS };
    let settings = toml::to_string(&table).map_err(|error| Error::new("cannot write limbeck.toml").because(error))?;
    let name = alembic.files.path().file_name().unwrap_or_default().to_string_lossy();
    Ok(format!("# Written by `limbeck import` from {name}.\n#\n{DATABASE}\n{settings}{models}"))
}

/// The `limbeck.toml` of the Alembic project, if it has one.
fn read_settings(project: &Project) -> Result<Table> {
    let path = &project.config_path;
    let is_limbecks = path.extension().is_some_and(|extension| extension == "toml")
        && project.alembic.as_ref().is_none_or(|alembic| alembic.files.pyproject.as_ref() != Some(path));
    if !is_limbecks {
        return Ok(Table::new());
    }
    let failed = || Error::new(format!("cannot read {}", path.display()));
    let text = files::read_text(path, SIZE_LIMIT).map_err(|error| failed().because(error))?;
    toml::from_str(&text).map_err(|error| failed().because(error.message()))
}

fn set(table: &mut Table, section: &str, key: &str, value: Value) {
    let mut settings = match table.remove(section) {
        Some(Value::Table(settings)) => settings,
        _ => Table::new(),
    };
    settings.insert(key.to_owned(), value);
    table.insert(section.to_owned(), Value::Table(settings));
}

/// Removes URLs that may contain a password: all but a single `${NAME}`.
fn remove_urls(table: &mut Table) {
    let is_variable = |url: &Value| {
        let name = url.as_str().and_then(|url| url.strip_prefix("${")?.strip_suffix('}'));
        name.is_some_and(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
    };
    if table.get("url").is_some_and(|url| !is_variable(url)) {
        table.remove("url");
    }
    for (_, value) in table.iter_mut() {
        if let Value::Table(inner) = value {
            remove_urls(inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_variables_stay_as_urls() {
        for (text, expected) in [
            ("[database]\nurl = 'postgresql://a:secret@h/d'", "[database]\n"),
            ("[database]\nurl = '${DATABASE_URL}'", "[database]\nurl = \"${DATABASE_URL}\"\n"),
            (
                "[environments.production]\nurl = 'postgresql://a:${P}@h/d'\nprotected = true",
                "[environments.production]\nprotected = true\n",
            ),
        ] {
            let mut table: Table = toml::from_str(text).unwrap();
            remove_urls(&mut table);
            assert_eq!(toml::to_string(&table).unwrap(), expected);
        }
    }
}
