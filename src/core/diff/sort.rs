//! Puts steps in an order that holds, and reads well where it is free.

use std::collections::BTreeSet;

use super::step::Step;

/// Always the first in reading order of what may come next, with what belongs together kept together. `after`: which
/// steps each has to come before; `gladly`: the same, where nothing speaks against it.
pub(super) fn sorted(steps: &[Step], after: &[BTreeSet<usize>], gladly: &[BTreeSet<usize>]) -> Vec<usize> {
    let mut reading: Vec<usize> = (0..steps.len()).collect();
    reading.sort_by(|a, b| steps[*a].place.cmp(&steps[*b].place));
    let mut position = vec![0; reading.len()];
    for (at, index) in reading.iter().enumerate() {
        position[*index] = at;
    }
    let mut waits = Waits::new(after, gladly);
    let free = reading.iter().copied().filter(|index| waits.is_over(*index));
    let mut ready: BTreeSet<usize> = free.map(|index| position[index]).collect();
    let mut open: BTreeSet<usize> = (0..reading.len()).collect();
    let mut sorted: Vec<usize> = Vec::new();
    while !open.is_empty() {
        let together = sorted.last().and_then(|last: &usize| {
            let last = &steps[*last].place;
            let start = reading.partition_point(|index| steps[*index].place.is_before_group(last));
            let next = ready.range(start..).next().copied();
            next.filter(|at| steps[reading[*at]].place.is_together_with(last))
        });
        let next = together.or_else(|| ready.first().copied());
        // A circle: the step that waits for least goes on, and the proof tells whether that was right.
        let stuck = || open.iter().copied().min_by_key(|at| (waits.of(reading[*at]), *at));
        let Some(at) = next.or_else(stuck) else { break };
        ready.remove(&at);
        open.remove(&at);
        let freed = waits.done(reading[at]);
        ready.extend(freed.into_iter().map(|index| position[index]).filter(|at| open.contains(at)));
        sorted.push(reading[at]);
    }
    sorted
}

/// For how many steps each step still waits, of need and gladly.
struct Waits<'a> {
    after: &'a [BTreeSet<usize>],
    gladly: &'a [BTreeSet<usize>],
    for_steps: Vec<(usize, usize)>,
}

impl<'a> Waits<'a> {
    fn new(after: &'a [BTreeSet<usize>], gladly: &'a [BTreeSet<usize>]) -> Self {
        let mut for_steps = vec![(0, 0); after.len()];
        after.iter().flatten().for_each(|then| for_steps[*then].0 += 1);
        gladly.iter().flatten().for_each(|then| for_steps[*then].1 += 1);
        Self { after, gladly, for_steps }
    }

    fn of(&self, index: usize) -> (usize, usize) {
        self.for_steps[index]
    }

    fn is_over(&self, index: usize) -> bool {
        self.of(index) == (0, 0)
    }

    /// Tells those that wait for a step; hands back those that wait for nothing more.
    fn done(&mut self, index: usize) -> Vec<usize> {
        self.after[index].iter().for_each(|then| self.for_steps[*then].0 -= 1);
        self.gladly[index].iter().for_each(|then| self.for_steps[*then].1 -= 1);
        let told = self.after[index].union(&self.gladly[index]);
        told.copied().filter(|then| self.is_over(*then)).collect()
    }
}
