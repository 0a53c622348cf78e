//! Plans for tests.

use super::{EnvironmentName, Plan, PlanDirection, PlannedStatement, Step, TransactionMode};
use crate::core::copies::CopyForecast;
use crate::core::graph::{Direction, RevisionId};
use crate::core::hazard::{Class, ExaminedStatement, examine_sql};
use crate::core::statement::Transaction;

/// A plan with one step per section, as it is before anything is counted.
#[must_use]
pub fn plan(sections: &[&str]) -> Plan {
    let steps = sections.iter().enumerate().map(|(number, sql)| step(&format!("a{number}"), sql));
    Plan {
        direction: PlanDirection::Upgrade,
        target: "head".into(),
        environment: EnvironmentName::default(),
        database: String::new(),
        mode: TransactionMode::Each,
        from: Vec::new(),
        to: Vec::new(),
        steps: steps.collect(),
        confirm: vec![Class::DataLoss],
        blank: false,
        outdated_environments: Vec::new(),
        copies: CopyForecast::default(),
        backup_first: false,
        unplanned: Vec::new(),
        notes: Vec::new(),
    }
}

fn step(revision: &str, sql: &str) -> Step {
    let section = examine_sql(sql, true).unwrap();
    let may_run_in_transaction =
        |examined: &ExaminedStatement| !matches!(examined.statement.transaction, Transaction::Forbidden(_));
    let transactional = section.statements.iter().all(may_run_in_transaction);
    let planned = section.statements.into_iter().map(|examined| PlannedStatement {
        line: examined.statement.source.line,
        column: examined.statement.source.column,
        statement: examined.statement,
        hazards: examined.hazards,
    });
    Step {
        revision: RevisionId::parse(revision).unwrap(),
        direction: Direction::Upgrade,
        message: String::new(),
        path: None,
        script: sql.into(),
        shown_from: Vec::new(),
        shown_to: Vec::new(),
        transactional,
        transactions: Vec::new(),
        changes: Vec::new(),
        heads_after: Vec::new(),
        statements: planned.collect(),
        python: None,
    }
}
