//! A screen that is a list: entries with details below them, a title, and a line at the bottom that says how it
//! stands. What runs beside the database is shown this way: verifying, drift, autogenerate.

use super::command::{Decision, no};
use super::form::{FormLine, Piece, wrap};
use super::model::Model;
use super::screen::compare::Against;
use super::screen::moving::Motion;
use super::screen::{backup, compare, compare_list, generate, generate_list, kept, verify, verify_list};
use super::theme::Role;
use super::{Effect, layout, scroll};
use crate::core::graph::RevisionId;
use crate::engine::Error;

/// The cells that details are set in below their entry.
pub const INDENT: usize = 4;

/// What stands between the pieces of an entry's right half.
pub const SEPARATOR: &str = " · ";

/// Which list it is; what it shows stands in the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Verify,
    Compared(Against),
    Backups,
    Kept,
    Generate,
}

/// The screen: where one is in its list.
#[derive(Debug, Clone)]
pub struct Sheet {
    pub kind: Kind,
    pub cursor: usize,
    pub top: usize,
    /// The cursor goes along with what is added, until somebody moves it.
    follows: bool,
    lines: Vec<Line>,
    /// What the lines were made from: how often the content had changed, and for which width.
    made_for: Option<(u64, usize)>,
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    Entry(usize),
    /// A line of an entry's details, or a note before the first.
    Detail(Option<usize>, Vec<Piece>),
}

/// An entry as it is shown: cut on its left half, where it is too long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    pub left: Vec<Piece>,
    pub right: Vec<Piece>,
}

impl Sheet {
    /// Shows a list from its top.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        Self { kind, cursor: 0, top: 0, follows: true, lines: Vec::new(), made_for: None }
    }

    /// The lines in order.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The entry that the cursor is on, or on whose details it is.
    #[must_use]
    pub fn entry(&self) -> Option<usize> {
        match self.lines.get(self.cursor)? {
            Line::Entry(entry) => Some(*entry),
            Line::Detail(entry, _) => *entry,
        }
    }

    /// Moves the cursor.
    pub fn go(&mut self, motion: Motion, page: usize) {
        self.cursor = motion.apply(self.cursor, self.lines.len(), page);
        self.follows = self.cursor + 1 >= self.lines.len();
    }

    /// Puts the cursor on a line.
    pub fn point(&mut self, line: usize) {
        self.cursor = line.min(self.lines.len().saturating_sub(1));
        self.follows = false;
    }
}

/// How often what it shows has changed.
fn version(model: &Model, kind: Kind) -> u64 {
    match kind {
        Kind::Verify => model.verify.as_ref().map_or(0, |verify| verify.version),
        Kind::Compared(_) => model.compared.last().map_or(0, |last| last.version),
        Kind::Backups => model.backups.version,
        Kind::Kept => model.copies.version,
        Kind::Generate => model.generate.as_ref().map_or(0, |generate| generate.version),
    }
}

/// Brings the lines up to date, and the window to the cursor.
pub fn settle(model: &mut Model) {
    let body = layout::areas(model).plan_body;
    // The editor covers it: it is settled again when it is seen.
    if body.width == 0 {
        return;
    }
    let Some(mut sheet) = model.sheet.take() else { return };
    let width = usize::from(body.width);
    let wanted = (version(model, sheet.kind), width);
    if sheet.made_for != Some(wanted) {
        sheet.lines = lines(model, sheet.kind, width);
        sheet.made_for = Some(wanted);
        if sheet.follows {
            let current = match sheet.kind {
                Kind::Generate => Some(generate_list::current(model)),
                _ => None,
            };
            let is_current = |line: &Line| match line {
                Line::Entry(entry) => current.is_none_or(|current| *entry == current),
                Line::Detail(..) => false,
            };
            sheet.cursor = sheet.lines.iter().rposition(is_current).unwrap_or(0);
        }
    }
    let count = sheet.lines.len();
    sheet.cursor = sheet.cursor.min(count.saturating_sub(1));
    let last = if sheet.follows && sheet.kind != Kind::Generate { count.saturating_sub(1) } else { sheet.cursor };
    let height = usize::from(body.height);
    sheet.top = scroll::follow(sheet.top, last, height, count);
    sheet.top = sheet.top.min(sheet.cursor);
    model.sheet = Some(sheet);
}

