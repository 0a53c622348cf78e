//! The list of a verification: one entry for each revision with its stages, and what is wrong below it.

use super::{Activity, NAME, Verification, VerificationEnd, VerifyResult, start};
use crate::core::graph::RevisionId;
use crate::core::text::plural;
use crate::engine::verify::{Stage, VerifiedRevision};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::form::{FormLine, Piece, is_caret_line};
use crate::tui::app::format::{elapsed, format_duration};
use crate::tui::app::list::{List, ListEntry};
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act};
use crate::tui::app::proof::{stage_pieces, stages};
use crate::tui::app::theme::Role;

/// The width of the three stages with their longest words, in cells.
const STAGES: usize = "up ok · down differs · again ok".len() - 2;

impl List for Verification {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn title(&self) -> Vec<Piece> {
        let what = self.of.as_ref().map_or("the whole history", |id| id.short());
        let how = String::from(" ─ up, down and up again on a scratch database");
        vec![(format!("Verify {what}"), Role::BorderFocused), (how, Role::Muted)]
    }

    fn status(&self, model: &Model) -> Piece {
        let proved = self.proved();
        match &self.end {
            VerificationEnd::Running if model.jobs.is_cancelling() => {
                (String::from("cancelling: dropping the scratch database …"), Role::Warning)
            }
            VerificationEnd::Running => (self.describe_progress(model), Role::Current),
            VerificationEnd::Failed(error) if error.kind == ErrorKind::Interrupted => {
                let before = if proved > 0 { format!("; {proved} revisions had been proved") } else { String::new() };
                (format!("cancelled; the scratch database was dropped{before}"), Role::Warning)
            }
            VerificationEnd::Failed(error) => (error.message.clone(), Role::Danger),
            VerificationEnd::Done { back_to_base, data_untested } if proved == self.results.len() => {
                let base = if *back_to_base { ", and back to base" } else { "" };
                let data = if *data_untested { "; data changes ran on empty tables" } else { "" };
                (format!("{} proved{base}{data}", plural(proved as u64, "revision")), Role::Good)
            }
            VerificationEnd::Done { .. } => (self.describe_failures(), Role::Danger),
        }
    }

    /// The results, and the revision that is proved now.
    fn count(&self) -> usize {
        self.results.len() + usize::from(self.proving().is_some())
    }

    /// The revision with its state, its stages, and the time.
    fn entry(&self, model: &Model, index: usize) -> ListEntry {
        let result = self.results.get(index);
        let states = stages(result.map(|result| &result.verified), self.proving().map(|(_, stage)| stage));
        let Some(id) = self.revision(index) else { return ListEntry::default() };
        let message = model.script_of(id).map_or("", |file| file.script.summary());
        let (glyph, role) = glyph(model, result.map(|result| &result.verified));
        let left =
            vec![(format!("{glyph} "), role), (id.short().to_owned(), Role::Id), (format!("  {message}"), Role::Text)];
        let took = match (result, &self.current) {
            (Some(result), _) if result.took.is_zero() => String::new(),
            (Some(result), _) => format_duration(result.took),
            (None, Some(Activity::Proving { since, .. })) => format!("{} s", elapsed(*since, model.now).as_secs()),
            _ => String::new(),
        };
        let mut right = stage_pieces(states);
        let width: usize = right.iter().map(|(text, _)| text.chars().count()).sum();
        let blanks = STAGES.saturating_sub(width);
        right.push((format!("{:blanks$} {took:>8} ", ""), Role::Muted));
        ListEntry { left, right }
    }

    fn details(&self, index: usize) -> Vec<FormLine> {
        self.results.get(index).map(|result| details(&result.verified)).unwrap_or_default()
    }

    /// Why the scratch database is on another server.
    fn notes(&self) -> Vec<FormLine> {
        let line = |note: &String| FormLine::Text(vec![(note.clone(), Role::Warning)], 0);
        self.notes.iter().map(line).collect()
    }

