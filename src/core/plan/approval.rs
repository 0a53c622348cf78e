//! Approval as a type: it can only be had from a plan and the hazards that were accepted, and
//! applying takes one.

use super::Plan;
use crate::core::hazard::Class;

/// Proof that every hazard of one plan that needs it was accepted.
///
/// There is no other way to make one than the functions below, so nothing destructive can be
/// applied that was not shown first.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    plan: std::sync::Arc<Plan>,
}

/// What is missing for an approval.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    #[error("{}", describe(.0))]
    Classes(Vec<Class>),
    #[error("the environment '{0}' is protected: its name has to be confirmed")]
    Environment(String),
    #[error("'{typed}' is not '{expected}'")]
    Word { typed: String, expected: String },
}

impl Approval {
    /// For a plan in which nothing needs approval.
    ///
    /// # Errors
    /// When something does.
    pub fn not_needed(plan: std::sync::Arc<Plan>) -> Result<Self, ApprovalError> {
        Self::by_class(plan, &[], None)
    }

    /// By classes, as `--allow` gives them, and for a protected environment its name.
    ///
    /// # Errors
    /// Names the classes that were not given, or asks for the environment's name.
    pub fn by_class(
        plan: std::sync::Arc<Plan>,
        allowed: &[Class],
        confirmed_environment: Option<&str>,
    ) -> Result<Self, ApprovalError> {
        let mut missing: Vec<Class> =
            plan.to_approve().map(|(_, _, hazard)| hazard.class).filter(|class| !allowed.contains(class)).collect();
        missing.sort_unstable();
        missing.dedup();
        if !missing.is_empty() {
            return Err(ApprovalError::Classes(missing));
        }
        if let Some(name) = plan.environment_to_confirm()
            && confirmed_environment != Some(name)
        {
            return Err(ApprovalError::Environment(name.to_owned()));
        }
        Ok(Self { plan })
    }

    /// By the word that the confirmation asked for.
    ///
    /// # Errors
    /// When the word differs; blanks around it do not count.
    pub fn by_word(plan: std::sync::Arc<Plan>, typed: &str) -> Result<Self, ApprovalError> {
        match plan.word_to_type() {
            Some(expected) if typed.trim() != expected => {
                Err(ApprovalError::Word { typed: typed.trim().to_owned(), expected })
            }
            _ => Ok(Self { plan }),
        }
    }

    /// The plan that was approved, and the only one that may run with this approval.
    #[must_use]
    pub fn plan(&self) -> &std::sync::Arc<Plan> {
        &self.plan
    }
}

impl Plan {
    /// The name that has to be confirmed before anything runs in a protected environment.
    #[must_use]
    pub fn environment_to_confirm(&self) -> Option<&str> {
        (self.environment.protected && !self.is_empty()).then(|| self.environment.name.as_deref().unwrap_or("default"))
    }

    /// The word to type in the dialog: the environment when it is protected, else the last part of
    /// the name of the first object that needs approval. `None` when nothing needs it.
    #[must_use]
    pub fn word_to_type(&self) -> Option<String> {
        if let Some(name) = self.environment_to_confirm() {
            return Some(name.to_owned());
        }
        let (_, _, hazard) = self.to_approve().next()?;
        Some(hazard.object.rsplit('.').next().unwrap_or(&hazard.object).trim_matches('"').to_owned())
    }
}

fn describe(classes: &[Class]) -> String {
    let words: Vec<&str> = classes.iter().map(|class| class.word()).collect();
    format!("approval is needed for {}", words.join(", "))
}
