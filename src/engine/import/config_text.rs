//! The text of the new `limbeck.toml`: what can be carried over from the Alembic project.

use std::path::Path;

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

/// Returns the text. `folder` is that of the new project, and `folders` are its version folders. The settings of a `limbeck.toml` of the Alembic
/// project are kept, without URLs that contain more than a variable.
///
/// # Errors
/// If that file cannot be read.
pub(super) fn config_text(
    project: &Project,
    alembic: &AlembicProject,
    folder: &Path,
    folders: &[String],
) -> Result<String> {
    let mut table = read_settings(project)?;
    let python = table.remove("alembic").and_then(|alembic| alembic.get("python").cloned());
    if let Some(Value::Table(models)) = table.get_mut("models") {
        move_models(models, python, project.root(), folder);
    }
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

/// Adapts `[models]` to the new folder. `python`: `[alembic] python`, with which SQLAlchemy's models are imported.
fn move_models(models: &mut Table, python: Option<Value>, root: &Path, folder: &Path) {
    if let Some(program) = models.get_mut("program") {
        move_words(program, root);
    }
    if let Some(Value::Table(sqlalchemy)) = models.get_mut("sqlalchemy") {
        let is_set = |python: &Value| python.as_array().is_some_and(|words| !words.is_empty());
        if let (false, Some(python)) = (sqlalchemy.get("python").is_some_and(is_set), python) {
            sqlalchemy.insert("python".to_owned(), python);
        }
        if let Some(python) = sqlalchemy.get_mut("python") {
            move_words(python, root);
        }
    }
    if let Some(Value::Array(patterns)) = models.get_mut("sql") {
        for pattern in patterns {
            if let Value::String(pattern) = pattern {
                *pattern = moved_pattern(pattern, root, folder);
            }
        }
    }
}

/// Makes the relative paths in a command absolute.
fn move_words(command: &mut Value, root: &Path) {
    let Value::Array(words) = command else { return };
    for (index, word) in words.iter_mut().enumerate() {
        let Value::String(text) = word else { continue };
        // A program without a slash is found in PATH.
        let is_file = index > 0 && root.join(text.as_str()).is_file();
        let is_path = text.contains('/') && !text.contains("://") && !text.starts_with('-');
        if is_file || is_path {
            let path = text.strip_prefix("./").unwrap_or(text);
            *text = root.join(path).to_string_lossy().into_owned();
        }
    }
}

/// The pattern for the same files, from another folder.
fn moved_pattern(pattern: &str, root: &Path, folder: &Path) -> String {
    let relative = pattern.strip_prefix("./").unwrap_or(pattern);
    match folder.strip_prefix(root) {
        _ if pattern.starts_with('/') => pattern.to_owned(),
        Ok(below) => "../".repeat(below.components().count()) + relative,
        Err(_) => root.join(relative).to_string_lossy().into_owned(),
    }
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
    fn paths_of_the_models_stay_valid() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path();
        std::fs::write(root.join("ddl.py"), "").unwrap();
        for (folder, text, expected) in [
            ("new", "program = ['./print-ddl', 'a', '--x=b/c']", "program = [\"ROOT/print-ddl\", \"a\", \"--x=b/c\"]"),
            ("new", "program = ['python3', 'ddl.py', 'x.py']", "program = [\"python3\", \"ROOT/ddl.py\", \"x.py\"]"),
            ("new", "program = ['/bin/x', 'driver://h/d']", "program = [\"/bin/x\", \"driver://h/d\"]"),
            ("new", "sql = ['models/*.sql', '/srv/x.sql']", "sql = [\"../models/*.sql\", \"/srv/x.sql\"]"),
            ("new/folder", "sql = ['./a.sql']", "sql = [\"../../a.sql\"]"),
            ("/elsewhere", "sql = ['models/*.sql']", "sql = [\"ROOT/models/*.sql\"]"),
            ("new", "schemas = ['a/b']", "schemas = [\"a/b\"]"),
            (
                "new",
                "sqlalchemy = { metadata = 'a:B', python = ['.venv/bin/python'] }",
                "[sqlalchemy]\nmetadata = \"a:B\"\npython = [\"ROOT/.venv/bin/python\"]",
            ),
            (
                "new",
                "sqlalchemy = { metadata = 'a:B' }",
                "[sqlalchemy]\nmetadata = \"a:B\"\npython = [\"ROOT/../env/bin/python\", \"-X\", \"utf8\"]",
            ),
        ] {
            let mut table: Table = toml::from_str(text).unwrap();
            let python = ["../env/bin/python", "-X", "utf8"].map(|word| Value::String(word.to_owned()));
            move_models(&mut table, Some(Value::Array(python.to_vec())), root, &root.join(folder));
            let expected = expected.replace("ROOT", &root.display().to_string());
            assert_eq!(toml::to_string(&table).unwrap().trim_end(), expected);
        }
    }

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
