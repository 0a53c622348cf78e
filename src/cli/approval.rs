//! Approval on the command line: by class with `--allow`, or by a word that the user types on a terminal.

use std::sync::Arc;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::output::plan as plan_text;
use super::prompt;
use super::terminal::Terminal;
use crate::core::hazard::Class;
use crate::core::plan::{Approval, ApprovalError, ApprovalOptions, Plan};
use crate::engine::{Error, ErrorKind};

/// The word that allows connections of Python scripts that limbeck cannot see.
const UNSEEN: &str = "unseen";

/// A value of `--allow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allow {
    All,
    Class(Class),
    /// Connections of Python scripts that limbeck cannot see.
    Unseen,
}

impl Allow {
    /// Parses the name of a class, or `all`.
    #[must_use]
    pub fn parser() -> impl TypedValueParser<Value = Self> {
        PossibleValuesParser::new(Class::ALL.iter().map(|class| class.word()).chain(["all"]))
            .map(|word| Class::ALL.into_iter().find(|class| class.word() == word).map_or(Self::All, Self::Class))
    }

    /// Parses the name of a class, `all`, or `unseen`.
    #[must_use]
    pub fn migration_parser() -> impl TypedValueParser<Value = Self> {
        PossibleValuesParser::new(Class::ALL.iter().map(|class| class.word()).chain(["all", UNSEEN])).map(|word| {
            if word == UNSEEN {
                return Self::Unseen;
            }
            Class::ALL.into_iter().find(|class| class.word() == word).map_or(Self::All, Self::Class)
        })
    }

    /// Whether it includes a class.
    #[must_use]
    pub fn covers(self, class: Class) -> bool {
        self == Self::All || self == Self::Class(class)
    }
}

/// Approves a plan with the given options. If an approval is missing and a user is at the terminal, asks for it.
///
/// # Errors
/// Of kind `Approval`, with everything that would be lost, if an approval is missing and the user cannot be asked or
/// typed another word.
pub fn approve(
    terminal: Terminal,
    plan: &Arc<Plan>,
    allow: &[Allow],
    confirm: Option<&str>,
    yes: bool,
) -> Result<Approval, Error> {
    let classes = allowed_classes(allow, plan.environment.protected);
    let granted = ApprovalOptions { classes: &classes, environment: confirm, ignore_outdated: yes };
    let missing = match Approval::from_options(Arc::clone(plan), granted) {
        Ok(approval) => return Ok(approval),
        Err(missing) => missing,
    };
    if let ApprovalError::OtherEnvironment { .. } = missing {
        return Err(Error::of(ErrorKind::Approval, format!("{missing}; nothing was run"))
            .hint("select the environment with -e, or confirm the name of this one"));
    }
    if !terminal.can_ask() {
        let mut error = missing_approval(plan, &missing);
        if plan.environment.protected && allow.contains(&Allow::All) {
            error = error.because("`--allow all` has no effect in a protected environment: name the classes");
        }
        return Err(error);
    }
    let typed = ask_for_word(plan)?;
    Approval::from_typed_word(Arc::clone(plan), &typed)
        .map_err(|error| Error::of(ErrorKind::Approval, error.to_string()).hint("nothing was run"))
}

/// The classes that the options approve. `all` has no effect in a protected environment.
fn allowed_classes(allow: &[Allow], protected: bool) -> Vec<Class> {
    let mut classes = Vec::new();
    for word in allow {
        match word {
            Allow::Class(class) => classes.push(*class),
            Allow::Unseen => {}
            Allow::All if protected => {}
            Allow::All => classes.extend(Class::ALL),
        }
    }
    classes
}

fn missing_approval(plan: &Plan, missing: &ApprovalError) -> Error {
    let mut error = Error::of(ErrorKind::Approval, format!("{missing}; nothing was run"));
    let mut options = Vec::new();
    if let ApprovalError::Classes(classes) = missing {
        error.causes.extend(plan_text::hazards_to_approve(plan));
        if classes.contains(&Class::DataLoss) {
            error.causes.extend(plan.safeguards());
        }
        options.push(format!("--allow {}", classes.iter().map(|class| class.word()).collect::<Vec<_>>().join(",")));
    }
    options.extend(plan.environment_to_confirm().map(|name| format!("--confirm {name}")));
    if !plan.outdated_environments.is_empty() {
        error.causes.extend(plan_text::outdated_environment_lines(plan));
        options.push("--yes".to_owned());
    }
    error.hint(format!("look at the plan with --dry-run; then add {}", options.join(" ")))
}

/// Shows what would be lost and reads the word that approves it.
fn ask_for_word(plan: &Plan) -> Result<String, Error> {
    let lines = plan_text::hazards_to_approve(plan)
        .into_iter()
        .chain(plan.safeguards())
        .chain(plan_text::outdated_environment_lines(plan));
    let environment = plan.environment.name.as_deref().unwrap_or("default");
    let word = plan.word_to_type().unwrap_or_default();
    let verb = plan.direction.word();
    prompt::ask(lines, &format!("{verb} on environment {environment}. Type {word} to approve:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_includes_every_class_except_in_a_protected_environment() {
        assert_eq!(allowed_classes(&[Allow::All], false), Class::ALL);
        assert_eq!(allowed_classes(&[Allow::All, Allow::Class(Class::Lock)], true), [Class::Lock]);
    }
}
