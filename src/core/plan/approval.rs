//! Approval as a type. An approval can be built only from a plan and the accepted hazards, and `apply` requires one.

use std::collections::BTreeSet;

use super::{EnvironmentName, Plan, Step};
use crate::core::hazard::Class;

/// The approval options of the command line.
#[derive(Debug, Clone, Copy, Default)]
pub struct ApprovalOptions<'a> {
    /// `--allow`.
    pub classes: &'a [Class],
    /// `--confirm`.
    pub environment: Option<&'a str>,
    /// `--yes`: environments that should reach the target first are ignored.
    pub ignore_outdated: bool,
}

/// Proof that a user accepted every hazard of one plan that requires approval.
///
/// Only the functions below can build it. Therefore a plan cannot destroy anything that was not shown first.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    plan: std::sync::Arc<Plan>,
    granted: Vec<Class>,
}

/// What is missing for an approval.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    #[error("{}", describe(.0))]
    Classes(Vec<Class>),
    #[error("environments that should be upgraded first have not reached the target: {}", .0.join(", "))]
    OutdatedEnvironments(Vec<String>),
    #[error("the environment '{0}' is protected: confirm its name")]
    Environment(String),
    #[error("the environment is '{name}', and '{given}' was confirmed")]
    OtherEnvironment { name: String, given: String },
    #[error("'{typed}' is not '{expected}'")]
    Word { typed: String, expected: String },
}

impl Approval {
    /// Approves a plan that requires no approval.
    ///
    /// # Errors
    /// If the plan requires approval.
    pub fn not_required(plan: std::sync::Arc<Plan>) -> Result<Self, ApprovalError> {
        Self::from_options(plan, ApprovalOptions::default())
    }

    /// Approves a plan with the options of the command line: the hazard classes, and the name of a protected
    /// environment.
    ///
    /// # Errors
    /// If a hazard class or the environment's name is missing, if the name of another environment is confirmed, or if
    /// other environments should be upgraded first.
    pub fn from_options(plan: std::sync::Arc<Plan>, options: ApprovalOptions<'_>) -> Result<Self, ApprovalError> {
        plan.environment.check_confirmed(options.environment)?;
        let mut missing: Vec<Class> = plan
            .losses_to_approve()
            .map(|hazard| hazard.class)
            .filter(|class| !options.classes.contains(class))
            .collect();
        missing.sort_unstable();
        missing.dedup();
        if !missing.is_empty() {
            return Err(ApprovalError::Classes(missing));
        }
        if let Some(name) = plan.environment_to_confirm()
            && options.environment != Some(name)
        {
            return Err(ApprovalError::Environment(name.to_owned()));
        }
        if !plan.outdated_environments.is_empty() && !options.ignore_outdated {
            let names = plan.outdated_environments.iter().map(|outdated| outdated.environment.clone());
            return Err(ApprovalError::OutdatedEnvironments(names.collect()));
        }
        Ok(Self { plan, granted: options.classes.to_vec() })
    }

    /// Approves a plan with the word that the user typed.
    ///
    /// # Errors
    /// If the word is not [`Plan::word_to_type`]. Surrounding blanks are ignored.
    pub fn from_typed_word(plan: std::sync::Arc<Plan>, typed: &str) -> Result<Self, ApprovalError> {
        match plan.word_to_type() {
            Some(expected) if typed.trim() != expected => {
                Err(ApprovalError::Word { typed: typed.trim().to_owned(), expected })
            }
            _ => {
                let granted = plan.unplanned.iter().map(|hazard| hazard.class).collect();
                Ok(Self { plan, granted })
            }
        }
    }

    /// The approved plan. No other plan can run with this approval.
    #[must_use]
    pub fn plan(&self) -> &std::sync::Arc<Plan> {
        &self.plan
    }

    /// The hazard classes that were approved for a step: those of its statements, and for a Python script also those that
    /// cover statements that are not in the plan.
    #[must_use]
    pub fn classes_of(&self, step: &Step) -> Vec<Class> {
        let hazards = step.statements.iter().flat_map(|statement| &statement.hazards);
        let approved = hazards.filter(|hazard| self.plan.must_approve(hazard)).map(|hazard| hazard.class);
        let unplanned = self.granted.iter().copied().filter(|_| step.python.is_some());
        approved.chain(unplanned).collect::<BTreeSet<Class>>().into_iter().collect()
    }

    /// The classes that were approved as a whole. They also cover statements that are not in the plan.
    #[must_use]
    pub fn granted(&self) -> &[Class] {
        &self.granted
    }
}

impl EnvironmentName {
    /// Checks a name that the user confirmed, also if the environment is not protected: the user may be connected to
    /// another environment than expected. A protected environment asks for its name anyway.
    ///
    /// # Errors
    /// If it is the name of another environment.
    pub fn check_confirmed(&self, given: Option<&str>) -> Result<(), ApprovalError> {
        match given {
            Some(given) if given != self.shown() && !self.protected => {
                Err(ApprovalError::OtherEnvironment { name: self.shown().to_owned(), given: given.to_owned() })
            }
            _ => Ok(()),
        }
    }
}

