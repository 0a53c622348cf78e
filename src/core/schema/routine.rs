//! Functions, and what makes the server do something by itself: triggers, rules, policies, statistics.

use serde::{Deserialize, Serialize};

/// What sort of routine it is.
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
    /// With names and defaults; CREATE OR REPLACE can neither rename an argument nor drop a default.
    pub arguments: String,
    /// CREATE OR REPLACE cannot change it; `None` for a procedure.
    pub result: Option<String>,
    pub language: String,
    /// The whole CREATE OR REPLACE statement.
    pub definition: String,
}

/// An aggregate; names of functions are qualified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aggregate {
    /// `normal`, `ordered-set` or `hypothetical`.
    pub kind: String,
    /// With names and defaults.
    pub arguments: String,
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
    /// The whole CREATE TRIGGER statement.
    pub definition: String,
    /// `origin` (the usual), `disabled`, `replica` or `always`.
    pub enabled: String,
    /// Whether the partitioned table's trigger made it.
    pub inherited: bool,
}

/// A trigger on DDL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTrigger {
    pub event: String,
    pub function: String,
    /// Sorted; empty: every command.
    pub tags: Vec<String>,
    /// As a trigger's.
    pub enabled: String,
}

/// A rule, a view's own query aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The whole CREATE RULE statement.
    pub definition: String,
    /// As a trigger's.
    pub enabled: String,
}

/// A row security policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    pub permissive: bool,
    /// `ALL`, `SELECT`, `INSERT`, `UPDATE` or `DELETE`.
    pub command: String,
    /// Sorted; `public` is everyone.
    pub roles: Vec<String>,
    #[serde(rename = "using")]
    pub using_expression: Option<String>,
    #[serde(rename = "check")]
    pub check_expression: Option<String>,
}

/// Extended statistics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// The whole CREATE STATISTICS statement.
    pub definition: String,
    /// SET STATISTICS, where it was set.
    pub target: Option<i32>,
}
