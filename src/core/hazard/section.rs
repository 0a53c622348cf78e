//! Finds the hazards of a section. Each statement is examined with the state that the earlier statements have left.

use super::allow::{Remark, apply_notes};
use super::finding::Hazard;
use super::rule::{Rule, examine};
use crate::core::sql::unknown_command;
use crate::core::statement::{ScriptState, Statement, Transaction};

/// A section with its hazards.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExaminedSection {
    pub statements: Vec<ExaminedStatement>,
    /// Warnings about notes that have no effect, and about statements that cannot be parsed.
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
        section.remarks.extend(syntax_remark(&statement));
        section.remarks.extend(apply_notes(&statement.source, &mut hazards));
        state.apply(&statement);
        section.statements.push(ExaminedStatement { statement, hazards });
    }
    section
}

/// A warning if the parser does not understand a statement. The parser does not know everything that PostgreSQL knows, so
/// this is no error.
fn syntax_remark(statement: &Statement) -> Option<Remark> {
    let near = statement.not_parsed_at.as_ref()?;
    let message = match unknown_command(statement.sql()) {
        Some((word, Some(like))) => format!("{word} is not a command of PostgreSQL; did you mean {like}?"),
        Some((word, None)) => format!("{word} is not a command of PostgreSQL"),
        None => format!("this statement may have a syntax error near '{near}'"),
    };
    let hint = "limbeck cannot parse it and may not find its hazards; `limbeck verify` runs it on a scratch database";
    Some(Remark { line: statement.source.line, message, hint })
}
