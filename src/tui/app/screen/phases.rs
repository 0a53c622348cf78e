//! The phases of generating a script: what each is at, how long it took, what it found.

use std::time::Duration;

use jiff::civil::Time;

use super::verify::elapsed;

/// The phases in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Load,
    Read,
    Compare,
    /// Only where there may be some: what a person said of them is carried out.
    Renames,
    Prove,
}

impl Name {
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

/// How one stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    #[default]
    Waiting,
    Running(Time),
    Done(Duration),
    /// Cancelled, or it failed.
    Stopped,
}

/// One phase.
#[derive(Debug, Clone, Default)]
pub(super) struct Phase {
    pub(super) state: State,
    /// What it is at, or what it found.
    pub(super) words: String,
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Phases {
    phases: [Phase; 5],
}

impl Phases {
    pub(super) const fn get(&self, name: Name) -> &Phase {
        let [load, read, compare, renames, prove] = &self.phases;
        match name {
            Name::Load => load,
            Name::Read => read,
            Name::Compare => compare,
            Name::Renames => renames,
            Name::Prove => prove,
        }
    }

    const fn get_mut(&mut self, name: Name) -> &mut Phase {
        let [load, read, compare, renames, prove] = &mut self.phases;
        match name {
            Name::Load => load,
            Name::Read => read,
            Name::Compare => compare,
            Name::Renames => renames,
            Name::Prove => prove,
        }
    }

    /// What a phase is at, or found.
    pub(super) fn say(&mut self, name: Name, words: impl Into<String>) {
        self.get_mut(name).words = words.into();
    }

    /// Begins a phase, unless it runs already; those that ran have ended with it.
    pub(super) fn begin(&mut self, name: Name, now: Time) {
        for other in Name::ALL.into_iter().filter(|other| *other != name) {
            self.end(other, now);
        }
        let phase = self.get_mut(name);
        if !matches!(phase.state, State::Running(_)) {
            phase.state = State::Running(now);
        }
    }

    fn end(&mut self, name: Name, now: Time) {
        let phase = self.get_mut(name);
        if let State::Running(since) = phase.state {
            phase.state = State::Done(elapsed(since, now));
        }
    }

    /// Ends what runs.
    pub(super) fn finish(&mut self, now: Time) {
        for name in Name::ALL {
            self.end(name, now);
        }
    }

    /// What runs has come to no end.
    pub(super) fn stop(&mut self) {
        for phase in self.phases.iter_mut().filter(|phase| matches!(phase.state, State::Running(_))) {
            phase.state = State::Stopped;
        }
    }

    /// The one that runs.
    pub(super) fn running(&self) -> Option<Name> {
        Name::ALL.into_iter().find(|name| matches!(self.get(*name).state, State::Running(_)))
    }
}
