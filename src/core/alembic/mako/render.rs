//! The parts of a template → the text of a script.

use std::collections::HashMap;

use super::MakoError;
use super::parse::{Part, error};
use crate::core::python::{Date, Names, Value, evaluate_text};

/// The maximum length of a script in bytes. Loops can make a short template endless.
const MAX_LENGTH: usize = 4 << 20;
/// The maximum number of parts that are rendered.
const MAX_STEPS: usize = 100_000;

/// What a template can print.
#[derive(Debug, Clone, Copy)]
pub struct TemplateValues<'a> {
    pub message: &'a str,
    pub revision: &'a str,
    pub parents: &'a [String],
    pub branch_labels: &'a [String],
    pub depends_on: &'a [String],
    pub create_date: Date,
}

/// Renders the parts.
///
/// # Errors
/// If an expression cannot be read.
pub(super) fn render(
    parts: &[Part],
    values: &TemplateValues<'_>,
    option: &dyn Fn(&str) -> Option<String>,
) -> Result<String, MakoError> {
    let mut renderer =
        Renderer { names: TemplateNames { values: initial(values), option }, text: String::new(), steps: 0 };
    renderer.render(parts)?;
    Ok(renderer.text)
}

/// The values under the names that Alembic gives them.
fn initial(values: &TemplateValues<'_>) -> HashMap<String, Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    let texts = |texts: &[String]| texts.iter().map(|item| text(item)).collect::<Vec<_>>();
    let down_revision = match values.parents {
        [] => Value::None,
        [only] => text(only),
        several => Value::Tuple(texts(several)),
    };
    let depends_on = match values.depends_on {
        [] => Value::None,
        [only] => text(only),
        several => Value::List(texts(several)),
    };
    let labels = if values.branch_labels.is_empty() { Value::None } else { Value::Tuple(texts(values.branch_labels)) };
    [
        ("message", text(values.message)),
        ("up_revision", text(values.revision)),
        ("down_revision", down_revision),
        ("branch_labels", labels),
        ("depends_on", depends_on),
        ("create_date", Value::Date(values.create_date)),
        // A new script has no operations.
        ("imports", text("")),
        ("upgrades", text("")),
        ("downgrades", text("")),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

struct TemplateNames<'a> {
    values: HashMap<String, Value>,
    option: &'a dyn Fn(&str) -> Option<String>,
}

impl Names for TemplateNames<'_> {
    fn value(&self, dotted: &str) -> Option<Value> {
        self.values.get(dotted).cloned()
    }

    fn call(&self, dotted: &str, arguments: &[Value]) -> Option<Value> {
        let default = || arguments.get(1).cloned().unwrap_or(Value::None);
        match (dotted, arguments) {
            ("config.get_main_option", [Value::Text(name), ..]) => {
                Some((self.option)(name).map_or_else(default, Value::Text))
            }
            ("context.get", [Value::Text(name), ..]) => Some(self.values.get(name).cloned().unwrap_or_else(default)),
            ("comma", [value]) => Some(Value::Text(comma(value))),
            // The only pattern of Alembic's templates.
            ("re.split", [Value::Text(pattern), Value::Text(text)]) if pattern == ",\\s*" => {
                let parts = text.split(',').map(|part| Value::Text(part.trim_start().to_owned()));
                Some(Value::List(parts.collect()))
            }
            _ => None,
        }
    }
}

struct Renderer<'a> {
    names: TemplateNames<'a>,
    text: String,
    /// The number of parts rendered so far.
    steps: usize,
}

impl Renderer<'_> {
    fn render(&mut self, parts: &[Part]) -> Result<(), MakoError> {
        for part in parts {
            self.count_step(1)?;
            match part {
                Part::Text(text) => self.text.push_str(text),
                Part::Expression { line, code, filters } => {
                    let value = self.evaluate(code, *line)?;
                    let text = filters.iter().try_fold(value, |value, filter| apply_filter(filter, value, *line))?;
                    self.text.push_str(&text.to_text());
                }
                Part::Block { line, code } => self.run_block(code, *line)?,
                Part::If { branches } => {
                    for branch in branches {
                        let holds = match &branch.condition {
                            Some(condition) => self.evaluate(condition, branch.line)?.is_true(),
                            None => true,
                        };
                        if holds {
                            self.render(&branch.body)?;
                            break;
                        }
                    }
                }
                Part::For { line, name, items, body } => {
                    let value = self.evaluate(items, *line)?;
                    let items = value.items().ok_or_else(|| error(*line, format!("`{items}` is not a list")))?;
                    for item in items {
                        self.count_step(*line)?;
                        self.names.values.insert(name.clone(), item.clone());
                        self.render(body)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Counts a part or an iteration, and fails if the template does not end soon.
    fn count_step(&mut self, line: usize) -> Result<(), MakoError> {
        self.steps += 1;
        if self.text.len() <= MAX_LENGTH && self.steps <= MAX_STEPS {
            return Ok(());
        }
        let hint = Some("check the loops of the template".into());
        Err(MakoError { line, message: "the result of the template is too long".into(), hint })
    }

    fn evaluate(&self, code: &str, line: usize) -> Result<Value, MakoError> {
        evaluate_text(code, &self.names).map_err(|unreadable| {
            let part = code.get(unreadable.offset..unreadable.end).filter(|part| !part.is_empty()).unwrap_or(code);
            error(line, format!("limbeck cannot read the expression `{part}`"))
        })
    }

    /// Runs a block of Python: imports and assignments.
    fn run_block(&mut self, code: &str, line: usize) -> Result<(), MakoError> {
        for (number, statement) in code.lines().enumerate() {
            let line = line + number;
            let statement = statement.trim();
            let is_import = statement.starts_with("import ") || statement.starts_with("from ");
            if statement.is_empty() || statement.starts_with('#') || is_import {
                continue;
            }
            let assignment = statement.split_once('=').filter(|(name, value)| {
                let name = name.trim();
                let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
                is_name && !name.is_empty() && !value.starts_with('=')
            });
            let Some((name, value)) = assignment else {
                return Err(error(line, format!("limbeck reads only imports and assignments in `<% %>`: {statement}")));
            };
            let value = self.evaluate(value.trim(), line)?;
            self.names.values.insert(name.trim().to_owned(), value);
        }
        Ok(())
    }
}

fn apply_filter(filter: &str, value: Value, line: usize) -> Result<Value, MakoError> {
    match filter {
        "n" => Ok(value),
        "str" | "unicode" => Ok(Value::Text(value.to_text())),
        "trim" => Ok(Value::Text(value.to_text().trim().to_owned())),
        "comma" => Ok(Value::Text(comma(&value))),
        _ => Err(error(line, format!("limbeck does not know the filter '{filter}'"))),
    }
}

/// The items joined by commas; empty for `None`.
fn comma(value: &Value) -> String {
    match (value, value.items()) {
        (Value::None, _) => String::new(),
        (_, Some(items)) => items.iter().map(Value::to_text).collect::<Vec<_>>().join(", "),
        (value, None) => value.to_text(),
    }
}