fn lines(model: &Model, kind: Kind, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let room = width.saturating_sub(INDENT + 2);
    let mut add = |entry: Option<usize>, details: Vec<FormLine>| {
        for detail in details {
            match detail {
                FormLine::Text(pieces, indent) => {
                    lines.extend(wrap(&pieces, room, indent).into_iter().map(|pieces| Line::Detail(entry, pieces)));
                }
                FormLine::Raw(pieces) => lines.push(Line::Detail(entry, pieces)),
                FormLine::Entry { index, .. } => lines.push(Line::Entry(index)),
                FormLine::Field { .. } => {}
            }
        }
    };
    let entry = |index| FormLine::Entry { pieces: Vec::new(), selected: false, index };
    match kind {
        Kind::Verify => {
            add(None, verify_list::notes(model));
            for index in 0..verify_list::count(model) {
                add(Some(index), vec![entry(index)]);
                add(Some(index), verify_list::details(model, index));
            }
        }
        Kind::Compared(against) => {
            add(None, compare_list::notes(model, against));
            for index in 0..compare_list::count(model, against) {
                add(Some(index), vec![entry(index)]);
                add(Some(index), compare_list::details(model, against, index));
            }
        }
        Kind::Backups => {
            for index in 0..backup::count(model) {
                add(Some(index), vec![entry(index)]);
                add(Some(index), backup::details(model, index));
            }
        }
        Kind::Kept => {
            add(None, kept::notes(model));
            for index in 0..kept::count(model) {
                add(Some(index), vec![entry(index)]);
                add(Some(index), kept::details(model, index));
            }
        }
        Kind::Generate => {
            for index in 0..generate_list::count(model) {
                add(None, generate_list::heading(model, index));
                add(Some(index), vec![entry(index)]);
                add(Some(index), generate_list::details(model, index));
            }
            add(None, generate_list::notes(model));
        }
    }
    lines
}

/// The title: what is looked at, and on what.
#[must_use]
pub fn title(model: &Model, kind: Kind) -> Vec<Piece> {
    match kind {
        Kind::Verify => verify_list::title(model),
        Kind::Compared(against) => compare_list::title(against),
        Kind::Backups => backup::title(),
        Kind::Kept => kept::title(),
        Kind::Generate => generate_list::title(model),
    }
}

/// An entry as it is shown.
#[must_use]
pub fn entry(model: &Model, kind: Kind, index: usize) -> Entry {
    match kind {
        Kind::Verify => verify_list::entry(model, index),
        Kind::Compared(against) => compare_list::entry(model, against, index),
        Kind::Backups => backup::entry(model, index),
        Kind::Kept => kept::entry(model, index),
        Kind::Generate => generate_list::entry(model, index),
    }
}

/// The line at the bottom: how it stands.
#[must_use]
pub fn status(model: &Model, kind: Kind) -> Piece {
    match kind {
        Kind::Verify => verify_list::status(model),
        Kind::Compared(against) => compare_list::status(model, against),
        Kind::Backups => backup::status(model),
        Kind::Kept => kept::status(model),
        Kind::Generate => generate_list::status(model),
    }
}

/// The revision that the cursor is on.
#[must_use]
pub fn revision(model: &Model) -> Option<RevisionId> {
    let sheet = model.sheet.as_ref()?;
    let index = sheet.entry()?;
    match sheet.kind {
        Kind::Verify => verify_list::revision(model, index).cloned(),
        Kind::Compared(_) | Kind::Generate | Kind::Backups | Kind::Kept => None,
    }
}

/// The error of the entry that the cursor is on.
#[must_use]
pub fn error(model: &Model) -> Option<Error> {
    let sheet = model.sheet.as_ref()?;
    let index = sheet.entry()?;
    match sheet.kind {
        Kind::Verify => verify_list::error(model, index).cloned(),
        Kind::Compared(_) | Kind::Generate | Kind::Backups | Kind::Kept => None,
    }
}

/// Decides `R`: the same once more.
pub(crate) fn again(model: &Model) -> Decision {
    match model.sheet.as_ref().map(|sheet| sheet.kind) {
        Some(Kind::Verify) => verify::again(model),
        Some(Kind::Compared(_)) => compare::again(model),
        Some(Kind::Backups) => backup::again(model),
        Some(Kind::Kept) => kept::again(model),
        Some(Kind::Generate) => generate::again(model),
        None => no("there is no list"),
    }
}

/// A line of the list as text, to be copied.
#[must_use]
pub fn text(model: &Model) -> Option<String> {
    let sheet = model.sheet.as_ref()?;
    let pieces = match sheet.lines.get(sheet.cursor)? {
        Line::Entry(index) => {
            let entry = entry(model, sheet.kind, *index);
            entry.left.into_iter().chain([(String::from("  "), Role::Text)]).chain(entry.right).collect()
        }
        Line::Detail(_, pieces) => pieces.clone(),
    };
    Some(pieces.into_iter().map(|(text, _)| text).collect::<String>().trim().to_owned())
}

/// Opens a list over the panes.
pub fn open(model: &mut Model, kind: Kind) -> Vec<Effect> {
    model.sheet = Some(Sheet::new(kind));
    Vec::new()
}
