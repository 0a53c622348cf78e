//! A rule and its findings.

use super::class::Class;
use super::code::Code;
use super::evidence::Evidence;
use super::finding::Hazard;
use crate::core::statement::{Action, Effect, Name, Question, ScriptState, Subject};

/// One kind of hazard: its code, its explanation, and how it is found.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    pub code: Code,
    /// A few words, e.g. `drops column`.
    pub title: &'static str,
    /// The text that `limbeck lint --explain CODE` prints below the title: the effect, what is counted, what to do instead.
    pub page: &'static str,
    /// Examines one action of a statement; the state is the state that earlier statements have left.
    pub(super) check: fn(&Action, &ScriptState) -> Vec<Finding>,
}

/// One object that a rule found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    object: String,
    effect: Effect,
    /// Set if no count is needed.
    evidence: Option<Evidence>,
}

impl Rule {
    /// The class of its hazards.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.code.class()
    }

    /// The whole explanation, with code and title.
    #[must_use]
    pub fn explanation(&self) -> String {
        format!("{} {}\n\n{}", self.code, self.title, self.page)
    }

    /// The hazards of one action.
    pub(super) fn hazards(&self, action: &Action, state: &ScriptState) -> impl Iterator<Item = Hazard> {
        let findings = (self.check)(action, state).into_iter();
        findings.map(|Finding { object, effect, evidence }| Hazard { evidence, ..self.hazard(object, effect) })
    }

    /// A hazard of this rule on an object that was found outside [`Self::check`].
    pub(super) fn hazard(&self, object: String, effect: Effect) -> Hazard {
        Hazard::new(self.code, self.title, object, effect)
    }
}

/// The hazards of actions, in the order of the text; one hazard for each rule and object.
pub(super) fn examine(rules: &[Rule], actions: &[Action], state: &ScriptState) -> Vec<Hazard> {
    let mut found: Vec<Hazard> = Vec::new();
    for action in actions {
        for hazard in rules.iter().flat_map(|rule| rule.hazards(action, state)) {
            if !found.iter().any(|known| known.code == hazard.code && known.object == hazard.object) {
                found.push(hazard);
            }
        }
    }
    found
}

impl Finding {
    /// An effect on an object, with the name as the statement writes it.
    pub fn new(object: impl std::fmt::Display, effect: Effect) -> Self {
        Self { object: object.to_string(), effect, evidence: None }
    }

    /// A finding that is neither counted nor copied.
    pub fn named(object: impl std::fmt::Display) -> Self {
        Self::new(object, Effect::Other)
    }

    /// A lock on a table; `object` may be a part of the table.
    pub fn locks(object: impl std::fmt::Display, table: &Name) -> Self {
        Self::new(object, Effect::Locks { table: table.clone() })
    }

    /// A condition that makes the statement fail if rows of the table violate it; `question` counts these rows.
    pub fn checks(object: impl std::fmt::Display, table: &Name, question: Option<Question>) -> Self {
        Self::new(object, Effect::ChecksRows { table: table.clone(), question })
    }

    /// A finding for which the rows of a table are counted, but not copied.
    pub fn rows_of(object: impl std::fmt::Display, table: &Name) -> Self {
        Self::new(object, Effect::KeepsData(Subject::table(table)))
    }

    /// The same finding, known to affect no data that existed before the script.
    pub fn affecting_nothing(self) -> Self {
        Self { evidence: Some(Evidence::counted(0, 0, 0.0)), ..self }
    }
}
