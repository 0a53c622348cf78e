//! Functions, and objects with automatic effects: triggers, rules, policies, statistics.

use serde::{Deserialize, Serialize};

/// The kind of a routine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FunctionKind {
    Function,
    Window,
    Procedure,
}

/// A function or procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    pub kind: FunctionKind,
    /// With names and defaults. CREATE OR REPLACE can neither rename an argument nor remove a default.
    pub arguments: String,
    /// The types of the input arguments. Routines with the same name and input types cannot exist at the same time.
    pub input_types: String,
    /// CREATE OR REPLACE cannot change it. `None` for a procedure.
    pub result: Option<String>,
    pub language: String,
    /// The full CREATE OR REPLACE statement.
    pub definition: String,
}

/// An aggregate. Names of functions are qualified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aggregate {
    /// `normal`, `ordered-set` or `hypothetical`.
    pub kind: String,
    /// With names and defaults.
    pub arguments: String,
    /// As for a function.
    pub input_types: String,
    pub result: String,
    pub transition: String,
    pub state: String,
    pub state_space: i32,
    pub initial: Option<String>,
    #[serde(rename = "final")]
    pub final_function: Option<String>,
    pub final_extra: bool,
    /// `read-only`, `shareable` or `read-write`.
    pub final_modify: String,
    pub combine: Option<String>,
    pub serialize: Option<String>,
    pub deserialize: Option<String>,
    pub moving_transition: Option<String>,
    pub moving_inverse: Option<String>,
    pub moving_state: Option<String>,
    pub moving_state_space: i32,
    pub moving_initial: Option<String>,
    pub moving_final: Option<String>,
    pub moving_final_extra: bool,
    pub moving_final_modify: String,
    pub sort_operator: Option<String>,
    /// `safe`, `restricted` or `unsafe`.
    pub parallel: String,
}

/// A trigger of a table or view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// The full CREATE TRIGGER statement.
    pub definition: String,
    /// `origin` (the default), `disabled`, `replica` or `always`.
    pub enabled: String,
    /// Whether PostgreSQL derives it from a partitioned table's trigger.
    pub inherited: bool,
}

/// An event trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTrigger {
    pub event: String,
    pub function: String,
    /// Sorted. Empty means every command.
    pub tags: Vec<String>,
    /// Same values as for a trigger.
    pub enabled: String,
}

/// A rule. The query of a view is not a rule here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The full CREATE RULE statement.
    pub definition: String,
    /// Same values as for a trigger.
    pub enabled: String,
}

/// A row security policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    pub permissive: bool,
    /// `ALL`, `SELECT`, `INSERT`, `UPDATE` or `DELETE`.
    pub command: String,
    /// Sorted. `public` stands for PUBLIC.
    pub roles: Vec<String>,
    #[serde(rename = "using")]
    pub using_expression: Option<String>,
    #[serde(rename = "check")]
    pub check_expression: Option<String>,
}

/// Extended statistics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// The full CREATE STATISTICS statement.
    pub definition: String,
    /// SET STATISTICS, only if it is set.
    pub target: Option<i32>,
}
