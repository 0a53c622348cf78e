//! The timers of the loop. A timer runs only if something needs it.

use std::time::Duration;

use tokio::time::Instant;

/// At most about sixty frames a second.
const FRAME: Duration = Duration::from_millis(16);
const TICK: Duration = Duration::from_millis(250);
const POLL: Duration = Duration::from_secs(5);
/// Changes on disk come in bursts: a `git switch` touches many files.
const FILES_PAUSE: Duration = Duration::from_millis(100);

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Frame,
    Tick,
    Poll,
    FilesChanged,
    /// The time for a job to end is over.
    End,
}

/// The timers: each has a time, or is off.
#[derive(Debug, Clone)]
pub(super) struct Timers {
    last_frame: Option<Instant>,
    frame: Option<Instant>,
    tick: Option<Instant>,
    poll: Option<Instant>,
    files_changed: Option<Instant>,
    end: Option<Instant>,
}

impl Timers {
    pub(super) fn new() -> Self {
        Self { last_frame: None, frame: None, tick: None, poll: None, files_changed: None, end: None }
    }

    /// A frame is needed: at once if it answers the user, otherwise within the frame limit.
    pub(super) fn want_frame(&mut self, at_once: bool, now: Instant) {
        let limited = self.last_frame.map_or(now, |last| (last + FRAME).max(now));
        let wanted = if at_once { now } else { limited };
        self.frame = Some(self.frame.map_or(wanted, |frame| frame.min(wanted)));
    }

    /// A frame was drawn.
    pub(super) fn drawn(&mut self, now: Instant) {
        self.last_frame = Some(now);
        self.frame = None;
    }

    /// Four ticks a second while they are wanted.
    pub(super) fn tick_while(&mut self, wanted: bool, now: Instant) {
        self.tick = wanted.then(|| self.tick.unwrap_or(now + TICK));
    }

    /// Every five seconds while it is wanted.
    pub(super) fn poll_while(&mut self, wanted: bool, now: Instant) {
        self.poll = wanted.then(|| self.poll.unwrap_or(now + POLL));
    }

    /// Files have changed. This is reported after a pause.
    pub(super) fn files_changed(&mut self, now: Instant) {
        self.files_changed.get_or_insert(now + FILES_PAUSE);
    }

    /// Ends the loop after a time, whatever still runs.
    pub(super) fn end_after(&mut self, time: Duration, now: Instant) {
        self.end.get_or_insert(now + time);
    }

    /// When to wake; `None`: only for an event.
    pub(super) fn next(&self) -> Option<Instant> {
        [self.frame, self.tick, self.poll, self.files_changed, self.end].into_iter().flatten().min()
    }

    /// What is due now. Each returned timer is turned off.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Due> {
        let timers = [
            (&mut self.end, Due::End),
            (&mut self.files_changed, Due::FilesChanged),
            (&mut self.poll, Due::Poll),
            (&mut self.tick, Due::Tick),
            (&mut self.frame, Due::Frame),
        ];
        let due = timers.into_iter().filter_map(|(timer, due)| timer.take_if(|at| *at <= now).map(|_| due));
        due.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn nothing_is_due_if_nothing_is_wanted() {
        let now = Instant::now();
        let mut timers = Timers::new();
        assert_eq!(timers.next(), None);
        timers.tick_while(true, now);
        timers.poll_while(true, now);
        assert_eq!(timers.next(), Some(now + TICK));
        timers.tick_while(false, now);
        timers.poll_while(false, now);
        assert_eq!((timers.next(), timers.due(now + 100 * TICK)), (None, vec![]));
    }

    #[test]
    fn frames_are_limited_but_keys_do_not_wait() {
        let now = Instant::now();
        let mut timers = Timers::new();
        timers.want_frame(false, now);
        assert_eq!(timers.due(now), [Due::Frame]);
        timers.drawn(now);
        timers.want_frame(false, now + MS);
        assert_eq!(timers.next(), Some(now + FRAME));
        assert_eq!(timers.due(now + MS), []);
        timers.want_frame(true, now + 2 * MS);
        assert_eq!(timers.due(now + 2 * MS), [Due::Frame]);
    }

    #[test]
    fn a_burst_of_changes_is_reported_once_and_without_delay() {
        let now = Instant::now();
        let mut timers = Timers::new();
        for n in 0..100 {
            timers.files_changed(now + n * MS);
        }
        assert_eq!(timers.due(now + FILES_PAUSE), [Due::FilesChanged]);
        assert_eq!(timers.next(), None);
    }
}
