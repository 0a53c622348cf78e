//! The history as rows: the tree with its lanes, and the state of each revision.

mod rows;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use self::rows::{edges, find_applied_tips, text};
use crate::core::graph::RevisionId;
use crate::core::graph::lanes::{self, LaneRow};
use crate::engine::project::{ScriptProblem, ScriptTree};
use crate::engine::state::script_status::ScriptStatus;

/// An item that can be selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A head of the database without a script.
    Missing(RevisionId),
    /// The index of a problem of the tree.
    Problem(usize),
    Revision(RevisionId),
    /// `<base>`: the row below all revisions.
    Base,
}

/// The state of a revision.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[allow(clippy::struct_excessive_bools)]
pub struct Marks {
    pub applied: bool,
    pub pending: bool,
    /// It is a head of the database.
    pub current: bool,
    /// No other revision revises it.
    pub head: bool,
    pub branch_point: bool,
    pub merge_point: bool,
    /// It is applied, and its script has changed since.
    pub edited: bool,
}

/// A line on the screen: the line of an item, or a link row below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryLine {
    pub item: usize,
    /// 0 is the line of the item, `n` is its link row `n - 1`.
    pub part: usize,
}

/// The rows of the history pane, with the selection and the window.
#[derive(Debug, Clone, Default)]
pub struct History {
    items: Vec<Item>,
    /// The first screen line of each item, and at the end the number of lines.
    starts: Vec<usize>,
    lanes: Vec<LaneRow>,
    marks: Vec<Marks>,
    positions: HashMap<RevisionId, usize>,
    pending: Vec<RevisionId>,
    /// The number of items above the revisions.
    above: usize,
    lanes_width: usize,
    /// The text that the filter searches: one per revision, in lower case.
    texts: Vec<Box<str>>,
    heads: usize,
    record: Arc<ScriptStatus>,
    /// For each state that occurs, the item with the longest text.
    longest_items: Vec<usize>,
    selected: usize,
    /// The first visible screen line.
    pub top: usize,
}

impl History {
    /// Builds the rows from the scripts and, if known, the database's heads. The selected revision stays selected if it
    /// still exists.
    #[must_use]
    pub fn build(tree: &ScriptTree, heads: Option<&[RevisionId]>, before: &Self) -> Self {
        let order = tree.graph.newest_first();
        let ids: Vec<RevisionId> = order.iter().map(|revision| revision.id.clone()).collect();
        let edges = edges(tree, &ids);
        let lanes = lanes::lay_out(&edges);
        let mut history = Self {
            lanes_width: lanes.iter().map(LaneRow::width).max().unwrap_or(1),
            lanes,
            texts: ids.iter().map(|id| text(tree, id)).collect(),
            heads: tree.graph.heads().len(),
            record: before.record.clone(),
            top: before.top,
            ..Self::default()
        };
        history.place(tree, heads, ids);
        history.update_states(tree, heads);
        history.select_as(before);
        history
    }

    /// Takes new heads: updates which revisions are applied, pending, current and missing.
    #[must_use]
    pub fn with_heads(mut self, tree: &ScriptTree, heads: Option<&[RevisionId]>) -> Self {
        let before = Self { items: self.items.clone(), selected: self.selected, ..Self::default() };
        let ids: Vec<RevisionId> = self
            .items
            .drain(..)
            .filter_map(|item| if let Item::Revision(id) = item { Some(id) } else { None })
            .collect();
        self.place(tree, heads, ids);
        self.update_states(tree, heads);
        self.select_as(&before);
        self
    }

    /// Takes the ledger's records of the scripts.
    pub fn set_ledger(&mut self, tree: &ScriptTree, heads: Option<&[RevisionId]>, record: Arc<ScriptStatus>) {
        self.record = record;
        self.update_states(tree, heads);
    }

    /// The ledger's records of the scripts.
    #[must_use]
    pub fn ledger(&self) -> &ScriptStatus {
        &self.record
    }

