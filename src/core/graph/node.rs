//! The parts of a graph: revisions by index, and maps and sets of revisions.

use std::ops::{Index, IndexMut};

use super::{GraphProblem, Revision};

/// The index of a revision in its graph. Only `build` creates indices. They are in the order of the ids and are valid
/// for every map and set of that graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RevisionIndex(u32);

/// A revision with its edges.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub revision: Revision,
    /// The revisions that it revises, sorted.
    pub parents: Vec<RevisionIndex>,
    /// The revisions that it depends on, sorted.
    pub dependencies: Vec<RevisionIndex>,
    /// Parents, followed by the dependencies that are not parents. Each part is sorted.
    pub prerequisites: Vec<RevisionIndex>,
    /// The revisions that revise it, sorted.
    pub children: Vec<RevisionIndex>,
    /// The revisions that revise it or depend on it, sorted.
    pub dependents: Vec<RevisionIndex>,
    /// Branch labels, including inherited ones, sorted.
    pub labels: Vec<std::sync::Arc<str>>,
    /// Why a path must not include it.
    pub fault: Option<std::sync::Arc<GraphProblem>>,
}

/// Selects the edges along which a walk goes.
pub(super) type Edges = fn(&Node) -> &[RevisionIndex];

pub(super) fn parents(node: &Node) -> &[RevisionIndex] {
    &node.parents
}

pub(super) fn prerequisites(node: &Node) -> &[RevisionIndex] {
    &node.prerequisites
}

pub(super) fn children(node: &Node) -> &[RevisionIndex] {
    &node.children
}

pub(super) fn dependents(node: &Node) -> &[RevisionIndex] {
    &node.dependents
}

/// One value for each revision of a graph.
#[derive(Debug, Clone)]
pub(super) struct RevisionMap<T>(Vec<T>);

impl<T> Default for RevisionMap<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> RevisionMap<T> {
    /// An index is a u32. The number of revisions is limited accordingly, far above the size of any real project.
    pub(super) fn new(mut values: Vec<T>) -> Self {
        values.truncate(u32::MAX as usize);
        Self(values)
    }

    pub(super) fn filled(length: usize, value: T) -> Self
    where
        T: Clone,
    {
        Self(vec![value; length])
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn values(&self) -> &[T] {
        &self.0
    }

    /// Every index, ascending.
    pub(super) fn indices(&self) -> impl DoubleEndedIterator<Item = RevisionIndex> + use<T> {
        (0..u32::try_from(self.0.len()).unwrap_or(u32::MAX)).map(RevisionIndex)
    }

    /// The indices from the first one for which `before` does not hold.
    pub(super) fn indices_from(&self, before: impl Fn(&T) -> bool) -> impl Iterator<Item = RevisionIndex> {
        let start = self.0.partition_point(before);
        self.indices().skip(start)
    }
}

impl<T> Index<RevisionIndex> for RevisionMap<T> {
    type Output = T;

    fn index(&self, index: RevisionIndex) -> &T {
        &self.0[index.0 as usize]
    }
}

impl<T> IndexMut<RevisionIndex> for RevisionMap<T> {
    fn index_mut(&mut self, index: RevisionIndex) -> &mut T {
        &mut self.0[index.0 as usize]
    }
}

/// A set of revisions, with one bit for each.
#[derive(Debug, Clone)]
pub(super) struct RevisionSet {
    words: Vec<u64>,
}

impl RevisionSet {
    pub(super) fn new(length: usize) -> Self {
        Self { words: vec![0; length.div_ceil(64)] }
    }

    /// Adds a revision. Returns whether it was new.
    pub(super) fn insert(&mut self, index: RevisionIndex) -> bool {
        let word = &mut self.words[index.0 as usize / 64];
        let bit = 1 << (index.0 % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    pub(super) fn contains(&self, index: RevisionIndex) -> bool {
        self.words[index.0 as usize / 64] & (1 << (index.0 % 64)) != 0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub(super) fn minus(mut self, other: &Self) -> Self {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
        self
    }

    pub(super) fn and(mut self, other: &Self) -> Self {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
        self
    }

    pub(super) fn or(mut self, other: &Self) -> Self {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
        self
    }

    /// The members, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = RevisionIndex> + '_ {
        (0_u32..).zip(&self.words).filter(|(_, word)| **word != 0).flat_map(|(index, word)| {
            (0..64).filter(move |bit| word & (1 << bit) != 0).map(move |bit| RevisionIndex(index * 64 + bit))
        })
    }
}

/// The revisions that can be reached from some revisions along one kind of edges, including those revisions.
pub(super) fn reachable(
    nodes: &RevisionMap<Node>,
    from: impl IntoIterator<Item = RevisionIndex>,
    edges: Edges,
) -> RevisionSet {
    let mut seen = RevisionSet::new(nodes.len());
    let mut remaining: Vec<RevisionIndex> = from.into_iter().collect();
    while let Some(index) = remaining.pop() {
        if seen.insert(index) {
            remaining.extend(edges(&nodes[index]).iter().filter(|next| !seen.contains(**next)));
        }
    }
    seen
}
