//! Approval as a type: it can only be had from a plan and the hazards that were accepted, and
//! applying takes one.

use super::Plan;
use crate::core::hazard::Class;

/// What a person has granted beforehand, as the command line's options say it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Granted<'a> {
    /// `--allow`.
    pub classes: &'a [Class],
    /// `--confirm`.
    pub environment: Option<&'a str>,
    /// `--yes`: environments that should have come first may be passed by.
    pub behind: bool,
}

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
    #[error("{} should come first and has not reached the target", .0.join(", "))]
    Behind(Vec<String>),
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
        Self::by_class(plan, Granted::default())
    }

    /// By classes, as `--allow` gives them, and for a protected environment its name.
    ///
    /// # Errors
    /// Names the classes that were not given, asks for the environment's name, or names those that should come first.
    pub fn by_class(plan: std::sync::Arc<Plan>, granted: Granted<'_>) -> Result<Self, ApprovalError> {
        let mut missing: Vec<Class> = plan
            .to_approve()
            .map(|(_, _, hazard)| hazard.class)
            .filter(|class| !granted.classes.contains(class))
            .collect();
        missing.sort_unstable();
        missing.dedup();
        if !missing.is_empty() {
            return Err(ApprovalError::Classes(missing));
        }
        if let Some(name) = plan.environment_to_confirm()
            && granted.environment != Some(name)
        {
            return Err(ApprovalError::Environment(name.to_owned()));
        }
        if !plan.behind.is_empty() && !granted.behind {
            return Err(ApprovalError::Behind(plan.behind.iter().map(|behind| behind.environment.clone()).collect()));
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
    /// the name of the first object that needs approval, else the environment that should come first.
    /// `None` when nothing needs it.
    #[must_use]
    pub fn word_to_type(&self) -> Option<String> {
        if let Some(name) = self.environment_to_confirm() {
            return Some(name.to_owned());
        }
        if let Some((_, _, hazard)) = self.to_approve().next() {
            let last = hazard.object.rsplit('.').next().unwrap_or_default().trim_matches('"').trim();
            // A name like `"."` leaves nothing to type; an empty word would let Enter alone through.
            return Some(if last.is_empty() { "apply" } else { last }.to_owned());
        }
        self.behind.first().map(|behind| behind.environment.clone())
    }
}

fn describe(classes: &[Class]) -> String {
    let words: Vec<&str> = classes.iter().map(|class| class.word()).collect();
    format!("approval is needed for {}", words.join(", "))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::core::graph::{Direction, RevisionId};
    use crate::core::hazard::{Code, Evidence, Hazard};
    use crate::core::plan::{Behind, EnvironmentName, PlannedStatement, Step, TransactionMode};
    use crate::core::statement::{Effect, analyse_one};

    fn plan(object: &str, values: Option<u64>, protected: bool, behind: &[&str]) -> Arc<Plan> {
        let evidence = values.map(|values| Evidence::counted(values, values, 0.0));
        let hazard = Hazard { evidence, ..Hazard::new(Code::DropTable, "t", object.into(), Effect::Other) };
        let statement = PlannedStatement { line: 1, column: 1, statement: analyse_one(""), hazards: vec![hazard] };
        let step = Step {
            revision: RevisionId::parse("a").unwrap(),
            direction: Direction::Upgrade,
            message: String::new(),
            path: None,
            script: "".into(),
            shown_from: Vec::new(),
            shown_to: Vec::new(),
            transactional: true,
            changes: Vec::new(),
            heads_after: Vec::new(),
            statements: vec![statement],
        };
        let behind = behind.iter().map(|name| Behind { environment: (*name).into(), state: String::new() });
        Arc::new(Plan {
            direction: Direction::Upgrade,
            target: "head".into(),
            environment: EnvironmentName { name: Some("prod".into()), protected },
            place: String::new(),
            mode: TransactionMode::Each,
            from: Vec::new(),
            to: Vec::new(),
            steps: vec![step],
            confirm: vec![Class::DataLoss],
            blank: false,
            behind: behind.collect(),
            keeping: crate::core::copies::Keeping::default(),
            backup_first: false,
        })
    }

    #[test]
    fn nothing_lost_needs_no_approval_and_the_uncounted_does() {
        assert!(Approval::not_needed(plan("t", Some(0), false, &[])).is_ok());
        assert!(Approval::not_needed(plan("t", Some(1), false, &[])).is_err());
        assert!(Approval::not_needed(plan("t", None, false, &[])).is_err());
    }

    #[test]
    fn classes_do_for_what_they_name_and_a_protected_name_is_asked_besides() {
        let classes = &[Class::DataLoss][..];
        let granted = Granted { classes, ..Granted::default() };
        assert!(Approval::by_class(plan("t", None, false, &[]), granted).is_ok());
        let error = Approval::by_class(plan("t", None, true, &[]), granted).unwrap_err();
        assert_eq!(error, ApprovalError::Environment("prod".into()));
        let confirmed = Granted { environment: Some("prod"), ..granted };
        assert!(Approval::by_class(plan("t", None, true, &[]), confirmed).is_ok());
        assert!(
            Approval::by_class(plan("t", None, false, &[]), Granted { classes: &[Class::Lock], ..granted }).is_err()
        );
    }

    #[test]
    fn an_environment_that_should_come_first_is_asked_about() {
        let waiting = || plan("t", Some(0), false, &["staging"]);
        assert_eq!(Approval::not_needed(waiting()).unwrap_err(), ApprovalError::Behind(vec!["staging".into()]));
        assert!(Approval::by_class(waiting(), Granted { behind: true, ..Granted::default() }).is_ok());
        assert!(Approval::by_word(waiting(), "staging").is_ok());
        assert!(Approval::by_word(waiting(), "").is_err());
    }

    #[test]
    fn the_word_is_never_empty() {
        let word = |object: &str| plan(object, None, false, &[]).word_to_type().unwrap();
        assert_eq!(word("functions.legacy_code"), "legacy_code");
        assert_eq!(word("\"odd.\""), "apply");
        assert_eq!(word("\" \""), "apply");
        assert!(Approval::by_word(plan("\".\"", None, false, &[]), "").is_err());
    }
}
