//! From a request to a plan: reads the heads, walks the graph, reads the scripts, finds and counts hazards.

use std::sync::Arc;

use super::project::{Project, ScriptTree};
use super::{Result, Target};
use crate::core::graph::Direction;
use crate::core::plan::{Plan, TransactionMode};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub direction: Direction,
    /// As typed: `head`, `+1`, `base`, `label@head`, an id.
    pub target: String,
    /// `None`: as the project says.
    pub mode: Option<TransactionMode>,
}

/// Makes the plan for a request. Reads only.
///
/// # Errors
/// When the target cannot be resolved, a script of the path cannot be read, or the server cannot be asked.
pub async fn prepare(project: &Project, tree: &ScriptTree, target: &Target, request: &Request) -> Result<Arc<Plan>> {
    let _ = (project, tree, target, request);
    todo!()
}
