//! Compares two branches with proof: both orders run on scratch databases, and their results are compared.

mod failure;
mod order_run;
mod pairs;
mod rows;
mod rows_compared;

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::apply::Progress;
use super::error::target_not_changed;
use super::project::{Project, ScriptTree};
use super::scratch::ScratchRequirements;
use super::{Error, Result, Target};
use crate::core::conflict::{OrderDifference, Touches, order_differences};
use crate::core::graph::{Direction, Fork, RevisionId};
use order_run::{OrderRun, RunSite};
pub use pairs::{HeadPair, find_pairs};

/// The result of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Both orders give the same schema and the same rows.
    Commute,
    /// Both orders run, with different results.
    Differ,
    /// A script fails in at least one order.
    Fail,
}

/// One of the two branches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

/// Two branches compared.
#[derive(Debug, Clone, PartialEq)]
pub struct BranchComparison {
    pub pair: HeadPair,
    pub verdict: Verdict,
    pub touches: Touches,
    /// What depends on the order.
    pub difference: Vec<OrderDifference>,
    pub orders: Vec<OrderResult>,
    /// What the user should know about the proof.
    pub notes: Vec<String>,
}

/// The run of one order.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderResult {
    /// The branch that ran first.
    pub first: Side,
    /// The revisions of both branches in the order in which they ran.
    pub order: Vec<RevisionId>,
    pub failure: Option<OrderFailure>,
}

/// The script that failed.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderFailure {
    pub revision: RevisionId,
    /// The script, if it has a file.
    pub path: Option<PathBuf>,
    pub line: Option<usize>,
    /// The statement, on one line, if a statement failed.
    pub statement: Option<String>,
    pub error: Error,
}

/// Reported while two branches are compared.
#[derive(Debug, Clone, PartialEq)]
pub enum ConflictEvent {
    /// The comparison of pair `number` of `count` starts, from 1.
    Pair {
        pair: HeadPair,
        number: usize,
        count: usize,
    },
    Scratch {
        place: String,
        notes: Vec<String>,
    },
    /// The order in which this branch comes first starts: the revisions below both branches run.
    Order {
        first: Side,
    },
    /// A revision of a branch runs. `number` of `count` revisions of this order, from 1.
    Running {
        revision: RevisionId,
        number: usize,
        count: usize,
    },
    /// What the branches touch, as far as it is known.
    Touched(Touches),
    Ended(OrderResult),
    Compared(Box<BranchComparison>),
    Progress(Progress),
}

/// The function that receives the events.
pub type ConflictReporter<'a> = &'a (dyn Fn(ConflictEvent) + Send + Sync);

impl Side {
    /// The other branch.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

impl BranchComparison {
    /// The result as one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self.verdict {
            Verdict::Commute if self.orders.len() < 2 => {
                "Only one order is possible, and it runs: one branch depends on the other".to_owned()
            }
            Verdict::Commute => "The branches commute: both orders give the same schema and the same rows".to_owned(),
            Verdict::Differ => {
                let objects: Vec<&str> = self.difference.iter().map(|one| one.object.as_str()).collect();
                format!("The result depends on the order: the orders differ in {}", objects.join(", "))
            }
            Verdict::Fail => match self.orders.iter().filter(|order| order.failure.is_some()).count() {
                1 => "One order fails".to_owned(),
                _ if self.orders.len() < 2 => "The only possible order fails".to_owned(),
                _ => "Both orders fail".to_owned(),
            },
        }
    }
}

/// Compares the branches of each pair. Only reads the properties of the target.
///
/// # Errors
/// When no scratch database can be made, a revision below both branches fails, or it was cancelled. A script of a branch
/// that fails is a result.
pub async fn compare_branches(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    pairs: &[HeadPair],
    download: bool,
    report_event: ConflictReporter<'_>,
    cancel: &CancellationToken,
) -> Result<Vec<BranchComparison>> {
    let work = Box::pin(async {
        tree.require_valid()?;
        if project.alembic.is_some() {
            // It may have read scripts before they were edited.
            drop(target.scripts().restart(project).await?);
        }
        let mut compared = Vec::new();
        for (index, pair) in pairs.iter().enumerate() {
            let event = ConflictEvent::Pair { pair: pair.clone(), number: index + 1, count: pairs.len() };
            report_event(event);
            let requirements = requirements(tree, &pair.fork);
            let requirements = &requirements;
            let site = RunSite { project, tree, target, requirements, download, report_event, cancel };
            let comparison = Box::pin(compare_pair(&site, pair)).await?;
            report_event(ConflictEvent::Compared(Box::new(comparison.clone())));
            compared.push(comparison);
        }
        Ok(compared)
    });
    work.await.map_err(target_not_changed)
}

