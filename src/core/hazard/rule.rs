//! A rule, and what it finds.

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
    /// What `limbeck lint --explain CODE` prints below the title: what it is, what is counted, what to do instead.
    pub page: &'static str,
    /// Examines one action of a statement, given what earlier statements have done.
    pub(super) check: fn(&Action, &ScriptState) -> Vec<Finding>,
}

/// One object that a rule found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    object: String,
    effect: Effect,
    /// Set if it need not be counted.
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

    /// A hazard of this rule that was found elsewhere.
    pub(super) fn hazard(&self, object: String, effect: Effect) -> Hazard {
        Hazard::new(self.code, self.title, object, effect)
    }
}

/// The hazards of actions, each object once per rule, in the order of the text.
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
    /// An effect on an object, named as the statement does.
    pub fn new(object: impl ToString, effect: Effect) -> Self {
        Self { object: object.to_string(), effect, evidence: None }
    }

    /// Something that is neither counted nor copied.
    pub fn named(object: impl ToString) -> Self {
        Self::new(object, Effect::Other)
    }

    /// Something that locks a table; `object` may be a part of the table.
    pub fn locks(object: impl ToString, table: &Name) -> Self {
        Self::new(object, Effect::Locks { table: table.clone() })
    }

    /// Something that fails if rows of the table violate it.
    pub fn checks(object: impl ToString, table: &Name, question: Option<Question>) -> Self {
        Self::new(object, Effect::ChecksRows { table: table.clone(), question })
    }

    /// Something that is counted by the rows of a table.
    pub fn rows_of(object: impl ToString, table: &Name) -> Self {
        Self::new(object, Effect::KeepsData(Subject::table(table)))
    }

    /// The same, known to affect nothing that existed before.
    pub fn affecting_nothing(self) -> Self {
        Self { evidence: Some(Evidence::counted(0, 0, 0.0)), ..self }
    }
}
