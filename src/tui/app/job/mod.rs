//! The job runner: at most one job at a time, and any number of reads. Every answer is checked by its generation.
//!
//! A job blocks other jobs, can be cancelled, and delays quitting until it has ended. A read blocks nothing; a newer
//! read of the same name replaces an older one.

use jiff::civil::Time;

use super::effect::Generation;

/// How long after the end of a job a key press may still have been meant for the job.
const JUST_ENDED: std::time::Duration = std::time::Duration::from_secs(1);

/// What `^c` and quitting do with a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnCancel {
    /// Nothing waits for its answer: it only reads.
    Abandon,
    /// The runtime cancels it; the UI waits for its end.
    Stop,
    /// It is short and cannot be cancelled; the UI waits for its end.
    Wait,
}

/// Which part of the screen shows the progress of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownBy {
    /// The footer.
    Footer,
    /// A list; the footer if no list is open.
    List,
    /// The plan screen.
    Plan,
}

/// The description of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobSpec {
    /// The name by which its owner asks for it, for example `verify`.
    pub name: &'static str,
    /// For example `verifying`.
    pub doing: String,
    pub on_cancel: OnCancel,
    pub shown_by: ShownBy,
    /// Whether it may change the database or the scripts, so that earlier findings no longer hold.
    pub writes: bool,
    /// What the quit dialog says about it.
    pub quit_warning: &'static str,
}

impl JobSpec {
    /// A short job that writes and cannot be cancelled.
    #[must_use]
    pub const fn writing(name: &'static str, doing: String) -> Self {
        let quit_warning = "A file or a table is still being written.";
        Self { name, doing, on_cancel: OnCancel::Wait, shown_by: ShownBy::Footer, writes: true, quit_warning }
    }
}

/// A job that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub generation: Generation,
    pub spec: JobSpec,
    pub started: Time,
    /// The user cancelled it; the runtime has not answered yet.
    pub cancelling: bool,
}

impl Job {
    /// Whether it can be cancelled before its end.
    #[must_use]
    pub fn is_cancellable(&self) -> bool {
        self.spec.on_cancel != OnCancel::Wait
    }
}

/// The result of a request to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// No job runs.
    NoJob,
    /// The job was abandoned.
    Abandoned,
    /// The runtime must cancel the job.
    Requested,
    /// It is cancelled already, or it cannot be cancelled: limbeck quits when it has ended. `true`: it was cancelled.
    WillQuit(bool),
    /// The user was told that limbeck waits for the job, and does not want to wait: limbeck quits now.
    LeftRunning,
}

/// What has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Job { was_cancelled: bool },
    Read,
}

/// The runner's state.
#[derive(Debug, Clone, Default)]
pub struct Jobs {
    generation: Generation,
    running: Option<Job>,
    /// The open reads by name.
    reads: Vec<(&'static str, Generation)>,
    /// When the last job ended that could be cancelled but was not.
    ended_at: Option<Time>,
    quitting: bool,
    /// Whether the user was told that limbeck waits for the running job.
    warned: bool,
}

impl Jobs {
    /// The number of the latest request.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.generation
    }

    /// The job that runs.
    #[must_use]
    pub const fn running(&self) -> Option<&Job> {
        self.running.as_ref()
    }

    /// Whether any job runs.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Whether the job of this name runs.
    #[must_use]
    pub fn runs(&self, name: &str) -> bool {
        self.running.as_ref().is_some_and(|job| job.spec.name == name)
    }

    /// Whether the running job was cancelled.
    #[must_use]
    pub fn is_cancelling(&self) -> bool {
        self.running.as_ref().is_some_and(|job| job.cancelling)
    }

    /// Whether a read of this name is open.
    #[must_use]
    pub fn is_reading(&self, name: &str) -> bool {
        self.reads.iter().any(|(open, _)| *open == name)
    }

    /// Whether any read is open.
    #[must_use]
    pub const fn has_reads(&self) -> bool {
        !self.reads.is_empty()
    }

    /// Whether limbeck quits when the running job has ended.
    #[must_use]
    pub const fn is_quitting(&self) -> bool {
        self.quitting
    }

    /// Returns a new generation.
    pub const fn next_generation(&mut self) -> Generation {
        self.generation += 1;
        self.generation
    }

    /// Starts a job. The caller has checked that none runs.
    pub fn start(&mut self, spec: JobSpec, now: Time) -> Generation {
        self.warned = false;
        let generation = self.next_generation();
        self.running = Some(Job { generation, spec, started: now, cancelling: false });
        generation
    }

    /// Starts a read. It replaces an open read of the same name.
    pub fn start_read(&mut self, name: &'static str) -> Generation {
        let generation = self.next_generation();
        self.forget_read(name);
        self.reads.push((name, generation));
        generation
    }

    /// Drops an open read, so that its answer is not accepted.
    pub fn forget_read(&mut self, name: &str) {
        self.reads.retain(|(open, _)| *open != name);
    }

    /// Whether a progress message with this generation is from the running job.
    #[must_use]
    pub fn is_current(&self, generation: Generation) -> bool {
        self.running.as_ref().is_some_and(|job| job.generation == generation)
    }

