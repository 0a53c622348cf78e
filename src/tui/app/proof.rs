//! The proof of a script in this session, and its text on the screen.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Time;

use super::form::{Piece, SEPARATOR};
use super::format::{elapsed, format_duration};
use super::theme::Role;
use crate::engine::verify::{Stage, VerifiedRevision};

/// The proof of a script.
#[derive(Debug, Clone)]
pub struct Proof {
    /// The text of the script. Another text has no proof.
    pub text: Arc<str>,
    pub verified: VerifiedRevision,
    pub took: Duration,
    pub at: Time,
}

/// The state of one stage of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageState {
    NotRun,
    Running,
    Fine,
    /// The script did not run.
    Fails,
    /// The script ran, but the schema is not the expected one.
    Differs,
    /// The downgrade is empty, so nothing is undone.
    Empty,
}

/// The three stages of a result, or of a running proof.
#[must_use]
pub fn stages(verified: Option<&VerifiedRevision>, running: Option<Stage>) -> [StageState; 3] {
    use StageState as S;
    match (verified, running) {
        (Some(verified), _) => [up(verified), down(verified), again(verified)],
        (None, None | Some(Stage::Up)) => [S::Running, S::NotRun, S::NotRun],
        (None, Some(Stage::Down)) => [S::Fine, S::Running, S::NotRun],
        (None, Some(Stage::Again)) => [S::Fine, S::Fine, S::Running],
    }
}

/// Whether the upgrade ran, but the resulting schema differs from the models.
fn differs_from_models(verified: &VerifiedRevision) -> bool {
    !verified.up && verified.difference.iter().any(|line| line.starts_with("after the upgrade, "))
}

fn up(verified: &VerifiedRevision) -> StageState {
    match verified {
        VerifiedRevision { up: true, .. } => StageState::Fine,
        _ if differs_from_models(verified) => StageState::Differs,
        VerifiedRevision { error: Some(_), .. } => StageState::Fails,
        _ => StageState::NotRun,
    }
}

fn down(verified: &VerifiedRevision) -> StageState {
    match verified {
        VerifiedRevision { up: false, .. } if !differs_from_models(verified) => StageState::NotRun,
        VerifiedRevision { down: true, .. } => StageState::Fine,
        VerifiedRevision { error: Some(_), .. } => StageState::Fails,
        // The second upgrade also runs after a downgrade that leaves objects.
        VerifiedRevision { again: false, note: Some(_), .. } => StageState::Empty,
        _ => StageState::Differs,
    }
}

const fn again(verified: &VerifiedRevision) -> StageState {
    match verified {
        VerifiedRevision { down: false, again: false, .. } => StageState::NotRun,
        VerifiedRevision { again: true, .. } => StageState::Fine,
        VerifiedRevision { error: Some(_), .. } => StageState::Fails,
        _ => StageState::Differs,
    }
}

/// `up ok · down differs · again –`, in columns.
#[must_use]
pub fn stage_pieces(states: [StageState; 3]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (n, (name, state)) in ["up", "down", "again"].into_iter().zip(states).enumerate() {
        if n > 0 {
            pieces.push((String::from(SEPARATOR), Role::Muted));
        }
        let (word, role) = match state {
            StageState::NotRun => ("–", Role::Muted),
            StageState::Running => ("…", Role::Current),
            StageState::Fine => ("ok", Role::Good),
            StageState::Fails => ("fails", Role::Danger),
            StageState::Differs => ("differs", Role::Danger),
            StageState::Empty => ("empty", Role::Warning),
        };
        pieces.push((format!("{name} {word}"), role));
    }
    pieces
}

impl Proof {
    /// The line below a script: glyph, stages, duration, and age.
    #[must_use]
    pub fn line(&self, ascii: bool, now: Time) -> Vec<Piece> {
        let (glyph, role) = match (self.verified.is_proved(), ascii) {
            (true, false) => ("✓", Role::Good),
            (true, true) => ("*", Role::Good),
            (false, false) => ("✗", Role::Danger),
            (false, true) => ("x", Role::Danger),
        };
        let mut pieces = vec![(format!("{glyph} proof: "), role)];
        pieces.extend(stage_pieces(stages(Some(&self.verified), None)));
        let took = if self.took.is_zero() { String::new() } else { format!(" · in {}", format_duration(self.took)) };
        pieces.push((format!("{took}, {}", format_age(elapsed(self.at, now))), Role::Muted));
        pieces
    }
}

fn format_age(age: Duration) -> String {
    match age.as_secs() {
        0..60 => String::from("just now"),
        seconds @ 60..3600 => format!("{} min ago", seconds / 60),
        seconds => format!("{} h ago", seconds / 3600),
    }
}
