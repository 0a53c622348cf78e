//! Waiting for a condition, never for a time.

use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// How long it rests between two looks.
const STEP: Duration = Duration::from_millis(5);

/// Looks until `condition` holds; panics with `what` after `seconds`.
#[track_caller]
pub fn eventually(what: &str, seconds: u64, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(seconds);
    while !condition() {
        assert!(Instant::now() < end, "after {seconds} s still not so: {what}");
        std::thread::sleep(STEP);
    }
}

/// The exit status of a child that ends within `seconds`; `None` when it did not and was killed.
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
