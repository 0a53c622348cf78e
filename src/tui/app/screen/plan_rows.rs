//! The plan as rows: steps, their statements, and the hazards below each.

use crate::core::hazard::{Evidence, Hazard};
use crate::core::plan::Plan;
use crate::core::statement::{Question, Subject};

/// One row of the plan screen; the numbers are indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    Step {
        step: usize,
    },
    /// The step runs no statement.
    Nothing {
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

impl Row {
    /// The step and the statement that it belongs to.
    #[must_use]
    pub const fn key(&self) -> (usize, Option<usize>) {
        match *self {
            Self::Step { step } | Self::Nothing { step } => (step, None),
            Self::Sql { step, statement, .. } | Self::Hazard { step, statement, .. } => (step, Some(statement)),
        }
    }
}

/// The rows of a plan; `full` gives every line of every statement.
#[must_use]
pub fn rows(plan: &Plan, full: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    for (step, planned) in plan.steps.iter().enumerate() {
        rows.push(Row::Step { step });
        if planned.statements.is_empty() {
            rows.push(Row::Nothing { step });
        }
        for (statement, planned) in planned.statements.iter().enumerate() {
            let lines = if full { planned.sql().lines().count().max(1) } else { 1 };
            rows.extend((0..lines).map(|line| Row::Sql { step, statement, line }));
            rows.extend((0..planned.hazards.len()).map(|hazard| Row::Hazard { step, statement, hazard }));
        }
    }
    rows
}

/// What was counted for a hazard, in words.
#[must_use]
pub fn evidence_words(hazard: &Hazard) -> String {
    match (&hazard.evidence, &hazard.subject) {
        (None, Subject::Other) => String::new(),
        (None, _) => String::from("not counted, so taken as lost"),
        (Some(evidence), Subject::Table { .. }) => {
            format!("{} ({}){}", count(evidence.rows, "row"), exactness(hazard), evidence.size_and_sessions())
        }
        (Some(evidence), Subject::Rows { question: Question::Affected { column: None, .. }, .. }) => {
            let (values, rows) = (grouped(evidence.values), count(evidence.rows, "row"));
            format!("{values} of {rows} ({}){}", exactness(hazard), evidence.size_and_sessions())
        }
        (Some(evidence), subject) => {
            let noun = if let Subject::Rows { question, .. } = subject { question.noun() } else { "value" };
            let (values, rows) = (count(evidence.values, noun), count(evidence.rows, "row"));
            format!("{values} in {rows} ({}){}", exactness(hazard), evidence.size_and_sessions())
        }
    }
}

fn exactness(hazard: &Hazard) -> String {
    match hazard.evidence {
        _ if hazard.is_upper_bound() => String::from("at most"),
        Some(Evidence { exact: true, .. }) => String::from("exact"),
        Some(Evidence { why: Some(why), .. }) => format!("estimated: {why}"),
        _ => String::from("estimated"),
    }
}

/// `1 row`, `3,310 rows`.
#[must_use]
pub fn count(number: u64, word: &str) -> String {
    format!("{} {word}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// A number with its thousands told apart.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1204), "1,204");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(count(1, "row"), "1 row");
    }
}
