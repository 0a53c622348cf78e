//! Lanes as data: the cells left and right of each node in a listing, and the rows that link it to the nodes below.
//!
//! Nodes are numbers in the order of the listing, newest first. An edge points to a later node. The cells are
//! box-drawing characters. The caller chooses the node's glyph and may translate the cells.

use renderdag::pipeline::types::{Ancestor, PrefixLine, PrefixLineKind, PrefixLinePart, PrefixLineRenderer};
use renderdag::pipeline::{BoxDrawing, GraphRowShaper};

/// The cells of a node's row, and of the rows that link it to the nodes below.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LaneRow {
    /// The cells before the node's glyph, two for each lane.
    pub left: Box<str>,
    /// The cells after the glyph, without trailing spaces.
    pub right: Box<str>,
    /// The rows between this node and the next, without trailing spaces. Usually there are none.
    pub links: Box<[Box<str>]>,
}

/// The meaning of an edge from a node to a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    Parent(usize),
    /// `Depends On`, drawn as a dashed line.
    Dependency(usize),
}

impl Edge {
    const fn to(self) -> usize {
        match self {
            Self::Parent(node) | Self::Dependency(node) => node,
        }
    }
}

impl LaneRow {
    /// The width of the widest row in cells. The glyph counts as one.
    #[must_use]
    pub fn width(&self) -> usize {
        let node = self.left.chars().count() + 1 + self.right.chars().count();
        self.links.iter().map(|link| link.chars().count()).fold(node, usize::max)
    }
}

/// Lays out the lanes of a listing. `edges` has the edges of each node. Edges that do not point to a later node are
/// ignored, because their lane would never end.
#[must_use]
pub fn lay_out(edges: &[Vec<Edge>]) -> Vec<LaneRow> {
    let options = renderdag::OutputRendererOptions { min_row_height: 1, ..Default::default() };
    let mut shaper = GraphRowShaper::<usize>::with_options(options);
    let mut cells = BoxDrawing::<renderdag::pipeline::row_shape_to_prefix_lines::box_drawing::Curved>::new();
    edges
        .iter()
        .enumerate()
        .map(|(node, edges)| {
            let shape = shaper.next_row_shape(node, ancestors(node, edges));
            lane_row(&cells.next_prefix_lines(&shape))
        })
        .collect()
}

fn ancestors(node: usize, edges: &[Edge]) -> Vec<Ancestor<usize>> {
    let mut seen: Vec<usize> = Vec::with_capacity(edges.len());
    let mut found = Vec::with_capacity(edges.len());
    for edge in edges {
        if edge.to() <= node || seen.contains(&edge.to()) {
            continue;
        }
        seen.push(edge.to());
        found.push(match *edge {
            Edge::Parent(parent) => Ancestor::Parent(parent),
            Edge::Dependency(other) => Ancestor::Ancestor(other),
        });
    }
    found
}

fn lane_row(rendered: &[PrefixLine]) -> LaneRow {
    let mut row = LaneRow::default();
    let mut links = Vec::new();
    for line in rendered {
        match line.kind {
            PrefixLineKind::Node => (row.left, row.right) = node_cells(line),
            PrefixLineKind::Link => links.push(text_of(line)),
            _ => {}
        }
    }
    row.links = links.into();
    row
}

fn node_cells(line: &PrefixLine) -> (Box<str>, Box<str>) {
    let (mut left, mut right, mut past) = (String::new(), String::new(), false);
    for part in &line.parts {
        match part {
            PrefixLinePart::NodeGlyph => past = true,
            PrefixLinePart::Text(text) if past => right.push_str(text),
            PrefixLinePart::Text(text) => left.push_str(text),
        }
    }
    (left.into(), right.trim_end().into())
}

fn text_of(line: &PrefixLine) -> Box<str> {
    let mut text = String::new();
    for part in &line.parts {
        if let PrefixLinePart::Text(cells) = part {
            text.push_str(cells);
        }
    }
    text.trim_end().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(edges: &[Vec<Edge>]) -> String {
        let mut text = String::new();
        for row in lay_out(edges) {
            text.push_str(format!("{}o{}", row.left, row.right).trim_end());
            text.push('\n');
            for link in &row.links {
                text.push_str(link);
                text.push('\n');
            }
        }
        text
    }

    #[test]
    fn a_branch_and_its_merge() {
        use Edge::Parent;
        let edges = [vec![Parent(1), Parent(2)], vec![Parent(3)], vec![Parent(3)], vec![Parent(4)], vec![]];
        assert_eq!(drawn(&edges), "o\n├─╮\no │\n│ o\n├─╯\no\no\n");
    }

    #[test]
    fn a_linear_history_needs_no_link_rows() {
        let edges: Vec<Vec<Edge>> = (0..50).map(|n| vec![Edge::Parent(n + 1)]).chain([vec![]]).collect();
        assert!(lay_out(&edges).iter().all(|row| row.links.is_empty() && row.width() == 1));
    }

    #[test]
    fn a_dependency_is_dashed_and_ends_at_its_revision() {
        let edges = [vec![Edge::Parent(3), Edge::Dependency(2)], vec![Edge::Parent(2)], vec![Edge::Parent(3)], vec![]];
        let text = drawn(&edges);
        assert!(text.contains('╷'), "{text}");
        assert_eq!(text.lines().last(), Some("o"));
    }

    #[test]
    fn an_edge_to_an_earlier_node_is_ignored() {
        assert_eq!(drawn(&[vec![Edge::Parent(1)], vec![Edge::Parent(0)]]), "o\no\n");
    }
}
