//! The texts of the screen: the branches with what they touch, the verdict, and the trees before and after.

use std::collections::BTreeSet;

use super::columns::{Line, beside};
use super::{Conflicts, PairState};
use crate::core::conflict::{ObjectChange, branch_lines, with_merge};
use crate::core::graph::{Graph, RevisionId};
use crate::core::text::plural;
use crate::engine::conflicts::Verdict;
use crate::tui::app::form::{FormLine, Piece};
use crate::tui::app::format::join_ids;
use crate::tui::app::theme::Role;

/// The narrowest window with two columns, in cells.
const TWO_COLUMNS: usize = 72;
/// The narrowest window with four columns.
const FOUR_COLUMNS: usize = 108;

impl Conflicts {
    /// Both branches with what they touch, side by side if there is enough space.
    pub(super) fn branches(&self, width: usize) -> Vec<FormLine> {
        let Some(state) = self.shown() else { return Vec::new() };
        let fork = &state.pair.fork;
        let left = self.branch(state, &state.pair.left, &fork.left, &state.touches.left);
        let right = self.branch(state, &state.pair.right, &fork.right, &state.touches.right);
        let mut lines = self.in_columns(&[left, right], width);
        if !state.touches.shared_owners().is_empty() {
            lines.push(FormLine::Text(
                vec![(String::from("= both branches touch this table or object"), Role::Muted)],
                2,
            ));
        }
        lines.push(FormLine::Raw(Vec::new()));
        lines
    }

    fn branch(
        &self,
        state: &PairState,
        head: &RevisionId,
        branch: &[RevisionId],
        changes: &[(RevisionId, ObjectChange)],
    ) -> Vec<Line> {
        let mut lines = vec![self.revision_line(head, "")];
        if branch.len() > 1 {
            for id in branch.iter().rev().skip(1) {
                lines.push(self.revision_line(id, ""));
            }
        }
        let mut count = vec![(plural(branch.len() as u64, "revision"), Role::Muted)];
        let applied = branch.iter().filter(|id| self.applied.contains(*id)).count();
        if applied > 0 {
            count.push((format!(" · {applied} applied in this database"), Role::Applied));
        }
        lines.push(count);
        let shared = state.touches.shared_owners();
        let widest = changes.iter().map(|(_, change)| change.object.chars().count()).max().unwrap_or_default().min(32);
        let mut seen = BTreeSet::new();
        for (_, ObjectChange { owner, object, change }) in changes {
            if !seen.insert((object, change)) {
                continue;
            }
            let is_shared = shared.contains(owner.as_str());
            let (mark, role) = if is_shared { ("= ", Role::Warning) } else { ("  ", Role::Text) };
            let change = (format!("  {change}"), Role::Muted);
            lines.push(vec![(mark.to_owned(), role), (format!("{object:<widest$}"), role), change]);
        }
        if changes.is_empty() {
            let text = if state.has_run || state.compared.is_some() { "  no object" } else { "  not known yet" };
            lines.push(vec![(text.to_owned(), Role::Muted)]);
        }
        lines
    }

    /// The verdict, what depends on the order, and the trees.
    pub(super) fn below(&self, width: usize) -> Vec<FormLine> {
        let Some(state) = self.shown() else { return Vec::new() };
        let mut lines = vec![FormLine::Raw(Vec::new())];
        let mut text = |text: String, role: Role, indent: usize| lines.push(FormLine::Text(vec![(text, role)], indent));
        if let Some(compared) = &state.compared {
            let role = verdict_role(compared.verdict);
            text(compared.sentence(), role, 0);
            for difference in &compared.difference {
                text(format!("  {}", difference.text), Role::Text, 4);
            }
            for note in &compared.notes {
                text(format!("note: {note}"), Role::Muted, 6);
            }
        }
        for note in &state.notes {
            text(format!("note: {note}"), Role::Muted, 6);
        }
        lines.push(FormLine::Raw(Vec::new()));
        lines.extend(self.in_columns(&self.trees(state), width));
        lines
    }