    fn revision(&self, index: usize) -> Option<&RevisionId> {
        match self.results.get(index) {
            Some(result) => Some(&result.verified.revision),
            None => self.proving().map(|(revision, _)| revision),
        }
    }

    fn error(&self, index: usize) -> Option<&Error> {
        self.results.get(index)?.verified.error.as_ref()
    }

    fn refresh(&self, model: &Model) -> Decision {
        model.require_idle()?;
        model.require_connected()?;
        let of = self.of.clone();
        act(|model| start(model, of))
    }
}

/// The error, the note and the differences of a revision.
fn details(verified: &VerifiedRevision) -> Vec<FormLine> {
    let mut lines = Vec::new();
    let mut text = |text: String, role| lines.push(FormLine::Text(vec![(text, role)], 2));
    if let Some(error) = &verified.error {
        let line = error.line.map_or_else(String::new, |line| format!("line {line}: "));
        text(format!("{line}{}", error.message), Role::Danger);
    }
    if let Some(note) = &verified.note {
        text(note.clone(), Role::Warning);
    }
    for difference in &verified.difference {
        text(difference.clone(), Role::Warning);
    }
    let Some(error) = &verified.error else { return lines };
    for line in error.excerpt.iter().flat_map(|excerpt| excerpt.lines()) {
        let role = if is_caret_line(line) { Role::Danger } else { Role::Text };
        lines.push(FormLine::Raw(vec![(line.to_owned(), role)]));
    }
    for cause in &error.causes {
        lines.push(FormLine::Text(vec![(cause.clone(), Role::Text)], 2));
    }
    if let Some(hint) = &error.hint {
        lines.push(FormLine::Text(vec![(String::from("hint    "), Role::Muted), (hint.clone(), Role::Good)], 8));
    }
    lines
}

/// The glyph of a result; without a result, of a running proof.
const fn glyph(model: &Model, verified: Option<&VerifiedRevision>) -> (&'static str, Role) {
    let ascii = model.preferences.ascii;
    match verified {
        None => (if ascii { ">" } else { "▸" }, Role::Current),
        Some(verified) if verified.up && verified.down && verified.again => (if ascii { "*" } else { "✓" }, Role::Good),
        // It did not run because an earlier revision failed.
        Some(VerifiedRevision { up: false, error: None, .. }) => (if ascii { "." } else { "◌" }, Role::Warning),
        Some(_) => (if ascii { "x" } else { "✗" }, Role::Danger),
    }
}

impl VerifyResult {
    /// Whether it did not run because an earlier revision failed.
    const fn is_not_run(&self) -> bool {
        !self.verified.up && self.verified.error.is_none()
    }
}

impl Verification {
    /// How many revisions are proved, not proved, and not run.
    fn describe_failures(&self) -> String {
        let not_run = self.results.iter().filter(|result| result.is_not_run()).count();
        let (all, proved) = (self.results.len(), self.proved());
        let failed = match all - proved - not_run {
            1 => String::from("1 is not"),
            failed => format!("{failed} are not"),
        };
        let rest = match not_run {
            0 => String::new(),
            1 => String::from(", 1 was not run"),
            not_run => format!(", {not_run} were not run"),
        };
        format!("{proved} of {} proved, {failed}{rest}", plural(all as u64, "revision"))
    }

    fn describe_progress(&self, model: &Model) -> String {
        let seconds = model.jobs.running().map_or(0, |job| elapsed(job.started, model.now).as_secs());
        let doing = match &self.current {
            None if !self.has_scratch => String::from("creating a scratch database"),
            None => String::from("reading the schema of the empty database"),
            Some(Activity::Applying(id)) => format!("applying an earlier revision: {}", id.short()),
            Some(Activity::Proving { revision, stage, number, .. }) => {
                let stage = match stage {
                    Stage::Up => "up",
                    Stage::Down => "down",
                    Stage::Again => "up again",
                };
                format!("proving {number} of {}: {} {stage}", self.count, revision.short())
            }
            Some(Activity::BackToBase) => String::from("downgrading everything to base"),
        };
        format!("{doing}, {seconds} s")
    }
}
