//! The rows of the plan screen: steps, statements, and the hazards below each statement.

use crate::core::plan::Plan;

/// A row. The numbers are indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanRow {
    Step {
        step: usize,
    },
    /// A step without statements.
    NoStatement {
        step: usize,
    },
    Sql {
        step: usize,
        statement: usize,
        line: usize,
    },
    Hazard {
        step: usize,
        statement: usize,
        hazard: usize,
    },
}

impl PlanRow {
    /// The step and the statement of the row.
    #[must_use]
    pub const fn key(&self) -> (usize, Option<usize>) {
        match *self {
            Self::Step { step } | Self::NoStatement { step } => (step, None),
            Self::Sql { step, statement, .. } | Self::Hazard { step, statement, .. } => (step, Some(statement)),
        }
    }
}

/// The rows of a plan. `full`: every line of every statement.
#[must_use]
pub fn rows(plan: &Plan, full: bool) -> Vec<PlanRow> {
    let mut rows = Vec::new();
    for (step, planned) in plan.steps.iter().enumerate() {
        rows.push(PlanRow::Step { step });
        if planned.statements.is_empty() {
            rows.push(PlanRow::NoStatement { step });
        }
        for (statement, planned) in planned.statements.iter().enumerate() {
            let lines = if full { planned.sql().lines().count().max(1) } else { 1 };
            rows.extend((0..lines).map(|line| PlanRow::Sql { step, statement, line }));
            rows.extend((0..planned.hazards.len()).map(|hazard| PlanRow::Hazard { step, statement, hazard }));
        }
    }
    rows
}
