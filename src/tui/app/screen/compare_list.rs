//! What a comparison shows: an entry an object, with what differs in words and the statements that would end it.

use super::compare::{Against, Beside, Comparing, End};
use super::plan_rows::count as counted;
use super::verify::elapsed;
use crate::core::diff::Operation;
use crate::engine::ErrorKind;
use crate::tui::app::form::{FormLine, Piece};
use crate::tui::app::model::Model;
use crate::tui::app::sheet::Entry;
use crate::tui::app::theme::Role;

/// One object that is not the same on both sides, with what is read together with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// Its kind and name, or what is said of it where no statement would change it.
    pub name: String,
    /// What differs.
    words: Vec<String>,
    /// What would end it, in order, each with what a reader has to know of it.
    statements: Vec<(String, Option<String>)>,
}

/// The differences by object, in the order in which they are told; statements that nothing was said of come after.
pub(super) fn entries(difference: &[String], operations: &[Operation]) -> Vec<Differing> {
    let mut entries: Vec<Differing> = Vec::new();
    for line in difference {
        let of =
            operations.iter().find(|one| is_of(line, &one.object.to_string()) || is_of(line, &one.group.to_string()));
        let (name, words) = match of {
            Some(operation) => {
                let name = operation.group.to_string();
                let rest = line.strip_prefix(&name).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(line);
                (name, Some(rest.to_owned()))
            }
            None => (line.clone(), None),
        };
        with_entry(&mut entries, name, |entry| entry.words.extend(words));
    }
    for operation in operations {
        let statement = (operation.sql.clone(), operation.note.clone());
        with_entry(&mut entries, operation.group.to_string(), |entry| entry.statements.push(statement));
    }
    entries
}

/// Whether a line begins with the name of an object.
fn is_of(line: &str, object: &str) -> bool {
    line.strip_prefix(object).is_some_and(|rest| rest.starts_with([' ', ':']))
}

fn with_entry(entries: &mut Vec<Differing>, name: String, change: impl FnOnce(&mut Differing)) {
    if let Some(entry) = entries.iter_mut().find(|entry| entry.name == name) {
        change(entry);
        return;
    }
    let mut entry = Differing { name, words: Vec::new(), statements: Vec::new() };
    change(&mut entry);
    entries.push(entry);
}

fn shown(model: &Model, against: Against) -> Option<&Comparing> {
    model.compared.last().filter(|last| last.against == against)
}

/// What a comparison is called.
pub(crate) const fn name(against: Against) -> &'static str {
    match against {
        Against::History => "drift",
        Against::Models => "models",
    }
}

/// What people should know besides.
pub(crate) fn notes(model: &Model, against: Against) -> Vec<FormLine> {
    let notes = shown(model, against).into_iter().flat_map(|last| &last.notes);
    notes.map(|note| FormLine::Text(vec![(note.clone(), Role::Warning)], 0)).collect()
}

/// How many entries there are.
pub(crate) fn count(model: &Model, against: Against) -> usize {
    shown(model, against).map_or(0, |last| last.found.len())
}

/// An object with a glyph, and how many statements would end it.
pub(crate) fn entry(model: &Model, against: Against, index: usize) -> Entry {
    let Some(found) = shown(model, against).and_then(|last| last.found.get(index)) else { return Entry::default() };
    let left = vec![(format!("{} ", glyph(model, false)), Role::Warning), (found.name.clone(), Role::Title)];
    let right = match found.statements.len() {
        0 => String::from("no statement "),
        count => format!("{} ", counted(count as u64, "statement")),
    };
    Entry { left, right: vec![(right, Role::Muted)] }
}

/// What differs, and what would end it.
pub(crate) fn details(model: &Model, against: Against, index: usize) -> Vec<FormLine> {
    let Some(found) = shown(model, against).and_then(|last| last.found.get(index)) else { return Vec::new() };
    let line = |text: String, role| FormLine::Text(vec![(text, role)], 2);
    let mut lines: Vec<FormLine> = found.words.iter().map(|words| line(words.clone(), Role::Warning)).collect();
    if against == Against::History && !found.statements.is_empty() {
        lines.push(line(String::from("back to the history with"), Role::Muted));
    }
    for (sql, note) in &found.statements {
        lines.extend(note.iter().flat_map(|note| note.lines()).map(|note| line(format!("-- {note}"), Role::Comment)));
        lines.extend(format!("{sql};").lines().map(|sql| line(sql.trim_end().to_owned(), Role::Text)));
    }
    lines
}

/// What is compared with what.
pub(crate) fn title(against: Against) -> Vec<Piece> {
    let (what, how) = match against {
        Against::History => ("Drift", " ─ the database against its own history"),
        Against::Models => ("Models", " ─ what they would change in the database"),
    };
    vec![(String::from(what), Role::BorderFocused), (String::from(how), Role::Muted)]
}

/// How far it is, or what came of it.
pub(crate) fn status(model: &Model, against: Against) -> Piece {
    let Some(last) = shown(model, against) else { return (String::new(), Role::Muted) };
    let objects = counted(last.found.len() as u64, "object");
    let verb = if last.found.len() == 1 { "differs" } else { "differ" };
    match (&last.end, against) {
        (End::Running, _) if model.cancelling => {
            (String::from("cancelling: the scratch database is being dropped …"), Role::Warning)
        }
        (End::Running, _) => (format!("{}, {} s", last.at, elapsed(last.started, model.now).as_secs()), Role::Current),
        (End::Failed(error), _) if error.kind == ErrorKind::Interrupted => {
            (String::from("cancelled; the scratch database is gone"), Role::Warning)
        }
        (End::Failed(error), _) => (error.message.clone(), Role::Danger),
        (End::Done, Against::History) if last.found.is_empty() => {
            (String::from("no drift: the database is what its history says"), Role::Good)
        }
        (End::Done, Against::Models) if last.found.is_empty() => {
            (String::from("models agree: they add nothing to the database"), Role::Good)
        }
        (End::Done, Against::History) => (format!("{objects} {verb} from the history"), Role::Warning),
        (End::Done, Against::Models) => (format!("{objects} {verb} from the models"), Role::Warning),
    }
}

const fn glyph(model: &Model, agrees: bool) -> &'static str {
    match (agrees, model.preferences.ascii) {
        (true, false) => "✓",
        (true, true) => "*",
        (false, false) => "≠",
        (false, true) => "!",
    }
}

/// What the header says beside the head: glyph and words, as long as they hold.
#[must_use]
pub fn badges(model: &Model) -> Vec<Piece> {
    let sides = [(Against::History, "no drift", "drift"), (Against::Models, "models agree", "models differ")];
    let badge = |(against, agree, differ)| match model.compared.count(against)? {
        0 => Some((format!("{} {agree}", glyph(model, true)), Role::Good)),
        count => Some((format!("{} {differ}: {count}", glyph(model, false)), Role::Warning)),
    };
    sides.into_iter().filter_map(badge).collect()
}

/// What the stamp dialog says of the drift.
pub(super) fn beside(model: &Model) -> Piece {
    match (model.compared.count(Against::History), &model.compared.beside) {
        (Some(0), _) => (String::from("no drift"), Role::Good),
        (Some(1), _) => (String::from("1 object differs from the history"), Role::Warning),
        (Some(count), _) => (format!("{count} objects differ from the history"), Role::Warning),
        (None, Beside::Running(..)) => (String::from("computing …"), Role::Muted),
        (None, Beside::Failed(error)) => (format!("not known: {}", error.message), Role::Warning),
        (None, Beside::Idle) => (String::from("not known"), Role::Muted),
    }
}
