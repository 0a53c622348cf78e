//! Waits for conditions, never for a fixed time.

use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// The time between two checks.
const STEP: Duration = Duration::from_millis(5);

/// Waits until `condition` is true; panics with `what` after `seconds`.
#[track_caller]
pub fn eventually(what: &str, seconds: u64, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(seconds);
    while !condition() {
        assert!(Instant::now() < end, "not within {seconds} s: {what}");
        std::thread::sleep(STEP);
    }
}

/// Returns the exit status of a child. Kills it after `seconds` and returns `None`.
pub fn end_of(child: &mut Child, seconds: u64) -> Option<ExitStatus> {
    let end = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return Some(status);
        }
        if Instant::now() >= end {
            child.kill().ok();
            child.wait().ok();
            return None;
        }
        std::thread::sleep(STEP);
    }
}
