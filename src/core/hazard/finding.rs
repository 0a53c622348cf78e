//! One hazard of one statement.

use super::class::Class;
use super::code::Code;
use super::evidence::Evidence;
use crate::core::statement::{Effect, RowSelection, Statement, Subject};

/// One finding on one statement.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Hazard {
    pub code: Code,
    pub class: Class,
    /// A few words, e.g. `drops column`.
    pub title: &'static str,
    /// The affected object as the statement names it, e.g. `functions.legacy_code`.
    pub object: String,
    /// `None`: not counted. Lost data that was not counted needs approval.
    pub evidence: Option<Evidence>,
    /// What the statement does to the object.
    #[serde(skip)]
    pub effect: Effect,
    /// What was counted, or is to be counted. It starts as that of the effect, and is replaced by something less specific
    /// if that cannot be counted.
    #[serde(skip)]
    pub subject: Subject,
    /// What the subject is on the target, if that was determined on a scratch copy.
    #[serde(skip)]
    pub origin: Option<Origin>,
    /// The reason given in a note above the statement. It is shown, and approves nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
}

/// The object of a statement before the plan runs, if earlier statements change what its name refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The object that has this name on the target.
    Same,
    /// An object of the target that has another name there.
    Renamed(Subject),
    /// None: the plan itself creates it, or it does not exist.
    CreatedByPlan,
    /// It includes rows that are elsewhere before the plan runs.
    Unknown,
}

impl Hazard {
    /// A hazard that was not counted.
    #[must_use]
    pub fn new(code: Code, title: &'static str, object: String, effect: Effect) -> Self {
        let subject = effect.subject();
        Self { code, class: code.class(), title, object, evidence: None, effect, subject, origin: None, allowed: None }
    }

    /// Whether fewer than the counted rows or values may be affected: a condition could not be evaluated, and may exclude
    /// some.
    #[must_use]
    pub fn is_upper_bound(&self) -> bool {
        let counted = self.evidence.is_some_and(|evidence| !evidence.exact && evidence.why.is_none());
        let has_condition =
            matches!(self.effect, Effect::DeletesRows { .. } | Effect::OverwritesValues { .. } | Effect::Cascades(_));
        counted && has_condition
    }

    /// The subject by the name that it has on the target before the plan runs.
    #[must_use]
    pub fn subject_before(&self) -> &Subject {
        match &self.origin {
            Some(Origin::Renamed(before)) => before,
            _ => &self.subject,
        }
    }

    /// Whether an exact count found nothing.
    #[must_use]
    pub fn affects_nothing(&self) -> bool {
        self.evidence.is_some_and(|evidence| evidence.exact && evidence.values == 0)
    }

    /// Replaces parameters in the condition; `literals` are the values of `$1`, `$2`, … as SQL.
    pub fn bind(&mut self, literals: &[String]) {
        if !literals.is_empty() {
            self.effect = self.effect.bind(literals);
            self.subject = self.effect.subject();
        }
    }

    /// Marks the count as an upper bound if a condition that could not be evaluated may exclude rows.
    pub fn bound(&mut self, statement: &Statement) {
        let is_unknown = match &self.effect {
            Effect::DeletesRows { rows, .. } | Effect::OverwritesValues { rows, .. } => *rows != RowSelection::All,
            // Foreign keys follow the rows of a DELETE or UPDATE; a DROP or TRUNCATE affects everything.
            Effect::Cascades(_) => !statement.command.is_one_of(&["drop", "alter", "truncate"]),
            _ => false,
        };
        if !is_unknown || self.subject.has_condition() {
            return;
        }
        if let Some(evidence) = self.evidence.as_mut().filter(|evidence| evidence.values > 0) {
            evidence.exact = false;
        }
    }
}
