//! The list of a comparison: one entry for each object that differs, with the statements that would remove the
//! differences.

use super::{Compared, ComparisonEnd, start};
use crate::core::text::plural;
use crate::engine::ErrorKind;
use crate::tui::app::differences::{Against, differs_glyph};
use crate::tui::app::form::{FormLine, Piece};
use crate::tui::app::format::elapsed;
use crate::tui::app::list::{List, ListEntry};
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act};
use crate::tui::app::theme::Role;

impl List for Compared {
    fn name(&self) -> &'static str {
        match self.against {
            Against::History => "drift",
            Against::Models => "models",
        }
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn title(&self) -> Vec<Piece> {
        let (what, how) = match self.against {
            Against::History => ("Drift", " ─ the database compared with its history"),
            Against::Models => ("Models", " ─ the changes that the models would make in the database"),
        };
        vec![(String::from(what), Role::BorderFocused), (String::from(how), Role::Muted)]
    }

    fn status(&self, model: &Model) -> Piece {
        let objects = plural(self.objects.len() as u64, "object");
        let verb = if self.objects.len() == 1 { "differs" } else { "differ" };
        match (&self.end, self.against) {
            (ComparisonEnd::Running, _) if model.jobs.is_cancelling() => {
                (String::from("cancelling: dropping the scratch database …"), Role::Warning)
            }
            (ComparisonEnd::Running, _) => {
                let seconds = model.jobs.running().map_or(0, |job| elapsed(job.started, model.now).as_secs());
                (format!("{}, {seconds} s", self.doing), Role::Current)
            }
            (ComparisonEnd::Failed(error), _) if error.kind == ErrorKind::Interrupted => {
                (String::from("cancelled; the scratch database was dropped"), Role::Warning)
            }
            (ComparisonEnd::Failed(error), _) => (error.message.clone(), Role::Danger),
            (ComparisonEnd::Done, Against::History) if self.objects.is_empty() => {
                (String::from("no drift: the database matches its history"), Role::Good)
            }
            (ComparisonEnd::Done, Against::Models) if self.objects.is_empty() => {
                (String::from("no difference: the database matches the models"), Role::Good)
            }
            (ComparisonEnd::Done, Against::History) => (format!("{objects} {verb} from the history"), Role::Warning),
            (ComparisonEnd::Done, Against::Models) => (format!("{objects} {verb} from the models"), Role::Warning),
        }
    }

    fn count(&self) -> usize {
        self.objects.len()
    }

    /// The object, and the number of statements.
    fn entry(&self, model: &Model, index: usize) -> ListEntry {
        let Some(object) = self.objects.get(index) else { return ListEntry::default() };
        let glyph = differs_glyph(model.preferences.ascii);
        let left = vec![(format!("{glyph} "), Role::Warning), (object.name.clone(), Role::Title)];
        let right = match object.statements.len() {
            0 => String::from("no statement "),
            count => format!("{} ", plural(count as u64, "statement")),
        };
        ListEntry { left, right: vec![(right, Role::Muted)] }
    }

    /// The differences and the statements.
    fn details(&self, index: usize) -> Vec<FormLine> {
        let Some(object) = self.objects.get(index) else { return Vec::new() };
        let line = |text: String, role| FormLine::Text(vec![(text, role)], 2);
        let mut lines: Vec<FormLine> =
            object.differences.iter().map(|difference| line(difference.clone(), Role::Warning)).collect();
        if self.against == Against::History && !object.statements.is_empty() {
            lines.push(line(String::from("statements that restore the history:"), Role::Muted));
        }
        for (sql, note) in &object.statements {
            let notes = note.iter().flat_map(|note| note.lines());
            lines.extend(notes.map(|note| line(format!("-- {note}"), Role::Comment)));
            lines.extend(format!("{sql};").lines().map(|sql| line(sql.trim_end().to_owned(), Role::Text)));
        }
        lines
    }

    fn notes(&self) -> Vec<FormLine> {
        let line = |note: &String| FormLine::Text(vec![(note.clone(), Role::Warning)], 0);
        self.notes.iter().map(line).collect()
    }

    fn refresh(&self, model: &Model) -> Decision {
        model.require_idle()?;
        model.require_connected()?;
        let against = self.against;
        act(move |model| start(model, against, false))
    }
}