    fn place(&mut self, tree: &ScriptTree, heads: Option<&[RevisionId]>, ids: Vec<RevisionId>) {
        let missing = heads.unwrap_or_default().iter().filter(|head| tree.graph.get(head.as_str()).is_none());
        self.items = missing.cloned().map(Item::Missing).collect();
        self.items.extend((0..tree.problems.len()).map(Item::Problem));
        self.above = self.items.len();
        self.positions = ids.iter().enumerate().map(|(n, id)| (id.clone(), n + self.above)).collect();
        self.items.extend(ids.into_iter().map(Item::Revision));
        self.items.push(Item::Base);
        self.starts = Vec::with_capacity(self.items.len() + 1);
        let mut line = 0;
        for item in 0..self.items.len() {
            self.starts.push(line);
            line += 1 + self.lane(item).map_or(0, |lane| lane.links.len());
        }
        self.starts.push(line);
    }

    fn update_states(&mut self, tree: &ScriptTree, heads: Option<&[RevisionId]>) {
        let graph = &tree.graph;
        let known: Vec<RevisionId> =
            heads.unwrap_or_default().iter().filter(|head| graph.get(head.as_str()).is_some()).cloned().collect();
        let applied_tips = find_applied_tips(tree, heads.unwrap_or_default(), &self.record);
        let applied: HashSet<RevisionId> = graph.ancestors(&applied_tips);
        // The revisions below a missing revision are not known, so the pending ones are not known either.
        let certain = heads.is_some_and(|heads| heads.len() == known.len());
        let pending = if certain { graph.pending(&known) } else { Vec::new() };
        self.pending = pending.into_iter().cloned().collect();
        self.marks = self
            .items
            .iter()
            .map(|item| match item {
                Item::Revision(id) => Marks {
                    applied: applied.contains(id),
                    pending: certain && !applied.contains(id),
                    current: known.contains(id),
                    head: graph.is_head(id.as_str()),
                    branch_point: graph.is_branch_point(id.as_str()),
                    merge_point: graph.get(id.as_str()).is_some_and(|revision| revision.down_revisions.len() > 1),
                    edited: applied.contains(id) && self.record.edited.contains(id),
                },
                Item::Base => Marks { current: heads.is_some_and(<[_]>::is_empty), ..Marks::default() },
                _ => Marks::default(),
            })
            .collect();
        self.longest_items = self.find_longest_items(tree);
    }

    fn find_longest_items(&self, tree: &ScriptTree) -> Vec<usize> {
        let mut found: HashMap<Marks, (usize, usize)> = HashMap::new();
        for (item, marks) in self.marks.iter().enumerate() {
            let labels = match self.items.get(item) {
                Some(Item::Revision(id)) => {
                    tree.scripts.get(id).map_or(0, |file| file.script.branch_labels.concat().len())
                }
                _ => 0,
            };
            let longest = found.entry(*marks).or_insert((item, labels));
            if labels > longest.1 {
                *longest = (item, labels);
            }
        }
        found.into_values().map(|(item, _)| item).collect()
    }

    fn select_as(&mut self, before: &Self) {
        let found = match before.selected_item() {
            Some(Item::Revision(id) | Item::Missing(id)) => self.position(id),
            Some(Item::Base) => self.items.len().checked_sub(1),
            Some(Item::Problem(_)) | None => None,
        };
        let start = if before.items.is_empty() { self.first_of_interest() } else { before.selected };
        self.selected = found.unwrap_or(start).min(self.items.len().saturating_sub(1));
    }

    /// The first selection: the first revision.
    fn first_of_interest(&self) -> usize {
        if self.above < self.items.len() { self.above } else { 0 }
    }

