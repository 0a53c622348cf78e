//! The statements of a Python script, as it sent them on a scratch copy of the target's schema.

use std::collections::BTreeSet;

use super::{PlannedStatement, Step};
use crate::core::hazard::{ExaminedStatement, examine_recorded};
use crate::core::sql::SourceStatement;
use crate::core::statement::{ScriptState, analyse};

/// What a plan knows about a Python script besides its statements.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PythonStep {
    /// It read rows or the schema, so it may send other statements on the target. Always true if it has not run.
    pub depends_on_data: bool,
    /// Why it could not run on the scratch copy.
    pub failure: Option<String>,
}

/// A statement that a script sent.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct RecordedStatement {
    /// The 1-based line of the script; 0 if it is not known.
    pub line: usize,
    /// The statement, with the values of its parameters as literals.
    pub sql: String,
    /// The data of `COPY … FROM STDIN`.
    pub copy_data: Option<String>,
}

/// What a script did in one direction.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct RecordedStep {
    /// The statements that change something.
    pub statements: Vec<RecordedStatement>,
    /// Whether it read rows or the schema.
    pub reads: bool,
    /// Whether a part ran outside the transaction of the step, or the script committed.
    pub leaves_transaction: bool,
    pub failure: Option<String>,
    /// What `env.py` set before the script ran: the search path and the role.
    #[serde(default)]
    pub settings: Vec<String>,
    /// What `env.py` created before the script ran, if it did not exist: schemas and extensions.
    #[serde(default)]
    pub setup: Vec<String>,
    /// What the script received from the server, and may have used for later statements.
    #[serde(default)]
    pub inputs: ScriptInputs,
}

/// What the statements of a script depend on, besides the schema.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct ScriptInputs {
    /// The tables and views that it read, as SQL. Tables that it created and filled itself are not among them.
    pub relations: BTreeSet<String>,
    /// Something else that it depends on.
    pub other: Option<String>,
}

impl Step {
    /// Whether it is a Python script that may send other statements than those of the plan.
    #[must_use]
    pub fn depends_on_data(&self) -> bool {
        self.python.as_ref().is_some_and(|python| python.depends_on_data)
    }

    /// Adds the statements that the script has sent, with their hazards. `is_one_way`: its downgrade does nothing.
    pub fn record(&mut self, recorded: RecordedStep, is_one_way: bool) {
        let mut state = ScriptState::new(!recorded.leaves_transaction);
        let mut lines = Vec::with_capacity(recorded.statements.len());
        let mut statements = Vec::with_capacity(recorded.statements.len());
        for RecordedStatement { line, sql, copy_data } in recorded.statements {
            let source = SourceStatement { text: sql, line, column: 1, copy_data, notes: Vec::new() };
            let statement = analyse(source, &state);
            state.apply(&statement);
            lines.push(line);
            statements.push(statement);
        }
        let one_way = (is_one_way && !statements.is_empty()).then_some(&self.revision);
        let examined = examine_recorded(statements, !recorded.leaves_transaction, one_way);
        let planned = examined.into_iter().zip(lines).map(|(ExaminedStatement { statement, hazards }, line)| {
            PlannedStatement { line, column: 1, statement, hazards }
        });
        self.statements = planned.collect();
        self.transactional = !recorded.leaves_transaction;
        self.python = Some(PythonStep {
            depends_on_data: recorded.reads || recorded.failure.is_some(),
            failure: recorded.failure,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::plan::fixtures::plan;

    #[test]
    fn recorded_statements_have_lines_and_hazards() {
        let mut step = plan(&["SELECT 1"]).steps.remove(0);
        let statement = |line: usize, sql: &str| RecordedStatement { line, sql: sql.to_owned(), copy_data: None };
        let statements = vec![
            statement(4, "CREATE TABLE t (a int)"),
            statement(7, "DROP TABLE t"),
            statement(9, "ALTER TABLE u DROP COLUMN a"),
        ];
        step.record(RecordedStep { statements, reads: true, ..RecordedStep::default() }, true);
        let found: Vec<_> = step
            .statements
            .iter()
            .map(|planned| {
                (planned.line, planned.hazards.iter().map(|hazard| hazard.code.as_str()).collect::<Vec<_>>())
            })
            .collect();
        assert_eq!(found[0], (4, vec!["IR701"]));
        assert_eq!(found[2].0, 9);
        assert!(found[2].1.contains(&"DL103"), "{found:?}");
        assert!(step.python.unwrap().depends_on_data && step.transactional);
    }
}
