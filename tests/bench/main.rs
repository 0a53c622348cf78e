//! Measures the performance budgets on the release build: `cargo bench`, or `cargo bench -- apply` for those whose name
//! contains that word. Exit code 1 if a measurement exceeds its bound.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement that cannot go on has failed")]
#![allow(clippy::print_stdout, reason = "figures are what this program is for")]
#![allow(clippy::cast_precision_loss, reason = "figures are rounded anyway")]
#![allow(dead_code, unused_imports, reason = "the tests' own support has more than is measured here")]

mod applying;
mod check;
mod editor;
mod frame;
mod heads;
#[path = "../random/many_tables.rs"]
mod many_tables;
mod scripts;
mod start;
#[path = "../support/mod.rs"]
mod support;

use std::process::ExitCode;
use std::time::Duration;

/// One measurement and its bound.
pub struct Figure {
    pub work: String,
    pub measured: f64,
    pub bound: f64,
    pub unit: &'static str,
    /// Details of the measurement.
    pub note: String,
}

impl Figure {
    fn holds(&self) -> bool {
        self.measured <= self.bound
    }
}

/// The name of each measurement and its function.
type Budget = (&'static str, fn() -> Vec<Figure>);

const BUDGETS: [Budget; 6] = [
    ("start", start::measure),
    ("heads", heads::measure),
    ("frame", frame::measure),
    ("editor", editor::measure),
    ("apply", applying::measure),
    ("check", check::measure),
];

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let mut all_hold = true;
    for (name, measure) in BUDGETS {
        if !wanted.is_empty() && !wanted.iter().any(|word| word == name) {
            continue;
        }
        for figure in measure() {
            let verdict = if figure.holds() { "ok  " } else { "OVER" };
            let Figure { work, measured, bound, unit, note } = &figure;
            println!("{verdict} {work}: {measured:.2} {unit}, bound {bound} {unit}{note}");
            all_hold &= figure.holds();
        }
    }
    if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The quantile of the values, e.g. `share` 0.5 for the median.
#[must_use]
pub fn quantile(mut times: Vec<Duration>, share: f64) -> Duration {
    times.sort_unstable();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index, not negative")]
    let index = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1;
    times[index]
}

#[must_use]
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
