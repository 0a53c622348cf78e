//! Renders new scripts with the project's `script.py.mako`.

use std::path::{Path, PathBuf};

use jiff::Zoned;
use jiff::tz::TimeZone;

use super::{AlembicProject, configuration};
use crate::core::alembic::mako::{self, TemplateValues};
use crate::core::alembic::{FileNameParts, file_name, parse_script};
use crate::core::python::Date;
use crate::engine::files::{self, SIZE_LIMIT};
use crate::engine::{Error, Result};

/// What a new script contains.
#[derive(Debug, Clone, Copy)]
pub struct NewPythonScript<'a> {
    /// Empty: Alembic's own default in the script, and nothing in the file name.
    pub message: &'a str,
    pub revision: &'a str,
    pub parents: &'a [String],
    pub branch_labels: &'a [String],
    pub depends_on: &'a [String],
    /// The version folder.
    pub folder: &'a Path,
}

impl AlembicProject {
    /// Renders a new script. Returns its path and its text.
    ///
    /// # Errors
    /// If the template uses a construct that limbeck does not know, the result is not a script, or Alembic would run
    /// `env.py` for it.
    pub fn render_script(&self, new: &NewPythonScript<'_>) -> Result<(PathBuf, String)> {
        if self.settings.revision_environment {
            let error = Error::new(
                "revision_environment = true: Alembic runs env.py for every new script, and limbeck does not run Python yet",
            );
            return Err(error.hint("run `alembic revision`, or set revision_environment to false"));
        }
        let (time, date) = self.now()?;
        let values = TemplateValues {
            message: if new.message.is_empty() { "empty message" } else { new.message },
            revision: new.revision,
            parents: new.parents,
            branch_labels: new.branch_labels,
            depends_on: new.depends_on,
            create_date: date,
        };
        let template = self.script_folder.join("script.py.mako");
        let source = files::read_text(&template, SIZE_LIMIT)
            .map_err(|error| Error::new(format!("cannot read {}", template.display())).because(error))?;
        let text =
            mako::render(&source, &values, &|option| self.settings.main_option(option)).map_err(|error| Error {
                line: Some(error.line),
                hint: error.hint.clone(),
                ..Error::new(format!("{}:{}: {error}", template.display(), error.line))
            })?;
        let parts = FileNameParts {
            revision: new.revision,
            message: new.message,
            created: date.time,
            epoch: time.timestamp().as_second(),
        };
        let name = file_name(&self.settings.file_template, &parts, self.settings.slug_length)
            .map_err(|error| configuration::settings_error(self.files.path(), error))?;
        self.check(new, &template, &text)?;
        Ok((new.folder.join(name), text))
    }

    /// The time in the configured time zone. Without one, the date has no offset.
    fn now(&self) -> Result<(Zoned, Date)> {
        let Some(name) = &self.settings.timezone else {
            let now = Zoned::now();
            return Ok((now.clone(), Date { time: now.datetime(), offset: None }));
        };
        // Alembic also accepts names in lower case.
        let zone = TimeZone::get(name).or_else(|_| TimeZone::get(&name.to_uppercase())).map_err(|error| {
            Error::new(format!("{}: Can't locate timezone: {name}", self.files.path().display()))
                .because(error)
                .hint("use a name such as UTC or Asia/Seoul")
        })?;
        let now = jiff::Timestamp::now().to_zoned(zone);
        Ok((now.clone(), Date { time: now.datetime(), offset: Some(now.offset()) }))
    }

    /// Checks that the result of the template is the script that was requested.
    fn check(&self, new: &NewPythonScript<'_>, template: &Path, text: &str) -> Result<()> {
        let invalid = || Error::new(format!("the result of {} is not a valid script", template.display()));
        let read = parse_script(text, "new.py", &self.modules);
        if let Some(error) = read.error {
            return Err(invalid().because(error));
        }
        let script = read.script.ok_or_else(invalid)?;
        if script.revision.as_str() != new.revision {
            return Err(invalid().because("it does not assign the new id to revision"));
        }
        if !new.branch_labels.is_empty() && script.branch_labels.is_empty() {
            return Err(
                invalid().because("it does not assign branch_labels; add `branch_labels = ${repr(branch_labels)}`")
            );
        }
        Ok(())
    }
}
