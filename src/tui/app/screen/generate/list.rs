//! The list of a generation: one entry for each phase, then the pairs that may be renames.

use super::phases::{Phase, PhaseState};
use super::{Autogeneration, GenerationState, NAME, begin, cancel_question, continue_generation, renames, show};
use crate::core::text::plural;
use crate::engine::ErrorKind;
use crate::engine::autogenerate::Stage;
use crate::tui::app::command::Command;
use crate::tui::app::form::{FormLine, Piece};
use crate::tui::app::format::{elapsed, format_duration};
use crate::tui::app::list::{Followed, List, ListEntry};
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{CommandAction, Decision, act, refuse};
use crate::tui::app::proof::{stage_pieces, stages};
use crate::tui::app::theme::Role;

/// The width of the phases' names in cells.
const PHASE: usize = 9;

impl List for Autogeneration {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn title(&self) -> Vec<Piece> {
        let what = format!(" ─ {}: a script from the models", self.request.new.message);
        vec![(String::from("Autogenerate"), Role::BorderFocused), (what, Role::Muted)]
    }

    fn status(&self, model: &Model) -> Piece {
        match &self.end {
            GenerationState::Running if model.jobs.is_cancelling() => {
                (String::from("cancelling: dropping the scratch database …"), Role::Warning)
            }
            GenerationState::Running => {
                let seconds = elapsed(self.started, model.now).as_secs();
                (format!("{}, {seconds} s", self.describe_progress()), Role::Current)
            }
            GenerationState::Asking => {
                let words = match (self.pairs.len(), self.pairs.chosen()) {
                    (_, 0) => String::from("no pair is a rename unless you choose it"),
                    (all, chosen) => format!("{chosen} of {} renamed", plural(all as u64, "pair")),
                };
                (words, Role::Warning)
            }
            GenerationState::Nothing => {
                (String::from("the database matches the models: no script was written"), Role::Good)
            }
            GenerationState::Ready(_) => {
                (String::from("the script is ready and has not been written to a file yet"), Role::Good)
            }
            GenerationState::Shown => (String::from("the script was opened in the editor"), Role::Good),
            GenerationState::Failed(error) if error.kind == ErrorKind::Interrupted => {
                (String::from("cancelled; the scratch database was dropped and nothing was written"), Role::Warning)
            }
            GenerationState::Failed(error) => (error.message.clone(), Role::Danger),
        }
    }

    /// The phases, then the pairs.
    fn count(&self) -> usize {
        self.phase_count() + self.pairs.len()
    }

    fn entry(&self, model: &Model, index: usize) -> ListEntry {
        match self.pair_at(index) {
            Some(pair) => self.pair_entry(pair),
            None => self.phases().nth(index).map(|phase| self.phase_entry(model, phase)).unwrap_or_default(),
        }
    }

    /// Why a pair may be a rename, and the result of the choice.
    fn details(&self, index: usize) -> Vec<FormLine> {
        let pair = self.pair_at(index).and_then(|pair| self.pairs.get(pair));
        let Some((candidate, rename)) = pair else { return Vec::new() };
        let reasons = vec![(String::from("reason  "), Role::Muted), (candidate.reasons.join(", "), Role::Text)];
        let result = renames::describe_result(&candidate.subject, rename);
        let result = vec![(String::from("result  "), Role::Muted), result];
        vec![FormLine::Text(reasons, 8), FormLine::Text(result, 8)]
    }

    /// The question above the first pair.
    fn heading(&self, index: usize) -> Vec<FormLine> {
        if self.pair_at(index) != Some(0) {
            return Vec::new();
        }
        let words = if self.is_asking() { "Which of these are renames?" } else { "The chosen renames" };
        vec![FormLine::Raw(Vec::new()), FormLine::Text(vec![(String::from(words), Role::Title)], 0)]
    }

    fn end_notes(&self) -> Vec<FormLine> {
        let line = |note: &String| FormLine::Text(vec![(note.clone(), Role::Warning)], 0);
        self.notes.iter().map(line).collect()
    }

    /// The running phase.
    fn followed(&self) -> Followed {
        let running = self.phases.running();
        Followed::Entry(self.phases().position(|phase| Some(phase) == running).unwrap_or(0))
    }

    /// Continues when the user has chosen the renames, or opens the script.
    fn open(&self, model: &Model, _entry: Option<usize>) -> Decision {
        match self.end {
            GenerationState::Asking => {}
            GenerationState::Ready(_) => return act(show),
            _ => return refuse("there is nothing to open here"),
        }
        model.require_writable()?;
        model.require_connected()?;
        if self.is_stale(model) {
            let key = model.preferences.keymap.shown(Command::Refresh);
            return refuse(format!("the database, the scripts or the models have changed; {key} starts again"));
        }
        act(continue_generation)
    }

    fn refresh(&self, model: &Model) -> Decision {
        model.require_idle()?;
        model.require_connected()?;
        let new = self.request.new.clone();
        act(|model| begin(model, new, false))
    }

