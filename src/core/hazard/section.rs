//! The hazards of a section: each statement is examined together with what the statements before it did.

use super::allow::{Remark, apply_notes};
use super::finding::Hazard;
use super::rule::{Rule, examine};
use crate::core::statement::{ScriptState, Statement, Transaction};

/// A section with what was found in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExaminedSection {
    pub statements: Vec<ExaminedStatement>,
    /// Notes that are ignored.
    pub remarks: Vec<Remark>,
}

/// A statement with its hazards, which are not counted yet.
#[derive(Debug, Clone, PartialEq)]
pub struct ExaminedStatement {
    pub statement: Statement,
    pub hazards: Vec<Hazard>,
}

/// Examines the statements of a section. `transactional`: its marker does not turn the transaction off. `whole`: a hazard
/// of the section as a whole, added to its first statement.
pub(super) fn examine_section(
    rules: &[Rule],
    statements: Vec<Statement>,
    transactional: bool,
    mut whole: Option<Hazard>,
) -> ExaminedSection {
    let forbids = |statement: &Statement| matches!(statement.transaction, Transaction::Forbidden(_));
    let mut state = ScriptState::new(transactional && !statements.iter().any(forbids));
    statements.iter().for_each(|statement| state.expect_drops(statement));
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
