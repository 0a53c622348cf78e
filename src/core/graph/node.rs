//! What a graph is made of inside: revisions by place, and the tables and sets that go with places.

use std::ops::{Index, IndexMut};

use super::{GraphProblem, Revision};

/// Where a revision lies in its graph. Places are handed out by `build` alone and ascend with the ids,
/// so one of them is valid in every table made for that graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place(u32);

/// A revision with its edges, all of them within the graph.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub revision: Revision,
    /// What it revises, by id.
    pub parents: Vec<Place>,
    /// What it depends on, by id.
    pub dependencies: Vec<Place>,
    /// Parents by id, then those dependencies that are no parents, by id.
    pub below: Vec<Place>,
    /// What revises it, by id.
    pub children: Vec<Place>,
    /// What revises it or depends on it, by id.
    pub above: Vec<Place>,
    /// Branch labels after they were spread, sorted.
    pub labels: Vec<std::sync::Arc<str>>,
    /// Why no path may step over it.
    pub fault: Option<std::sync::Arc<GraphProblem>>,
}

/// Picks one kind of a node's edges, to walk along.
pub(super) type Edges = fn(&Node) -> &[Place];

pub(super) fn parents(node: &Node) -> &[Place] {
    &node.parents
}

pub(super) fn below(node: &Node) -> &[Place] {
    &node.below
}

pub(super) fn children(node: &Node) -> &[Place] {
    &node.children
}

pub(super) fn above(node: &Node) -> &[Place] {
    &node.above
}

/// One value for each revision of a graph.
#[derive(Debug, Clone)]
pub(super) struct PerPlace<T>(Vec<T>);

impl<T> Default for PerPlace<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> PerPlace<T> {
    /// Places are u32: a graph holds at most that many revisions, and a directory far fewer.
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

    /// Every place, ascending.
    pub(super) fn places(&self) -> impl DoubleEndedIterator<Item = Place> + use<T> {
        (0..u32::try_from(self.0.len()).unwrap_or(u32::MAX)).map(Place)
    }

    /// The places from the first that `before` does not hold for.
    pub(super) fn places_from(&self, before: impl Fn(&T) -> bool) -> impl Iterator<Item = Place> {
        let start = self.0.partition_point(before);
        self.places().skip(start)
    }
}

impl<T> Index<Place> for PerPlace<T> {
    type Output = T;

    fn index(&self, place: Place) -> &T {
        &self.0[place.0 as usize]
    }
}

impl<T> IndexMut<Place> for PerPlace<T> {
    fn index_mut(&mut self, place: Place) -> &mut T {
        &mut self.0[place.0 as usize]
    }
}

/// A set of places, one bit each.
#[derive(Debug, Clone)]
pub(super) struct PlaceSet {
    words: Vec<u64>,
}

impl PlaceSet {
    pub(super) fn new(length: usize) -> Self {
        Self { words: vec![0; length.div_ceil(64)] }
    }

    /// Whether the place was not in the set yet.
    pub(super) fn insert(&mut self, place: Place) -> bool {
        let word = &mut self.words[place.0 as usize / 64];
        let bit = 1 << (place.0 % 64);
        let fresh = *word & bit == 0;
        *word |= bit;
        fresh
    }

    pub(super) fn contains(&self, place: Place) -> bool {
        self.words[place.0 as usize / 64] & (1 << (place.0 % 64)) != 0
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
    pub(super) fn iter(&self) -> impl Iterator<Item = Place> + '_ {
        (0_u32..).zip(&self.words).filter(|(_, word)| **word != 0).flat_map(|(index, word)| {
            (0..64).filter(move |bit| word & (1 << bit) != 0).map(move |bit| Place(index * 64 + bit))
        })
    }
}

/// Everything that can be reached from some nodes along one kind of edges, themselves included.
pub(super) fn reach(nodes: &PerPlace<Node>, from: impl IntoIterator<Item = Place>, edges: Edges) -> PlaceSet {
    let mut seen = PlaceSet::new(nodes.len());
    let mut todo: Vec<Place> = from.into_iter().collect();
    while let Some(place) = todo.pop() {
        if seen.insert(place) {
            todo.extend(edges(&nodes[place]).iter().filter(|next| !seen.contains(**next)));
        }
    }
    seen
}
