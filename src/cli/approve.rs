//! Approval on the command line: by class with `--allow`, or by a word typed on a terminal.

use std::sync::Arc;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::terminal::Terminal;
use super::{plan_text, question};
use crate::core::hazard::Class;
use crate::core::plan::{Approval, ApprovalError, Granted, Plan};
use crate::engine::{Error, ErrorKind};

/// A word of `--allow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allow {
    All,
    Class(Class),
}

impl Allow {
    /// Reads a class by its word, or `all`.
    #[must_use]
    pub fn parser() -> impl TypedValueParser<Value = Self> {
        PossibleValuesParser::new(Class::ALL.iter().map(|class| class.word()).chain(["all"]))
            .map(|word| Class::ALL.into_iter().find(|class| class.word() == word).map_or(Self::All, Self::Class))
    }

    /// Whether it means a class.
    #[must_use]
    pub fn covers(self, class: Class) -> bool {
        self == Self::All || self == Self::Class(class)
    }
}

/// Approves a plan with what the options give; asks on a terminal for what is missing.
///
/// # Errors
/// Of kind `Approval`, with all that would be lost, when something is missing and nobody can be asked,
/// or another word was typed.
pub fn approve(
    terminal: Terminal,
    plan: &Arc<Plan>,
    allow: &[Allow],
    confirm: Option<&str>,
    yes: bool,
) -> Result<Approval, Error> {
    let classes = allowed(allow, plan.environment.protected);
    let granted = Granted { classes: &classes, environment: confirm, behind: yes };
    let missing = match Approval::by_class(Arc::clone(plan), granted) {
        Ok(approval) => return Ok(approval),
        Err(missing) => missing,
    };
    if !terminal.can_ask() {
        let mut refusal = refusal(plan, &missing);
        if plan.environment.protected && allow.contains(&Allow::All) {
            refusal = refusal.because("`--allow all` counts for nothing in a protected environment: name the classes");
        }
        return Err(refusal);
    }
    let typed = ask(plan)?;
    Approval::by_word(Arc::clone(plan), &typed)
        .map_err(|error| Error::of(ErrorKind::Approval, error.to_string()).hint("nothing was run"))
}

/// The classes that the words stand for. `all` counts for nothing where the environment is protected.
fn allowed(allow: &[Allow], protected: bool) -> Vec<Class> {
    let mut classes = Vec::new();
    for word in allow {
        match word {
            Allow::Class(class) => classes.push(*class),
            Allow::All if protected => {}
            Allow::All => classes.extend(Class::ALL),
        }
    }
    classes
}

fn refusal(plan: &Plan, missing: &ApprovalError) -> Error {
    let mut error = Error::of(ErrorKind::Approval, format!("{missing}; nothing was run"));
    let mut options = Vec::new();
    if let ApprovalError::Classes(classes) = missing {
        let lines = plan_text::to_approve(plan);
        error.causes.extend(lines);
        if classes.contains(&Class::DataLoss) {
            error.causes.extend(plan.safeguards());
        }
        options.push(format!("--allow {}", classes.iter().map(|class| class.word()).collect::<Vec<_>>().join(",")));
    }
    options.extend(plan.environment_to_confirm().map(|name| format!("--confirm {name}")));
    if !plan.behind.is_empty() {
        error.causes.extend(plan_text::behind(plan));
        options.push("--yes".to_owned());
    }
    error.hint(format!("look at the plan with --dry-run; then add {}", options.join(" ")))
}

/// Shows what is at stake and reads the word.
fn ask(plan: &Plan) -> Result<String, Error> {
    let lines = plan_text::to_approve(plan).into_iter().chain(plan.safeguards()).chain(plan_text::behind(plan));
    let environment = plan.environment.name.as_deref().unwrap_or("default");
    let word = plan.word_to_type().unwrap_or_default();
    let verb = plan.direction.word();
    question::ask(lines, &format!("{verb} on environment {environment}. Type {word} to approve:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_every_class_but_not_where_it_is_protected() {
        assert_eq!(allowed(&[Allow::All], false), Class::ALL);
        assert_eq!(allowed(&[Allow::All, Allow::Class(Class::Lock)], true), [Class::Lock]);
    }
}
