//! The comparison of branches, as text and as a document.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;

use super::listing::absolute;
use crate::core::conflict::ObjectChange;
use crate::core::graph::RevisionId;
use crate::core::text::plural;
use crate::engine::conflicts::{BranchComparison, OrderFailure, OrderResult, Side, Verdict};
use crate::engine::project::ScriptTree;

/// `conflicts`. With several pairs, the top level summarizes them.
#[derive(Debug, Serialize)]
pub struct ConflictsDocument<'a> {
    verdict: Verdict,
    /// The newest revision below both branches; `None` if there is none, or several.
    common_ancestor: Option<&'a RevisionId>,
    touched: Vec<TouchedDocument>,
    difference: Vec<&'a str>,
    orders: Vec<OrderDocument<'a>>,
    pairs: Vec<PairDocument<'a>>,
}

/// One pair of heads.
#[derive(Debug, Serialize)]
struct PairDocument<'a> {
    heads: [&'a RevisionId; 2],
    verdict: Verdict,
    common_ancestors: &'a [RevisionId],
    branches: [&'a [RevisionId]; 2],
    touched: Vec<TouchedDocument>,
    difference: Vec<&'a str>,
    orders: Vec<OrderDocument<'a>>,
    notes: &'a [String],
}

#[derive(Debug, Serialize)]
struct TouchedDocument {
    object: String,
    by: Vec<RevisionId>,
    /// Whether both branches touch it.
    shared: bool,
    changes: Vec<ChangeDocument>,
}

#[derive(Debug, Serialize)]
struct ChangeDocument {
    revision: RevisionId,
    change: String,
}

#[derive(Debug, Serialize)]
struct OrderDocument<'a> {
    order: &'a [RevisionId],
    failed: Option<FailureDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct FailureDocument<'a> {
    revision: &'a RevisionId,
    line: Option<usize>,
    message: &'a str,
    path: Option<PathBuf>,
    statement: Option<&'a str>,
    causes: &'a [String],
    hint: Option<&'a str>,
}

impl<'a> ConflictsDocument<'a> {
    /// The document of all pairs.
    #[must_use]
    pub fn of(compared: &'a [BranchComparison]) -> Self {
        let ancestors: BTreeSet<&RevisionId> = compared.iter().flat_map(|one| &one.pair.fork.ancestors).collect();
        let mut ancestors = ancestors.into_iter();
        let touched = match compared {
            [only] => touched(only),
            several => merged(several.iter().flat_map(touched)),
        };
        Self {
            verdict: compared.iter().map(|one| one.verdict).max().unwrap_or(Verdict::Commute),
            common_ancestor: ancestors.next().filter(|_| ancestors.next().is_none()),
            touched,
            difference: compared.iter().flat_map(difference).collect(),
            orders: compared.iter().flat_map(|one| &one.orders).map(OrderDocument::from).collect(),
            pairs: compared.iter().map(PairDocument::from).collect(),
        }
    }
}

impl<'a> From<&'a BranchComparison> for PairDocument<'a> {
    fn from(one: &'a BranchComparison) -> Self {
        let fork = &one.pair.fork;
        Self {
            heads: [&one.pair.left, &one.pair.right],
            verdict: one.verdict,
            common_ancestors: &fork.ancestors,
            branches: [&fork.left, &fork.right],
            touched: touched(one),
            difference: difference(one),
            orders: one.orders.iter().map(OrderDocument::from).collect(),
            notes: &one.notes,
        }
    }
}

impl<'a> From<&'a OrderResult> for OrderDocument<'a> {
    fn from(result: &'a OrderResult) -> Self {
        let failed = result.failure.as_ref().map(|failure| FailureDocument {
            revision: &failure.revision,
            line: failure.line,
            message: &failure.error.message,
            path: failure.path.as_deref().map(absolute),
            statement: failure.statement.as_deref(),
            causes: &failure.error.causes,
            hint: failure.error.hint.as_deref(),
        });
        Self { order: &result.order, failed }
    }
}

fn touched(one: &BranchComparison) -> Vec<TouchedDocument> {
    let document = |touched: crate::core::conflict::TouchedObject| TouchedDocument {
        object: touched.object,
        by: touched.by,
        shared: touched.is_shared,
        changes: touched.changes.into_iter().map(|(revision, change)| ChangeDocument { revision, change }).collect(),
    };
    one.touches.objects().into_iter().map(document).collect()
}

/// One entry for each object.
fn merged(all: impl Iterator<Item = TouchedDocument>) -> Vec<TouchedDocument> {
    let mut found: std::collections::BTreeMap<String, TouchedDocument> = std::collections::BTreeMap::new();
    for entry in all {
        let Some(known) = found.get_mut(&entry.object) else {
            found.insert(entry.object.clone(), entry);
            continue;
        };
        known.shared |= entry.shared;
        for id in entry.by {
            if !known.by.contains(&id) {
                known.by.push(id);
            }
        }
        for change in entry.changes {
            if !known.changes.iter().any(|one| one.revision == change.revision && one.change == change.change) {
                known.changes.push(change);
            }
        }
    }
    found.into_values().collect()
}

fn difference(one: &BranchComparison) -> Vec<&str> {
    one.difference.iter().map(|difference| difference.text.as_str()).collect()
}

/// The comparison as text, with a newline at the end.
#[must_use]
pub fn comparison_text(tree: &ScriptTree, one: &BranchComparison) -> String {
    let fork = &one.pair.fork;
    let ancestors: Vec<&str> = fork.ancestors.iter().map(RevisionId::as_str).collect();
    let since = if ancestors.is_empty() { "base".to_owned() } else { ancestors.join(", ") };
    let mut text = format!("Branches since {since}\n");
    let shared = one.touches.shared_owners();
    let sides = [(&one.pair.left, &fork.left, &one.touches.left), (&one.pair.right, &fork.right, &one.touches.right)];
    // Writing to a string cannot fail.
    for (head, branch, changes) in sides {
        let message = tree.script(head.as_str()).map_or("", |file| file.script.summary());
        let _ = writeln!(text, "  {head}  {message}  ({})", plural(branch.len() as u64, "revision"));
        for (_, ObjectChange { owner, object, change }) in changes {
            let mark = if shared.contains(owner.as_str()) { '=' } else { ' ' };
            let _ = writeln!(text, "    {mark} {object}  {change}");
        }
    }
    let _ = writeln!(text, "{}", one.sentence());
    for line in one.difference.iter().map(|difference| difference.text.as_str()) {
        let _ = writeln!(text, "  {}", line.replace('\n', "\n    "));
    }
    for order in &one.orders {
        let _ = writeln!(text, "  {}", order_line(one, order));
    }
    for note in &one.notes {
        let _ = writeln!(text, "  note: {note}");
    }
    text
}

fn order_line(one: &BranchComparison, order: &OrderResult) -> String {
    let (first, second) = match order.first {
        Side::Left => (&one.pair.left, &one.pair.right),
        Side::Right => (&one.pair.right, &one.pair.left),
    };
    match &order.failure {
        None => format!("{first}, then {second}: ran"),
        Some(failure) => format!("{first}, then {second}: failed at {}", failure_text(failure)),
    }
}

fn failure_text(failure: &OrderFailure) -> String {
    let place = match (&failure.path, failure.line) {
        (Some(path), Some(line)) => format!("{}:{line}", file_name(path)),
        _ => failure.revision.to_string(),
    };
    let statement = failure.statement.as_deref().map(|statement| format!("  {statement}")).unwrap_or_default();
    format!("{place}{statement}")
}

fn file_name(path: &std::path::Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
