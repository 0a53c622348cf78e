//! Finds the hazards of a section. Each statement is examined with the state that the earlier statements have left.

use super::allow::{Remark, apply_notes};
use super::finding::Hazard;
use super::rule::{Rule, examine};
use crate::core::statement::{ScriptState, Statement, Transaction};

/// A section with its hazards.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExaminedSection {
    pub statements: Vec<ExaminedStatement>,
    /// Warnings about notes that have no effect.
    pub remarks: Vec<Remark>,
}

/// A statement with its hazards. They are not counted yet.
#[derive(Debug, Clone, PartialEq)]
pub struct ExaminedStatement {
    pub statement: Statement,
    pub hazards: Vec<Hazard>,
}

/// Examines the statements of a section. `transactional`: its marker does not contain `transaction=off`. `whole`: a hazard
/// of the whole section, which is added to its first statement.
pub(super) fn examine_section(
    rules: &[Rule],
    statements: Vec<Statement>,
    transactional: bool,
    mut whole: Option<Hazard>,
) -> ExaminedSection {
    let forbids = |statement: &Statement| matches!(statement.transaction, Transaction::Forbidden(_));
    let mut state = ScriptState::new(transactional && !statements.iter().any(forbids));
    for statement in &statements {
        state.expect_drops(statement);
    }
    let mut section = ExaminedSection::default();
    for statement in statements {
        let mut hazards = examine(rules, &statement.actions, &state);
        hazards.extend(whole.take());
        section.remarks.extend(apply_notes(&statement.source, &mut hazards));
        state.apply(&statement);
        section.statements.push(ExaminedStatement { statement, hazards });
    }
    section
}