async fn compare_pair(site: &RunSite<'_>, pair: &HeadPair) -> Result<BranchComparison> {
    let mut runs: Vec<OrderRun<'_>> = Vec::new();
    let compared = compare_runs(site, pair, &mut runs).await;
    let mut removed = Ok(());
    for run in runs {
        removed = removed.and(run.remove().await);
    }
    let compared = compared?;
    removed?;
    Ok(compared)
}

async fn compare_runs<'a>(
    site: &'a RunSite<'a>,
    pair: &'a HeadPair,
    runs: &mut Vec<OrderRun<'a>>,
) -> Result<BranchComparison> {
    let mut touches = Touches::default();
    let mut orders = Vec::new();
    for first in possible_orders(&pair.fork) {
        (site.report_event)(ConflictEvent::Order { first });
        let run = OrderRun::begin(site, &pair.fork, first).await?;
        runs.push(run);
        let Some(run) = runs.last_mut() else { continue };
        let result = run.run(&mut touches).await?;
        (site.report_event)(ConflictEvent::Ended(result.clone()));
        orders.push(result);
    }
    let mut comparison = BranchComparison {
        pair: pair.clone(),
        verdict: Verdict::Commute,
        touches,
        difference: Vec::new(),
        orders,
        notes: Vec::new(),
    };
    if comparison.orders.iter().any(|order| order.failure.is_some()) {
        comparison.verdict = Verdict::Fail;
        return Ok(comparison);
    }
    if let [left_first, right_first] = runs.as_slice() {
        let (left, right) = (pair.left.as_str(), pair.right.as_str());
        comparison.difference = order_differences((left, left_first.schema()), (right, right_first.schema()));
        comparison.notes = column_order_notes(left_first, right_first);
        rows_compared::compare_rows(site, pair, runs, &mut comparison).await?;
        if !comparison.difference.is_empty() {
            comparison.verdict = Verdict::Differ;
        }
    }
    Ok(comparison)
}

/// The orders in which the branches can run. One is empty if the other depends on all of it.
fn possible_orders(fork: &Fork) -> Vec<Side> {
    if fork.left.is_empty() || fork.right.is_empty() { vec![Side::Left] } else { vec![Side::Left, Side::Right] }
}

/// Tables whose columns have another position. Applications that name the columns do not see it.
fn column_order_notes(one: &OrderRun<'_>, other: &OrderRun<'_>) -> Vec<String> {
    let moved = one.schema().objects.iter().filter(|(id, object)| {
        let (Some(first), Some(second)) = (columns(object), other.schema().objects.get(*id).and_then(columns)) else {
            return false;
        };
        let (mut sorted, mut others) = (first.clone(), second.clone());
        sorted.sort_unstable();
        others.sort_unstable();
        first != second && sorted == others
    });
    moved
        .map(|(id, _)| format!("the position of the columns of {id} depends on the order; `SELECT *` shows it"))
        .collect()
}

fn columns(object: &crate::core::schema::Object) -> Option<Vec<&str>> {
    match object {
        crate::core::schema::Object::Table(table) => {
            Some(table.columns.iter().map(|column| column.name.as_str()).collect())
        }
        _ => None,
    }
}

/// What the scripts below and in the branches require of a scratch database.
fn requirements(tree: &ScriptTree, fork: &Fork) -> ScratchRequirements {
    let mut ids = tree.graph.ancestors(&fork.ancestors);
    ids.extend(fork.left.iter().chain(&fork.right).cloned());
    let mut ids: Vec<&RevisionId> = ids.iter().collect();
    ids.sort();
    let scripts = ids.into_iter().filter_map(|id| tree.script(id.as_str())?.script.sql());
    ScratchRequirements::of(scripts.map(|code| code.section(Direction::Upgrade).sql.as_str()))
}