    fn title_of(&self, command: Command) -> Option<&'static str> {
        match command {
            Command::Open if self.is_asking() => Some("continue"),
            Command::Toggle => Some("rename or not"),
            _ => None,
        }
    }

    fn on_close(&self, model: &Model) -> Option<String> {
        let key = model.preferences.keymap.shown(Command::Autogenerate);
        self.is_asking().then(|| format!("autogenerate waits for an answer; {key} shows the question"))
    }

    fn on_interrupt(&self) -> Option<CommandAction> {
        if self.is_asking() { Some(Box::new(cancel_question)) } else { None }
    }
}

impl Autogeneration {
    /// The phases that are shown.
    fn phases(&self) -> impl Iterator<Item = Phase> {
        let has_pairs = !self.pairs.is_empty();
        Phase::ALL.into_iter().filter(move |phase| *phase != Phase::Renames || has_pairs)
    }

    /// The number of entries that are phases.
    pub(super) fn phase_count(&self) -> usize {
        self.phases().count()
    }

    /// The pair of an entry.
    pub(super) fn pair_at(&self, entry: usize) -> Option<usize> {
        let pair = entry.checked_sub(self.phase_count())?;
        (pair < self.pairs.len()).then_some(pair)
    }

    /// A phase with its state, its text, and its duration.
    fn phase_entry(&self, model: &Model, phase: Phase) -> ListEntry {
        let status = self.phases.get(phase);
        let asks = phase == Phase::Renames && self.is_asking();
        let is_waiting = matches!(status.state, PhaseState::Waiting) && !asks;
        let (glyph, role) = if asks { ("?", Role::Warning) } else { self.phase_glyph(phase, model.preferences.ascii) };
        let mut left = vec![
            (format!("{glyph} "), role),
            (format!("{:<PHASE$}", phase.word()), if is_waiting { Role::Muted } else { Role::Title }),
        ];
        match (phase, self.stage) {
            _ if asks => {
                let pairs = plural(self.pairs.len() as u64, "pair");
                left.push((format!("{pairs} that may be renames"), Role::Warning));
            }
            (Phase::Prove, Some(stage)) if status.text.is_empty() => {
                let found = match &self.end {
                    GenerationState::Ready(opening) => opening.panel.proof.found(),
                    _ => None,
                };
                left.extend(stage_pieces(stages(found, Some(stage))));
            }
            _ => left.push((status.text.clone(), Role::Text)),
        }
        let took = match status.state {
            PhaseState::Running(since) => format!("{} s ", elapsed(since, model.now).as_secs()),
            PhaseState::Done(took) => format!("{} ", format_duration(took)),
            PhaseState::Stopped => String::from("stopped "),
            PhaseState::Waiting => String::new(),
        };
        ListEntry { left, right: vec![(took, Role::Muted)] }
    }

    fn phase_glyph(&self, phase: Phase, ascii: bool) -> (&'static str, Role) {
        match self.phases.get(phase).state {
            PhaseState::Waiting => (if ascii { "." } else { "·" }, Role::Muted),
            PhaseState::Running(_) => (if ascii { ">" } else { "▸" }, Role::Current),
            PhaseState::Done(_) if self.is_unproved(phase) => (if ascii { "x" } else { "✗" }, Role::Danger),
            PhaseState::Done(_) => (if ascii { "*" } else { "✓" }, Role::Good),
            PhaseState::Stopped => (if ascii { "x" } else { "✗" }, Role::Warning),
        }
    }

    /// Whether this is the proof and it failed.
    fn is_unproved(&self, phase: Phase) -> bool {
        let GenerationState::Ready(opening) = &self.end else { return false };
        phase == Phase::Prove && opening.panel.proof.found().is_some_and(|verified| !verified.is_proved())
    }

    fn pair_entry(&self, pair: usize) -> ListEntry {
        let Some((candidate, rename)) = self.pairs.get(pair) else { return ListEntry::default() };
        let mut left = vec![(String::from(if rename { "[x] " } else { "[ ] " }), Role::Current)];
        left.extend(renames::describe_pair(&candidate.subject));
        let (words, role) = if rename { ("rename ", Role::Good) } else { ("drop and add ", Role::Warning) };
        ListEntry { left, right: vec![(words.to_owned(), role)] }
    }

    fn describe_progress(&self) -> &'static str {
        match (self.phases.running(), self.stage) {
            (Some(Phase::Load) | None, _) => "loading the models",
            (Some(Phase::Read), _) => "reading the database",
            (Some(Phase::Compare), _) => "comparing",
            (Some(Phase::Renames), _) => "renaming",
            (Some(Phase::Prove), None) => "copying the database's schema for the proof",
            (Some(Phase::Prove), Some(Stage::Up)) => "proving the upgrade",
            (Some(Phase::Prove), Some(Stage::Down)) => "proving the downgrade",
            (Some(Phase::Prove), Some(Stage::Again)) => "proving the second upgrade",
        }
    }
}
