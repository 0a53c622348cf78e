//! Runs under faults: kills, cut connections, server restarts, a full disk, other migrators and other writers. After
//! each fault, nothing is lost and the report is true.
//!
//! Each test has a short form with fixed moments. With `LIMBECK_TEST_FAULTS=500`, it tries that many new random moments.

mod claim;
mod cuts;
mod disk;
mod kills;
mod losses;
mod migrators;
mod restarts;
mod subject;
mod tables;
mod trial;
mod undo;
mod writers;

use std::time::{SystemTime, UNIX_EPOCH};

/// A source of random numbers (`SplitMix64`) with a seed that a failed test prints.
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `limit - 1`.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    /// A number from 0 to 1.
    pub fn fraction(&mut self) -> f64 {
        f64::from(u32::try_from(self.below(1 << 20)).unwrap()) / f64::from(1 << 20)
    }

    /// True in `percent` of 100 calls.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Counts the moments that a test has tried and the faults that it has found.
pub struct Tally {
    name: &'static str,
    seed: u64,
    limit: usize,
    tried: usize,
    stopped: usize,
    faults: Vec<String>,
}

impl Tally {
    /// `short`: the number of moments in the short form. `share`: in the long form, one moment in `share` of
    /// `LIMBECK_TEST_FAULTS`. `LIMBECK_TEST_SEED` repeats a long run.
    pub fn new(name: &'static str, short: usize, share: usize) -> Self {
        let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<usize>().ok());
        let many = number("LIMBECK_TEST_FAULTS");
        let now = || u64::from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos());
        let seed = match (number("LIMBECK_TEST_SEED"), many) {
            (Some(seed), _) => seed as u64,
            (None, Some(_)) => now(),
            (None, None) => 1,
        };
        let limit = many.map_or(short, |many| many.div_ceil(share));
        Self { name, seed, limit, tried: 0, stopped: 0, faults: Vec::new() }
    }

    /// Whether this is the long form.
    pub fn is_long() -> bool {
        std::env::var_os("LIMBECK_TEST_FAULTS").is_some()
    }

    pub const fn random(&self) -> Random {
        Random::new(self.seed)
    }

    /// Whether the test tries another moment.
    pub const fn continues(&self) -> bool {
        self.tried < self.limit && self.faults.len() < 50
    }

    /// Counts a moment and its fault.
    #[allow(clippy::print_stderr, reason = "a long run shows each fault when it is found")]
    pub fn count(&mut self, result: Result<(), String>) {
        self.tried += 1;
        if let Err(fault) = result {
            eprintln!("{}: moment {}, seed {}: {fault}\n", self.name, self.tried, self.seed);
            self.faults.push(fault);
        }
    }

    /// Counts a run that the moment has stopped.
    pub fn count_stopped(&mut self, is_stopped: bool) {
        self.stopped += usize::from(is_stopped);
    }

    /// Prints the counts. Fails the test if there were faults.
    #[allow(clippy::print_stderr, reason = "the counts are the result of the test")]
    pub fn finish(self) {
        let Self { name, seed, tried, stopped, faults, .. } = self;
        eprintln!(
            "{name}: {tried} moments tried ({stopped} stopped a run), {} faults found, seed {seed}",
            faults.len()
        );
        assert!(faults.is_empty(), "{}", faults.join("\n\n"));
        assert!(tried > 0, "no moment was tried");
    }
}
