//! Random inputs for a reader of text: valid inputs with random edits.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::EVIL;

/// How long one input may take. Far more than any input takes, also in a debug build on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// Texts that are inserted into every input.
const TOKENS: &[&str] = &[
    EVIL,
    "\0",
    "\n",
    "\r\n",
    "\t",
    "'",
    "\"",
    "\\",
    "$",
    "$$",
    "${",
    "}",
    "{{",
    "{%",
    "(",
    ")",
    "[",
    "]",
    ":",
    "::",
    "@",
    "+",
    "-",
    "--",
    "/*",
    "*/",
    ",",
    ";",
    "=",
    "%",
    "%zz",
    "#",
    "\u{feff}",
    "가",
    "é",
    "👨‍👩‍👧",
    "0",
    "-1",
    "99999999999999999999",
    " ",
    "",
];

/// One reader of text.
pub struct Reader {
    pub name: &'static str,
    /// The number of inputs without `LIMBECK_TEST_CASES`.
    pub cases: u64,
    /// Valid inputs.
    pub seeds: &'static [&'static str],
    /// Words of its language.
    pub words: &'static [&'static str],
}

/// A sequence of random numbers (`SplitMix64`).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }

    fn choose<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    /// A valid input of a reader with random edits.
    fn input(&mut self, reader: &Reader) -> String {
        let mut text: Vec<char> = self.choose(reader.seeds).chars().collect();
        for _ in 0..self.below(8) {
            let from = self.below(text.len() + 1);
            let to = (from + self.below(12)).min(text.len());
            let word = match self.below(3) {
                0 => self.choose(reader.words).to_owned(),
                1 => self.choose(TOKENS).to_owned(),
                _ => self.choose(reader.seeds).chars().skip(self.below(40)).take(self.below(40)).collect(),
            };
            match self.below(10) {
                0..3 => drop(text.drain(from..to)),
                3..6 => drop(text.splice(from..from, word.chars())),
                6..8 => drop(text.splice(from..to, word.chars())),
                8 => text.extend_from_within(from..to),
                // Deep nesting and long runs.
                _ => drop(
                    text.splice(from..from, word.repeat(self.below(3000)).chars().take(60_000).collect::<Vec<_>>()),
                ),
            }
        }
        text.into_iter().collect()
    }
}

/// Gives a reader random inputs and prints how many. Fails with the input if one panics or takes too long.
#[allow(clippy::print_stdout, reason = "the number of inputs is a result of the test")]
pub fn fuzz(reader: &'static Reader, read: impl Fn(&str) + Send + 'static) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let fixed = reader.name.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
    let new_seed = || if number("LIMBECK_TEST_CASES").is_some() { getrandom::u64().unwrap() } else { fixed };
    let seed = number("LIMBECK_TEST_SEED").unwrap_or_else(new_seed);
    let cases = number("LIMBECK_TEST_CASES").unwrap_or(reader.cases);
    let current = Arc::new(Mutex::new(String::new()));
    let shown = Arc::clone(&current);
    let (done, finished) = channel();
    let worker = std::thread::spawn(move || {
        let mut random = Random(seed);
        for _ in 0..cases {
            let input = random.input(reader);
            current.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&input);
            read(&input);
            done.send(()).unwrap();
        }
    });
    let mut count = 0;
    let timed_out = loop {
        match finished.recv_timeout(LIMIT) {
            Ok(()) => count += 1,
            Err(RecvTimeoutError::Timeout) => break true,
            Err(RecvTimeoutError::Disconnected) => break false,
        }
    };
    let input = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(!timed_out, "{}: an input took longer than {LIMIT:?} (seed {seed}): {input:?}", reader.name);
    assert!(worker.join().is_ok(), "{}: an input caused a panic (seed {seed}): {input:?}", reader.name);
    assert_eq!(count, cases);
    println!("{}: {cases} inputs, 0 faults", reader.name);
}
