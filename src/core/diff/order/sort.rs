//! Sorts steps topologically, and by reading position where the requirements leave a choice.

use std::collections::{BTreeSet, HashMap};

use petgraph::graph::{DiGraph, NodeIndex};

use crate::core::diff::steps::{Condition, Step};

/// Returns the steps so that each one runs after the steps that establish its required conditions.
///
/// Of the steps that can run next, a step of the same group as the last one comes first, then the first by reading
/// position. In a cycle, the step with the fewest open requirements runs next; the proof on a scratch database shows
/// whether that order is valid.
pub fn sort_steps(steps: &[Step]) -> Vec<&Step> {
    let mut reading: Vec<usize> = (0..steps.len()).collect();
    reading.sort_by(|a, b| steps[*a].position.cmp(&steps[*b].position));
    let mut place = vec![0; reading.len()];
    for (at, number) in reading.iter().enumerate() {
        place[*number] = at;
    }
    let mut waiting = Waiting::new(order_graph(steps));
    // Steps are referred to by their place in reading order from here on.
    let mut ready: BTreeSet<usize> = (0..reading.len()).filter(|at| waiting.is_ready(reading[*at])).collect();
    let mut open: BTreeSet<usize> = (0..reading.len()).collect();
    let mut sorted: Vec<&Step> = Vec::new();
    while !open.is_empty() {
        let in_same_group = sorted.last().and_then(|last| {
            let last = &last.position;
            let start = reading.partition_point(|number| steps[*number].position.is_before_group(last));
            let next = ready.range(start..).next().copied();
            next.filter(|at| steps[reading[*at]].position.is_in_same_group(last))
        });
        let next = in_same_group.or_else(|| ready.first().copied());
        let in_cycle = || open.iter().copied().min_by_key(|at| (waiting.count(reading[*at]), *at));
        let Some(at) = next.or_else(in_cycle) else { break };
        ready.remove(&at);
        open.remove(&at);
        let now_ready = waiting.finish(reading[at]);
        ready.extend(now_ready.into_iter().map(|number| place[number]).filter(|at| open.contains(at)));
        sorted.push(&steps[reading[at]]);
    }
    sorted
}

/// How binding the order of two steps is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Required,
    Preferred,
}

/// The steps as nodes, with an edge from each step to the steps that must or should run after it.
fn order_graph(steps: &[Step]) -> DiGraph<(), Binding> {
    let mut providers: HashMap<&Condition, Vec<usize>> = HashMap::new();
    let mut by_action = HashMap::new();
    for (number, step) in steps.iter().enumerate() {
        by_action.insert((&step.id, step.action), number);
        for condition in step.produces.iter().chain(&step.releases) {
            providers.entry(condition).or_default().push(number);
        }
    }
    let providers_of = |condition: &Condition| match condition {
        Condition::Done(id, action) => by_action.get(&(id, *action)).copied().into_iter().collect(),
        _ => providers.get(condition).cloned().unwrap_or_default(),
    };
    let mut edges = BTreeSet::new();
    for (number, step) in steps.iter().enumerate() {
        let required = step.requires.iter().map(|condition| (condition, Binding::Required));
        let preferred = step.prefers.iter().map(|condition| (condition, Binding::Preferred));
        for (condition, binding) in required.chain(preferred) {
            for provider in providers_of(condition).into_iter().filter(|provider| *provider != number) {
                edges.insert((provider, number, binding));
            }
        }
    }
    let mut graph = DiGraph::with_capacity(steps.len(), edges.len());
    for _ in steps {
        graph.add_node(());
    }
    for (from, to, binding) in edges {
        graph.add_edge(NodeIndex::new(from), NodeIndex::new(to), binding);
    }
    graph
}

/// The number of unfinished steps before each step: (required, preferred).
struct Waiting {
    graph: DiGraph<(), Binding>,
    counts: Vec<(usize, usize)>,
}

impl Waiting {
    fn new(graph: DiGraph<(), Binding>) -> Self {
        let mut counts = vec![(0, 0); graph.node_count()];
        for edge in graph.raw_edges() {
            let (required, preferred) = &mut counts[edge.target().index()];
            match edge.weight {
                Binding::Required => *required += 1,
                Binding::Preferred => *preferred += 1,
            }
        }
        Self { graph, counts }
    }

    fn count(&self, step: usize) -> (usize, usize) {
        self.counts[step]
    }

    fn is_ready(&self, step: usize) -> bool {
        self.count(step) == (0, 0)
    }

    /// Marks a step as finished. Returns the steps that wait for no other step now.
    fn finish(&mut self, step: usize) -> Vec<usize> {
        use petgraph::visit::EdgeRef;
        let mut followers = BTreeSet::new();
        for edge in self.graph.edges(NodeIndex::new(step)) {
            let (required, preferred) = &mut self.counts[edge.target().index()];
            match edge.weight() {
                Binding::Required => *required -= 1,
                Binding::Preferred => *preferred -= 1,
            }
            followers.insert(edge.target().index());
        }
        followers.into_iter().filter(|step| self.is_ready(*step)).collect()
    }
}
