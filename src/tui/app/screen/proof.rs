//! What was proved of a script in this session, and the words for it.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Time;

use super::verify::elapsed;
use crate::core::graph::RevisionId;
use crate::engine::verify::{Stage, VerifiedRevision};
use crate::tui::app::form::Piece;
use crate::tui::app::model::Model;
use crate::tui::app::run::spell;
use crate::tui::app::sheet::SEPARATOR;
use crate::tui::app::theme::Role;

/// What was found of a script.
#[derive(Debug, Clone)]
pub struct Proof {
    /// The script that it was found of: another text has no proof.
    pub text: Arc<str>,
    pub verified: VerifiedRevision,
    pub took: Duration,
    pub at: Time,
}

/// How one stage of a proof stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageState {
    NotRun,
    Running,
    Fine,
    /// The script did not run.
    Fails,
    /// It ran, and the schema is not as it should be.
    Differs,
    /// There is no downgrade, so that nothing is undone.
    Empty,
}

/// The three stages: of what was found, or of what runs.
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

/// Whether the upgrade ran, but did not make what it was generated for.
fn makes_other(verified: &VerifiedRevision) -> bool {
    !verified.up && verified.difference.iter().any(|line| line.starts_with("after the upgrade, "))
}

fn up(verified: &VerifiedRevision) -> StageState {
    match verified {
        VerifiedRevision { up: true, .. } => StageState::Fine,
        _ if makes_other(verified) => StageState::Differs,
        VerifiedRevision { error: Some(_), .. } => StageState::Fails,
        _ => StageState::NotRun,
    }
}

fn down(verified: &VerifiedRevision) -> StageState {
    match verified {
        VerifiedRevision { up: false, .. } if !makes_other(verified) => StageState::NotRun,
        VerifiedRevision { down: true, .. } => StageState::Fine,
        VerifiedRevision { error: Some(_), .. } => StageState::Fails,
        // After a downgrade that leaves things behind, the upgrade is tried all the same.
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

/// The proof of a revision's script as it stands.
#[must_use]
pub fn of<'a>(model: &'a Model, id: &RevisionId) -> Option<&'a Proof> {
    let file = model.script_of(id)?;
    model.proofs.get(id).filter(|proof| *proof.text == *file.text)
}

/// The line below a script that was verified: glyph, stages, how long it took, how long ago.
#[must_use]
pub fn line(model: &Model) -> Option<Vec<Piece>> {
    let proof = of(model, model.history.selected_revision()?)?;
    let ascii = model.preferences.ascii;
    let (glyph, role) = match (proof.verified.is_proved(), ascii) {
        (true, false) => ("✓", Role::Good),
        (true, true) => ("*", Role::Good),
        (false, false) => ("✗", Role::Danger),
        (false, true) => ("x", Role::Danger),
    };
    let mut pieces = vec![(format!("{glyph} proof: "), role)];
    pieces.extend(stage_pieces(stages(Some(&proof.verified), None)));
    let took = if proof.took.is_zero() { String::new() } else { format!(" · in {}", spell(proof.took)) };
    pieces.push((format!("{took}, {}", ago(elapsed(proof.at, model.now))), Role::Muted));
    Some(pieces)
}

fn ago(age: Duration) -> String {
    match age.as_secs() {
        0..60 => String::from("just now"),
        seconds @ 60..3600 => format!("{} min ago", seconds / 60),
        seconds => format!("{} h ago", seconds / 3600),
    }
}