    /// Ends the job or the read of this generation. Returns `None` if it is not open any more.
    pub fn end(&mut self, generation: Generation, now: Time) -> Option<Ended> {
        if let Some(job) = self.running.take_if(|job| job.generation == generation) {
            if !job.cancelling && job.spec.on_cancel != OnCancel::Wait {
                self.ended_at = Some(now);
            }
            return Some(Ended::Job { was_cancelled: job.cancelling });
        }
        let at = self.reads.iter().position(|(_, open)| *open == generation)?;
        self.reads.swap_remove(at);
        Some(Ended::Read)
    }

    /// Cancels the running job. A second request quits when the job has ended. The next one quits at once, because a server
    /// that does not answer would keep limbeck waiting.
    pub fn cancel(&mut self) -> Cancelled {
        let Some(job) = &mut self.running else { return Cancelled::NoJob };
        match job.spec.on_cancel {
            OnCancel::Abandon => {
                self.running = None;
                Cancelled::Abandoned
            }
            OnCancel::Stop if !job.cancelling => {
                job.cancelling = true;
                Cancelled::Requested
            }
            OnCancel::Stop | OnCancel::Wait if self.warned => Cancelled::LeftRunning,
            OnCancel::Stop | OnCancel::Wait => {
                (self.quitting, self.warned) = (true, true);
                Cancelled::WillQuit(job.cancelling)
            }
        }
    }

    /// The runtime reports that it cancels the job.
    pub const fn mark_cancelling(&mut self) {
        if let Some(job) = &mut self.running {
            job.cancelling = true;
        }
    }

    /// Quits when the running job has ended. Returns the result of its cancellation.
    pub fn quit(&mut self) -> Cancelled {
        let cancelled = self.cancel();
        self.quitting = !matches!(cancelled, Cancelled::NoJob | Cancelled::Abandoned);
        cancelled
    }

    /// Whether quitting must wait for the running job.
    #[must_use]
    pub fn blocks_quitting(&self) -> bool {
        self.running.as_ref().is_some_and(|job| job.spec.on_cancel != OnCancel::Abandon)
    }

    /// Whether a job has ended within the last second, so that a key press may have been meant for it. Asking resets it.
    pub fn has_just_ended(&mut self, now: Time) -> bool {
        let age = self.ended_at.take().map(|at| now.duration_since(at));
        age.is_some_and(|age| !age.is_negative() && age.unsigned_abs() < JUST_ENDED)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    fn spec(on_cancel: OnCancel) -> JobSpec {
        JobSpec { on_cancel, ..JobSpec::writing("test", String::from("testing")) }
    }

    #[test]
    fn answers_with_an_old_generation_are_not_accepted() {
        let now = time(10, 0, 0, 0);
        let mut jobs = Jobs::default();
        let old = jobs.start(spec(OnCancel::Stop), now);
        assert!(jobs.is_current(old) && jobs.runs("test"));
        assert_eq!(jobs.end(old, now), Some(Ended::Job { was_cancelled: false }));
        assert_eq!(jobs.end(old, now), None);
        let first = jobs.start_read("list");
        let second = jobs.start_read("list");
        assert_eq!((jobs.end(first, now), jobs.end(second, now)), (None, Some(Ended::Read)));
        assert!(!jobs.has_reads());
    }

    #[test]
    fn a_second_cancel_quits_when_the_job_has_ended() {
        let now = time(10, 0, 0, 0);
        let mut jobs = Jobs::default();
        assert_eq!(jobs.cancel(), Cancelled::NoJob);
        jobs.start(spec(OnCancel::Stop), now);
        assert_eq!((jobs.cancel(), jobs.is_quitting()), (Cancelled::Requested, false));
        assert_eq!((jobs.cancel(), jobs.is_quitting()), (Cancelled::WillQuit(true), true));
        assert_eq!(jobs.cancel(), Cancelled::LeftRunning, "the user does not want to wait");
        jobs.start(spec(OnCancel::Wait), now);
        assert_eq!((jobs.cancel(), jobs.cancel()), (Cancelled::WillQuit(false), Cancelled::LeftRunning));
        jobs.start(spec(OnCancel::Stop), now);
        assert_eq!((jobs.quit(), jobs.cancel()), (Cancelled::Requested, Cancelled::WillQuit(true)));
        let mut jobs = Jobs::default();
        jobs.start(spec(OnCancel::Abandon), now);
        assert_eq!((jobs.quit(), jobs.is_running(), jobs.is_quitting()), (Cancelled::Abandoned, false, false));
    }

    #[test]
    fn a_key_press_just_after_the_end_of_a_job_is_recognised_once() {
        let now = time(10, 0, 0, 0);
        let mut jobs = Jobs::default();
        let generation = jobs.start(spec(OnCancel::Stop), now);
        jobs.end(generation, now);
        assert!(jobs.has_just_ended(now) && !jobs.has_just_ended(now));
        let generation = jobs.start(spec(OnCancel::Stop), now);
        jobs.cancel();
        jobs.end(generation, now);
        assert!(!jobs.has_just_ended(now), "a cancelled job does not count");
        let generation = jobs.start(spec(OnCancel::Wait), now);
        jobs.end(generation, now);
        assert!(!jobs.has_just_ended(now), "no key press is meant for a job that cannot be cancelled");
    }
}
