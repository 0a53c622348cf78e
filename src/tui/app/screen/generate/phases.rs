//! The phases of the generation of a script: state, duration, and text.

use std::time::Duration;

use jiff::civil::Time;

use crate::tui::app::format::elapsed;

/// The phases in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Load,
    Read,
    Compare,
    /// Only if there are possible renames: the chosen ones are applied.
    Renames,
    Prove,
}

impl Phase {
    pub(super) const ALL: [Self; 5] = [Self::Load, Self::Read, Self::Compare, Self::Renames, Self::Prove];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Read => "read",
            Self::Compare => "compare",
            Self::Renames => "renames",
            Self::Prove => "prove",
        }
    }
}

/// The state of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum PhaseState {
    #[default]
    Waiting,
    Running(Time),
    Done(Duration),
    /// It was cancelled, or it failed.
    Stopped,
}

/// A phase with its text.
#[derive(Debug, Clone, Default)]
pub(super) struct PhaseStatus {
    pub(super) state: PhaseState,
    /// What it does, or its result.
    pub(super) text: String,
}

/// All phases.
#[derive(Debug, Clone, Default)]
pub(super) struct Phases {
    phases: [PhaseStatus; 5],
}

impl Phases {
    pub(super) const fn get(&self, phase: Phase) -> &PhaseStatus {
        let [load, read, compare, renames, prove] = &self.phases;
        match phase {
            Phase::Load => load,
            Phase::Read => read,
            Phase::Compare => compare,
            Phase::Renames => renames,
            Phase::Prove => prove,
        }
    }

    const fn get_mut(&mut self, phase: Phase) -> &mut PhaseStatus {
        let [load, read, compare, renames, prove] = &mut self.phases;
        match phase {
            Phase::Load => load,
            Phase::Read => read,
            Phase::Compare => compare,
            Phase::Renames => renames,
            Phase::Prove => prove,
        }
    }

    /// Sets the text of a phase.
    pub(super) fn set_text(&mut self, phase: Phase, text: impl Into<String>) {
        self.get_mut(phase).text = text.into();
    }

    /// Starts a phase unless it runs. Other running phases end.
    pub(super) fn begin(&mut self, phase: Phase, now: Time) {
        for other in Phase::ALL.into_iter().filter(|other| *other != phase) {
            self.end(other, now);
        }
        let status = self.get_mut(phase);
        if !matches!(status.state, PhaseState::Running(_)) {
            status.state = PhaseState::Running(now);
        }
    }

    fn end(&mut self, phase: Phase, now: Time) {
        let status = self.get_mut(phase);
        if let PhaseState::Running(since) = status.state {
            status.state = PhaseState::Done(elapsed(since, now));
        }
    }

    /// Ends the running phases.
    pub(super) fn finish(&mut self, now: Time) {
        for phase in Phase::ALL {
            self.end(phase, now);
        }
    }

    /// Stops the running phases before their end.
    pub(super) fn stop(&mut self) {
        for status in self.phases.iter_mut().filter(|status| matches!(status.state, PhaseState::Running(_))) {
            status.state = PhaseState::Stopped;
        }
    }

    /// The running phase.
    pub(super) fn running(&self) -> Option<Phase> {
        Phase::ALL.into_iter().find(|phase| matches!(self.get(*phase).state, PhaseState::Running(_)))
    }
}