impl Plan {
    /// The name that the user must confirm before the plan runs in a protected environment.
    #[must_use]
    pub fn environment_to_confirm(&self) -> Option<&str> {
        (self.environment.protected && !self.is_empty()).then(|| self.environment.shown())
    }

    /// The word that the user must type in the dialog: the name of a protected environment; otherwise the last part of
    /// the name of the first object that requires approval; otherwise the first environment that should be upgraded
    /// first. `None` if the plan requires no approval.
    #[must_use]
    pub fn word_to_type(&self) -> Option<String> {
        if let Some(name) = self.environment_to_confirm() {
            return Some(name.to_owned());
        }
        if let Some(hazard) = self.losses_to_approve().next() {
            let last = hazard.object.rsplit('.').next().unwrap_or_default().trim_matches('"').trim();
            // For a name like `"."` the last part is empty, and an empty word would be no approval.
            return Some(if last.is_empty() { "apply" } else { last }.to_owned());
        }
        self.outdated_environments.first().map(|outdated| outdated.environment.clone())
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
    use crate::core::plan::{
        EnvironmentName, OutdatedEnvironment, PlanDirection, PlannedStatement, Step, TransactionMode,
    };
    use crate::core::statement::{Effect, analyse_one};

    fn plan(object: &str, values: Option<u64>, protected: bool, outdated: &[&str]) -> Arc<Plan> {
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
            transactions: Vec::new(),
            changes: Vec::new(),
            heads_after: Vec::new(),
            statements: vec![statement],
            python: None,
        };
        let outdated =
            outdated.iter().map(|name| OutdatedEnvironment { environment: (*name).into(), state: String::new() });
        Arc::new(Plan {
            direction: PlanDirection::Upgrade,
            target: "head".into(),
            environment: EnvironmentName { name: Some("prod".into()), protected },
            database: String::new(),
            mode: TransactionMode::Each,
            from: Vec::new(),
            to: Vec::new(),
            steps: vec![step],
            confirm: vec![Class::DataLoss],
            blank: false,
            outdated_environments: outdated.collect(),
            copies: crate::core::copies::CopyForecast::default(),
            backup_first: false,
            unplanned: Vec::new(),
            notes: Vec::new(),
        })
    }

    #[test]
    fn approval_is_required_if_data_is_lost_or_not_counted() {
        assert!(Approval::not_required(plan("t", Some(0), false, &[])).is_ok());
        assert!(Approval::not_required(plan("t", Some(1), false, &[])).is_err());
        assert!(Approval::not_required(plan("t", None, false, &[])).is_err());
    }

    #[test]
    fn a_protected_environment_requires_its_name_in_addition_to_the_classes() {
        let classes = &[Class::DataLoss][..];
        let options = ApprovalOptions { classes, ..ApprovalOptions::default() };
        assert!(Approval::from_options(plan("t", None, false, &[]), options).is_ok());
        let error = Approval::from_options(plan("t", None, true, &[]), options).unwrap_err();
        assert_eq!(error, ApprovalError::Environment("prod".into()));
        let confirmed = ApprovalOptions { environment: Some("prod"), ..options };
        assert!(Approval::from_options(plan("t", None, true, &[]), confirmed).is_ok());
        assert!(
            Approval::from_options(plan("t", None, false, &[]), ApprovalOptions { classes: &[Class::Lock], ..options })
                .is_err()
        );
    }

    #[test]
    fn an_outdated_environment_requires_approval() {
        let outdated = || plan("t", Some(0), false, &["staging"]);
        assert_eq!(
            Approval::not_required(outdated()).unwrap_err(),
            ApprovalError::OutdatedEnvironments(vec!["staging".into()])
        );
        assert!(
            Approval::from_options(outdated(), ApprovalOptions { ignore_outdated: true, ..ApprovalOptions::default() })
                .is_ok()
        );
        assert!(Approval::from_typed_word(outdated(), "staging").is_ok());
        assert!(Approval::from_typed_word(outdated(), "").is_err());
    }

    #[test]
    fn the_word_to_type_is_never_empty() {
        let word = |object: &str| plan(object, None, false, &[]).word_to_type().unwrap();
        assert_eq!(word("functions.legacy_code"), "legacy_code");
        assert_eq!(word("\"odd.\""), "apply");
        assert_eq!(word("\" \""), "apply");
        assert!(Approval::from_typed_word(plan("\".\"", None, false, &[]), "").is_err());
    }

    #[test]
    fn the_name_of_another_environment_is_no_confirmation() {
        let confirm = |environment| ApprovalOptions { environment, ignore_outdated: true, ..Default::default() };
        for (name, given, approved) in [
            (None, None, true),
            (None, Some("default"), true),
            (None, Some("production"), false),
            (Some("staging"), Some("staging"), true),
            (Some("staging"), Some("production"), false),
        ] {
            let mut plan = Plan::clone(&plan("t", Some(0), false, &[]));
            plan.environment.name = name.map(str::to_owned);
            let result = Approval::from_options(Arc::new(plan), confirm(given));
            assert_eq!(result.is_ok(), approved, "{name:?} {given:?} {result:?}");
        }
    }
}
