//! Waits for conditions, never for a fixed time.

use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// The time between two checks.
const STEP: Duration = Duration::from_millis(5);

/// Waits until `condition` is true; panics with `what` after `seconds`.
#[track_caller]
pub fn eventually(what: &str, seconds: u64, condition: impl FnMut() -> bool) {
    assert!(is_true_within(seconds, condition), "not within {seconds} s: {what}");
}

/// Waits until `condition` is true. Returns false after `seconds`.
pub fn is_true_within(seconds: u64, mut condition: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(seconds);
    while !condition() {
        if Instant::now() >= end {
            return false;
        }
        std::thread::sleep(STEP);
    }
    true
}

/// Returns the exit status of a child. Kills it after `seconds` and returns `None`.
pub fn end_of(child: &mut Child, seconds: u64) -> Option<ExitStatus> {
    let status = end_within(child, Duration::from_secs(seconds));
    if status.is_none() {
        child.kill().ok();
        child.wait().ok();
    }
    status
}

/// Waits for the end of a child. Returns `None` if it still runs after `limit`.
pub fn end_within(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let end = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return Some(status);
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        std::thread::sleep(STEP.min(left));
    }
}
