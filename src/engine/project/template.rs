//! The template of new scripts, and their file names.

use minijinja::value::Serde;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value, context};
use serde::Serialize;

use super::Project;
use crate::core::script::Script;
use crate::engine::files::{self, SIZE_LIMIT};
use crate::engine::{Error, Result};

/// The template of projects that have none. `init` writes it to the project.
pub const DEFAULT_TEMPLATE: &str = include_str!("../../../assets/script.sql.j2");

/// The file name of the template, in the folder of the configuration.
pub const TEMPLATE_FILE: &str = "script.sql.j2";

/// The maximum length of a slug in characters; the same as Alembic's.
const SLUG_LENGTH: usize = 40;

/// The work that a template may do, in minijinja's units: one for each instruction, and one for each 64 bytes.
const FUEL: u64 = 4_000_000;

/// The variables of a template.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TemplateValues {
    pub message: String,
    pub revision: String,
    pub down_revisions: Vec<String>,
    pub branch_labels: Vec<String>,
    pub depends_on: Vec<String>,
    /// For example `2026-11-22 10:00:00+00:00`, in the configured time zone.
    pub create_date: String,
    pub upgrade_sql: String,
    pub downgrade_sql: String,
    /// The message as part of a file name.
    pub slug: String,
}

impl Project {
    /// Renders a new script with the project's template, and checks that the result can be parsed.
    ///
    /// # Errors
    /// When the template cannot be read or rendered, or the result is not a script.
    pub fn render_script(&self, values: &TemplateValues) -> Result<String> {
        let path = self.root().join(TEMPLATE_FILE);
        let (template, name) = match files::read_text(&path, SIZE_LIMIT) {
            Ok(text) => (text, path.display().to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                (DEFAULT_TEMPLATE.to_owned(), "the built-in template".to_owned())
            }
            Err(error) => return Err(Error::new(format!("cannot read {}", path.display())).because(error)),
        };
        let mut text = render(&template, &name, Value::from(Serde(values.clone())))?;
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Script::parse(&text).map_err(|error| {
            Error::new(format!("the result of {name} is not a valid script"))
                .because(error)
                .hint(format!("compare it with the {TEMPLATE_FILE} that `limbeck init` writes"))
        })?;
        Ok(text)
    }

    /// Returns the file name of a new script, from `file_template`.
    ///
    /// # Errors
    /// When the template cannot be rendered, or the result is not a file name.
    pub fn script_file_name(&self, values: &TemplateValues, at: &jiff::Zoned) -> Result<String> {
        let template = &self.config.scripts.file_template;
        let parts = context! {
            revision => &values.revision, rev => &values.revision, slug => &values.slug, epoch => at.timestamp().as_second(),
            year => at.strftime("%Y").to_string(), month => at.strftime("%m").to_string(),
            day => at.strftime("%d").to_string(), hour => at.strftime("%H").to_string(),
            minute => at.strftime("%M").to_string(), second => at.strftime("%S").to_string(),
        };
        let name = render(template, "[scripts] file_template", parts)?;
        if name.trim().is_empty() || name.contains(['/', '\\', '\0', '\n']) {
            return Err(Error::new(format!("the result of [scripts] file_template is not a file name: '{name}'"))
                .hint("it may contain revision, slug, year, month, day, hour, minute, second and epoch"));
        }
        Ok(format!("{name}.sql"))
    }
}

/// Returns the message as part of a file name: its words in lower case, joined by `_`, cut after a whole word.
#[must_use]
pub fn slug(message: &str) -> String {
    let lower = message.lines().next().unwrap_or_default().to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).collect();
    let slug = words.join("_");
    let Some((cut, _)) = slug.char_indices().nth(SLUG_LENGTH) else { return slug };
    match slug[..cut].rsplit_once('_') {
        Some((whole_words, _)) => format!("{whole_words}_"),
        None => slug[..cut].to_owned(),
    }
}

fn render(template: &str, name: &str, values: Value) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.render_str(template, values).map_err(|error| {
        if error.kind() == ErrorKind::OutOfFuel {
            return Error::new(format!("{name} was stopped: it repeats too much or its result is too large"))
                .hint("a template must end: look at its loops");
        }
        let line = error.line().map_or_else(String::new, |line| format!(", line {line}"));
        let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        Error::new(format!("{name}{line}: {detail}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_keep_the_letters_of_every_alphabet() {
        assert_eq!(slug("마이그레이션 설명"), "마이그레이션_설명");
        assert_eq!(slug("Add index to function.name!"), "add_index_to_function_name");
        assert_eq!(slug("  --  "), "");
    }

    #[test]
    fn long_slugs_are_cut_at_a_word() {
        let cut = slug("a very long message that goes on and on past every bound");
        assert_eq!(cut, "a_very_long_message_that_goes_on_and_on_");
        assert_eq!(slug(&"x".repeat(60)).len(), SLUG_LENGTH);
    }

    #[test]
    fn an_endless_template_is_an_error() {
        for template in [
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
            "{{ 'x' * 9999999999 }}",
            "{% set ns = namespace(s='xxxx') %}{% for i in range(90) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
            "{% for a in range(99999) %}{{ revision * 9999 }}{% endfor %}",
        ] {
            let error = render(template, "t", context! { revision => "r" }).unwrap_err();
            assert!(error.message.starts_with("t was stopped") && error.hint.is_some(), "{error:?}");
        }
        let large = "x".repeat(40 << 20);
        assert_eq!(render("{{ sql }}", "t", context! { sql => &large }).unwrap().len(), large.len());
    }

    #[test]
    fn an_unknown_variable_in_a_template_is_an_error_with_its_line() {
        let error = render("-- x\n{{ revison }}", "t", context! { revision => "r" }).unwrap_err();
        assert!(error.message.starts_with("t, line 2"), "{error:?}");
    }
}