    /// The tree now, after a merge, and after both rebases.
    fn trees(&self, state: &PairState) -> Vec<Vec<Line>> {
        let graph = &self.tree.graph;
        let (left, right) = (&state.pair.left, &state.pair.right);
        let fork = &state.pair.fork;
        let branches: BTreeSet<RevisionId> =
            fork.ancestors.iter().chain(&fork.left).chain(&fork.right).cloned().collect();
        let (merged, merge) = with_merge(graph, &[left.clone(), right.clone()]);
        let with: BTreeSet<RevisionId> = branches.iter().cloned().chain(merge.clone()).collect();
        let mut trees = vec![
            titled("now", self.drawing(graph, &branches, None)),
            titled("m  merge", self.drawing(&merged, &with, merge.as_ref())),
        ];
        for (title, revision, onto) in [("r  right onto left", right, left), ("R  left onto right", left, right)] {
            trees.push(match graph.rebase(revision, onto) {
                Ok(rebase) => {
                    let shown = branches.iter().cloned().chain(rebase.moved.clone()).collect();
                    titled(title, self.drawing(&Graph::build(rebase.revisions).0, &shown, None))
                }
                Err(error) => titled(title, vec![vec![(error.message, Role::Muted)]]),
            });
        }
        trees
    }

    /// A part of a graph. `new` is a revision that does not exist yet.
    pub(super) fn drawing(&self, graph: &Graph, shown: &BTreeSet<RevisionId>, new: Option<&RevisionId>) -> Vec<Line> {
        let draw = |cells: &str| if self.ascii { ascii_lanes(cells) } else { cells.to_owned() };
        let mut lines = Vec::new();
        for line in branch_lines(graph, shown) {
            let mut pieces = vec![(draw(&line.left), Role::Lane)];
            if let Some(id) = &line.revision {
                let after = format!("{} ", draw(&line.right));
                if Some(id) == new {
                    pieces.extend([(self.glyph(false), Role::Pending), (after, Role::Lane)]);
                    pieces.push((String::from(" merge"), Role::Pending));
                } else {
                    let is_applied = self.applied.contains(id);
                    pieces.push((self.glyph(is_applied), if is_applied { Role::Applied } else { Role::Pending }));
                    pieces.push((after, Role::Lane));
                    pieces.extend(self.revision_line(id, " "));
                }
            }
            lines.push(pieces);
        }
        lines
    }

    /// The glyph of a revision, as in the history.
    fn glyph(&self, is_applied: bool) -> String {
        String::from(match (is_applied, self.ascii) {
            (false, true) => "o",
            (true, true) => "*",
            (false, false) => "○",
            (true, false) => "●",
        })
    }

    /// The short id and the message of a revision.
    fn revision_line(&self, id: &RevisionId, blank: &str) -> Vec<Piece> {
        let message = self.tree.script(id.as_str()).map_or("", |file| file.script.summary());
        vec![(format!("{blank}{}", id.short()), Role::Id), (format!("  {message}"), Role::Text)]
    }

    fn in_columns(&self, columns: &[Vec<Line>], width: usize) -> Vec<FormLine> {
        let count = match width {
            FOUR_COLUMNS.. => 4,
            TWO_COLUMNS.. => 2,
            _ => 1,
        };
        let mut lines = Vec::new();
        for (index, row) in columns.chunks(count.min(columns.len()).max(1)).enumerate() {
            if index > 0 {
                lines.push(FormLine::Raw(Vec::new()));
            }
            lines.extend(beside(row, width, self.ascii));
        }
        lines
    }

    /// What the branches are compared since.
    pub(super) fn since(&self) -> String {
        self.shown().map_or_else(String::new, |state| join_ids(&state.pair.fork.ancestors))
    }
}

pub(super) const fn verdict_role(verdict: Verdict) -> Role {
    match verdict {
        Verdict::Commute => Role::Good,
        Verdict::Differ => Role::Warning,
        Verdict::Fail => Role::Danger,
    }
}

fn titled(title: &str, lines: Vec<Line>) -> Vec<Line> {
    let mut all = vec![vec![(title.to_owned(), Role::Title)]];
    all.extend(lines);
    all
}

/// Lanes without box-drawing characters.
fn ascii_lanes(cells: &str) -> String {
    let letter = |cell: char| match cell {
        '│' | '╷' | '╵' => '|',
        '─' => '-',
        ' ' => ' ',
        _ => '+',
    };
    cells.chars().map(letter).collect()
}
