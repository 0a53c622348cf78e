//! A hazard of a statement.

use super::class::Class;
use super::code::Code;
use super::evidence::Evidence;
use crate::core::statement::{Effect, RowSelection, Statement, Subject};

/// A hazard of a statement: one object that a rule found.
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
    /// The effect of the statement on the object.
    #[serde(skip)]
    pub effect: Effect,
    /// The subject of the count. It is initially that of the effect. If that cannot be counted, a less specific subject
    /// replaces it.
    #[serde(skip)]
    pub subject: Subject,
    /// The object of the target to which the subject belongs, if it was determined on a scratch copy.
    #[serde(skip)]
    pub origin: Option<Origin>,
    /// The reason in a note above the statement. It is shown, but it is no approval.
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
    /// No object of the target: the plan itself creates it, or it does not exist.
    CreatedByPlan,
    /// Not determined: it includes rows that belong to another table before the plan runs.
    Unknown,
}

impl Hazard {
    /// A hazard that was not counted.
    #[must_use]
    pub fn new(code: Code, title: &'static str, object: String, effect: Effect) -> Self {
        let subject = effect.subject();
        Self { code, class: code.class(), title, object, evidence: None, effect, subject, origin: None, allowed: None }
    }

    /// Whether the count is an upper bound, because a condition that may exclude rows could not be evaluated.
    #[must_use]
    pub fn is_upper_bound(&self) -> bool {
        let counted = self.evidence.is_some_and(|evidence| !evidence.exact && evidence.why.is_none());
        let has_condition =
            matches!(self.effect, Effect::DeletesRows { .. } | Effect::OverwritesValues { .. } | Effect::Cascades(_));
        counted && has_condition
    }

    /// The subject with the name that it has on the target before the plan runs.
    #[must_use]
    pub fn subject_before(&self) -> &Subject {
        match &self.origin {
            Some(Origin::Renamed(before)) => before,
            _ => &self.subject,
        }
    }

    /// Whether an exact count found no rows or values.
    #[must_use]
    pub fn affects_nothing(&self) -> bool {
        self.evidence.is_some_and(|evidence| evidence.exact && evidence.values == 0)
    }

    /// Replaces the parameters in the condition; `literals` are the values of `$1`, `$2`, … as SQL.
    pub fn bind(&mut self, literals: &[String]) {
        if !literals.is_empty() {
            self.effect = self.effect.bind(literals);
            self.subject = self.effect.subject();
        }
    }

    /// Marks the count as an upper bound if a condition that may exclude rows could not be evaluated.
    pub fn mark_upper_bound(&mut self, statement: &Statement) {
        let is_unknown = match &self.effect {
            Effect::DeletesRows { rows, .. } | Effect::OverwritesValues { rows, .. } => *rows != RowSelection::All,
            // DROP and TRUNCATE affect all rows. A foreign key affects only rows that refer to changed ones.
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