    /// All items from top to bottom.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Whether there are no revisions and no problems.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty() && self.above == 0
    }

    /// The number of revisions.
    #[must_use]
    pub fn revision_count(&self) -> usize {
        self.positions.len()
    }

    /// The number of heads of the tree.
    #[must_use]
    pub const fn head_count(&self) -> usize {
        self.heads
    }

    /// The id, the message and the labels of a revision in lower case. Empty for other items.
    #[must_use]
    pub fn text(&self, item: usize) -> &str {
        item.checked_sub(self.above).and_then(|n| self.texts.get(n)).map_or("", |text| text)
    }

    /// For each state that occurs, the item with the longest text.
    #[must_use]
    pub fn longest_items(&self) -> &[usize] {
        &self.longest_items
    }

    /// The revisions that `upgrade heads` would run, in their order.
    #[must_use]
    pub fn pending(&self) -> &[RevisionId] {
        &self.pending
    }

    /// The number of the database's heads without a script.
    #[must_use]
    pub fn missing_count(&self) -> usize {
        self.items.iter().take_while(|item| matches!(item, Item::Missing(_))).count()
    }

    /// The width of the widest row of lanes, in cells.
    #[must_use]
    pub const fn lanes_width(&self) -> usize {
        self.lanes_width
    }

    /// The state of an item.
    #[must_use]
    pub fn marks(&self, item: usize) -> Marks {
        self.marks.get(item).copied().unwrap_or_default()
    }

    /// The lanes of an item. The rows above the tree have none.
    #[must_use]
    pub fn lane(&self, item: usize) -> Option<&LaneRow> {
        self.lanes.get(item.checked_sub(self.above)?)
    }

    /// The index of the selected item.
    #[must_use]
    pub const fn selected(&self) -> usize {
        self.selected
    }

    /// The selected item.
    #[must_use]
    pub fn selected_item(&self) -> Option<&Item> {
        self.items.get(self.selected)
    }

    /// The selected revision, if it has a script.
    #[must_use]
    pub fn selected_revision(&self) -> Option<&RevisionId> {
        match self.selected_item()? {
            Item::Revision(id) => Some(id),
            _ => None,
        }
    }

    /// The index of a revision, also of a missing one.
    #[must_use]
    pub fn position(&self, id: &RevisionId) -> Option<usize> {
        self.positions.get(id).copied().or_else(|| {
            self.items[..self.above].iter().position(|item| match item {
                Item::Missing(missing) => missing == id,
                _ => false,
            })
        })
    }

    /// Selects an item; an index past the end selects the last item.
    pub fn select(&mut self, item: usize) {
        self.selected = item.min(self.items.len().saturating_sub(1));
    }

    /// Selects a revision by its id. Returns whether it exists.
    pub fn select_id(&mut self, id: &RevisionId) -> bool {
        let found = self.position(id);
        if let Some(item) = found {
            self.selected = item;
        }
        found.is_some()
    }

    /// The number of screen lines.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.starts.last().copied().unwrap_or_default()
    }

    /// The item of a screen line, counted from the top of the whole list.
    #[must_use]
    pub fn line(&self, line: usize) -> Option<HistoryLine> {
        if line >= self.line_count() {
            return None;
        }
        let item = self.starts.partition_point(|start| *start <= line).checked_sub(1)?;
        Some(HistoryLine { item, part: line - self.starts.get(item)? })
    }

    /// Scrolls so that the selected item is inside a window of `height` lines.
    pub fn scroll_to_selected(&mut self, height: usize) {
        let line = self.starts.get(self.selected).copied().unwrap_or_default();
        self.top = super::scroll::follow(self.top, line, height, self.line_count());
    }

    /// Scrolls by lines. The selection moves if it would leave the window.
    pub fn scroll(&mut self, lines: isize, height: usize) {
        let last = self.line_count().saturating_sub(height);
        self.top = self.top.saturating_add_signed(lines).min(last);
        let margin = super::scroll::margin(height);
        let first_seen = if self.top == 0 { 0 } else { self.top + margin };
        let last_seen = if self.top == last { self.line_count() } else { self.top + height.saturating_sub(1 + margin) };
        let line = self.starts.get(self.selected).copied().unwrap_or_default();
        let wanted = line.clamp(first_seen, last_seen.max(first_seen));
        if wanted != line
            && let Some(found) = self.line(wanted.min(self.line_count().saturating_sub(1)))
        {
            let below = found.part > 0 && wanted > line;
            self.select(if below && lines > 0 { found.item + 1 } else { found.item });
        }
    }
}

/// The place and the message of a problem.
#[must_use]
pub fn describe_problem(problem: &ScriptProblem) -> (String, String) {
    match problem {
        ScriptProblem::File { path, line, message, .. } => {
            let name =
                path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
            (line.map_or_else(|| name.clone(), |line| format!("{name}:{line}")), message.clone())
        }
        ScriptProblem::Graph { problem, .. } => (String::from("scripts"), problem.to_string()),
    }
}
