//! The text of an Alembic script → [`Script`].

use super::docstring::Docstring;
use crate::core::graph::RevisionId;
use crate::core::python::{FunctionSpan, Module, Modules, NoModules, Unreadable, Value};
use crate::core::script::{CodeSpan, Language, PythonCode, Script, ScriptCode, ScriptError};
use crate::core::text::line_at;

/// The result of reading a file of a version folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedScript {
    /// The script, as far as its identifiers can be read.
    pub script: Option<Script>,
    /// Why Alembic cannot load the file, or limbeck cannot read it.
    pub error: Option<ScriptError>,
}

/// Parses a text in either language, without the modules of the project. `None` if a Python script needs them.
///
/// # Errors
/// The line and what was expected there.
pub fn parse_text(language: Language, text: &str) -> Result<Option<Script>, ScriptError> {
    if language == Language::Sql {
        return Script::parse(text).map(Some);
    }
    let module = Module::read(text, &NoModules);
    match syntax_error(text, &module) {
        Some(error) => Err(error),
        // A value that is not in this text may be in another module.
        None if module.imports_names() => Ok(read(text, "", &module).ok()),
        None => read(text, "", &module).map(Some),
    }
}

/// Whether Alembic loads a file of a version folder. Lock files of Emacs and packages are not scripts.
#[must_use]
pub fn is_script_name(name: &str) -> bool {
    // Alembic distinguishes capital letters.
    name.strip_suffix(".py").is_some_and(|stem| !stem.is_empty())
        && !name.starts_with(".#")
        && !name.starts_with("__init__")
}

/// Parses the text of a Python script. `name` is the name of its file.
///
/// The error has the line and what was expected there. A file with a syntax error is read as far as possible.
#[must_use]
pub fn parse_script(text: &str, name: &str, modules: &dyn Modules) -> ParsedScript {
    let module = Module::read(text, modules);
    match (read(text, name, &module), syntax_error(text, &module)) {
        (Ok(script), error) => ParsedScript { script: Some(script), error },
        (Err(_), Some(error)) | (Err(error), None) => ParsedScript { script: None, error: Some(error) },
    }
}

fn syntax_error(text: &str, module: &Module<'_>) -> Option<ScriptError> {
    module.errors.first().map(|error| ScriptError {
        line: Some(line_at(text, error.offset)),
        message: format!("Python syntax error: {}", error.message),
        hint: Some("Alembic cannot load any script while this file is in the folder; correct it, or remove it".into()),
    })
}

fn read(text: &str, name: &str, module: &Module<'_>) -> Result<Script, ScriptError> {
    let reader = ScriptReader { text, module };
    let revision = reader.revision(name)?;
    if !module.has("down_revision") {
        return Err(ScriptError {
            line: None,
            message: "the file does not assign down_revision".into(),
            hint: Some("write `down_revision = None` for a base, or the id of the parent".into()),
        });
    }
    let parents = reader.strings("down_revision")?;
    let down_revisions = parents.iter().map(|id| reader.id("down_revision", id)).collect::<Result<Vec<_>, _>>()?;
    let raw_docstring = module.docstring.as_deref().unwrap_or_default().trim();
    let docstring = Docstring::parse(raw_docstring);
    Ok(Script {
        message: docstring.message.clone(),
        create_date: docstring.create_date.map(str::to_owned),
        branch_labels: reader.strings("branch_labels")?,
        depends_on: reader.strings("depends_on")?,
        code: ScriptCode::Python(PythonCode {
            docstring: raw_docstring.to_owned(),
            upgrade: module.function("upgrade").map(|span| code_span(text, span)),
            downgrade: module.function("downgrade").map(|span| code_span(text, span)),
            docstring_faults: docstring.faults(&revision, &down_revisions),
        }),
        revision,
        down_revisions,
    })
}

struct ScriptReader<'a> {
    text: &'a str,
    module: &'a Module<'a>,
}

impl ScriptReader<'_> {
    /// The id. Very old scripts have it only in their file name.
    fn revision(&self, name: &str) -> Result<RevisionId, ScriptError> {
        if !self.module.has("revision") {
            let stem = name.strip_suffix(".py").unwrap_or(name);
            if !stem.is_empty() && stem.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c)) {
                return self.id("revision", stem);
            }
            return Err(ScriptError {
                line: None,
                message: "the file does not assign revision".into(),
                hint: Some(
                    "every .py file in a version folder must be a script; move other files to another folder".into(),
                ),
            });
        }
        match self.module.value_of("revision") {
            Ok(Value::Text(id)) => self.id("revision", &id),
            Ok(_) => {
                let hint = Some("write the id as a string".to_owned());
                Err(ScriptError { hint, ..self.error("revision", None, "revision is not a string") })
            }
            Err(unreadable) => Err(self.unreadable("revision", unreadable)),
        }
    }

    fn id(&self, name: &str, text: &str) -> Result<RevisionId, ScriptError> {
        RevisionId::parse_existing(text).map_err(|error| {
            let message = format!("{name} is not a valid revision id: {error}");
            ScriptError { hint: Some(error.hint().to_owned()), ..self.error(name, None, &message) }
        })
    }

    /// The strings of `None`, a string, a tuple or a list. A name that is not assigned has none.
    fn strings(&self, name: &str) -> Result<Vec<String>, ScriptError> {
        if !self.module.has(name) {
            return Ok(Vec::new());
        }
        let value = self.module.value_of(name).map_err(|unreadable| self.unreadable(name, unreadable))?;
        let strings = match &value {
            _ if !value.is_true() => Some(Vec::new()),
            Value::Text(text) => Some(vec![text.clone()]),
            value => value.items().and_then(|items| {
                let texts = items.iter().map(|item| item.as_text().map(str::to_owned));
                texts.collect::<Option<Vec<String>>>()
            }),
        };
        let strings = strings
            .ok_or_else(|| self.error(name, None, &format!("{name} is not None, a string or a sequence of strings")))?;
        Ok(strings.into_iter().filter(|text| !text.is_empty()).collect())
    }

    fn unreadable(&self, name: &str, unreadable: Option<Unreadable>) -> ScriptError {
        let source = unreadable.as_ref().and_then(|place| self.text.get(place.offset..place.end));
        let source = source.and_then(|source| source.lines().next()).unwrap_or_default();
        let message = if source.is_empty() {
            format!("{name} is not a constant that limbeck can read without running the file")
        } else {
            format!("{name} is not a constant that limbeck can read without running the file: {source}")
        };
        self.error(name, unreadable, &message)
    }

    fn error(&self, name: &str, place: Option<Unreadable>, message: &str) -> ScriptError {
        let offset = place.map(|place| place.offset).or_else(|| last_line_with(self.text, name));
        ScriptError {
            line: offset.map(|offset| line_at(self.text, offset)),
            message: message.to_owned(),
            hint: Some(
                "write None, a string or a tuple of strings; constants of this file and of modules of the project are \
                 read too"
                    .into(),
            ),
        }
    }
}

/// The offset of the last line that begins with a name.
fn last_line_with(text: &str, name: &str) -> Option<usize> {
    let mut offset = 0;
    let mut found = None;
    for line in text.split_inclusive('\n') {
        if line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with(['=', ':'])) {
            found = Some(offset);
        }
        offset += line.len();
    }
    found
}

fn code_span(text: &str, span: FunctionSpan) -> CodeSpan {
    let FunctionSpan { start, end, is_empty, uses_results } = span;
    CodeSpan { line: line_at(text, start), start, end, is_empty, uses_results }
}

#[cfg(test)]
#[path = "script_tests.rs"]
mod tests;
