//! `K`: the copies that are kept of what steps destroyed, to be put back by hand or dropped.

use super::kept_dialog::{KeptDialog, Wanted};
use super::plan_rows::count as counted;
use super::{connected, idle, writable};
use crate::core::copies::CopyKind;
use crate::core::graph::Direction;
use crate::core::text::size;
use crate::engine::Error;
use crate::engine::copies::{RestoredCopy, StoredCopy};
use crate::tui::app::command::{Command, Decision, no};
use crate::tui::app::dialog::Dialog;
use crate::tui::app::form::{FormLine, Piece};
use crate::tui::app::log::State;
use crate::tui::app::model::{Job, Model};
use crate::tui::app::sheet::{self, Entry, Kind, SEPARATOR};
use crate::tui::app::theme::Role;
use crate::tui::app::{Effect, Generation, Msg};

/// What is known of the copies.
#[derive(Debug, Clone, Default)]
pub struct Copies {
    /// The reading that is waited for.
    reading: Option<Generation>,
    /// What is being done with one.
    working: Option<Generation>,
    listed: Option<Vec<StoredCopy>>,
    /// What came of the last thing that was done.
    end: Option<Result<Piece, Error>>,
    /// Counts what changes the list.
    pub version: u64,
}

/// Decides `K`.
pub(crate) fn decide(model: &Model) -> Decision {
    match model.sheet.as_ref().map(|sheet| sheet.kind) {
        Some(Kind::Kept) => return no("this is the list of kept copies"),
        Some(_) => return no("leave this list first"),
        None => {}
    }
    connected(model)?;
    Ok(|model| {
        let mut effects = sheet::open(model, Kind::Kept);
        // The newest stands first.
        if let Some(sheet) = &mut model.sheet {
            sheet.point(0);
        }
        model.copies.end = None;
        effects.extend(read(model));
        effects
    })
}

/// Decides what is done with the copy that the cursor is on; each asks first.
pub(crate) fn decide_copy(model: &Model, command: Command) -> Decision {
    if model.sheet.as_ref().is_none_or(|sheet| sheet.kind != Kind::Kept) {
        return no("only a kept copy can be put back or dropped");
    }
    if selected(model).is_none() {
        return no("no copy is selected");
    }
    idle(model)?;
    writable(model)?;
    connected(model)?;
    Ok(match command {
        Command::PutBack => |model| ask(model, Wanted::PutBack),
        _ => |model| ask(model, Wanted::Drop),
    })
}

fn ask(model: &mut Model, wanted: Wanted) -> Vec<Effect> {
    if let Some(copy) = selected(model).cloned() {
        model.dialogs.push(Dialog::Kept(Box::new(KeptDialog::new(copy, wanted))));
    }
    Vec::new()
}

/// The copy that the cursor is on.
fn selected(model: &Model) -> Option<&StoredCopy> {
    let index = model.sheet.as_ref()?.entry()?;
    model.copies.listed.as_ref()?.get(index)
}

/// `R`: the list once more.
pub(crate) fn again(model: &Model) -> Decision {
    idle(model)?;
    connected(model)?;
    Ok(|model| {
        model.copies.end = None;
        read(model)
    })
}

fn read(model: &mut Model) -> Vec<Effect> {
    let generation = model.next_generation();
    model.copies.reading = Some(generation);
    model.copies.version += 1;
    vec![Effect::ListCopies(generation)]
}

/// Starts what a dialog was agreed to.
pub(super) fn start(model: &mut Model, copy: &StoredCopy, wanted: Wanted) -> Vec<Effect> {
    let generation = model.next_generation();
    model.copies.working = Some(generation);
    model.copies.end = None;
    model.copies.version += 1;
    model.job = Some(Job::Writing(match wanted {
        Wanted::PutBack => format!("putting {} back", copy.object),
        Wanted::Drop => format!("dropping the copy of {}", copy.object),
    }));
    vec![Effect::ChangeCopy(generation, copy.id, wanted)]
}

/// Takes a message of its own.
pub fn on_message(model: &mut Model, message: Msg) -> Vec<Effect> {
    model.copies.version += 1;
    match message {
        Msg::CopiesListed(generation, answer) if model.copies.reading == Some(generation) => {
            model.copies.reading = None;
            match answer {
                Ok(listed) => model.copies.listed = Some(listed),
                Err(error) => model.copies.end = Some(Err(error)),
            }
            Vec::new()
        }
        Msg::CopyBack(generation, answer) if model.copies.working == Some(generation) => {
            on_end(model, answer.map(|restored| came_back(&restored)))
        }
        Msg::CopyDropped(generation, answer) if model.copies.working == Some(generation) => {
            let words = |dropped: Vec<StoredCopy>| {
                let names: Vec<String> = dropped.into_iter().map(|copy| copy.object).collect();
                (format!("dropped the copy of {}", names.join(", ")), Role::Good)
            };
            on_end(model, answer.map(words))
        }
        _ => Vec::new(),
    }
}

fn on_end(model: &mut Model, answer: Result<Piece, Error>) -> Vec<Effect> {
    model.job = None;
    model.copies.working = None;
    let (state, words) = match &answer {
        Ok((words, Role::Good)) => (State::Done, words.clone()),
        Ok((words, _)) => (State::Warning, words.clone()),
        Err(error) => (State::Failed, error.message.clone()),
    };
    model.log.note(model.now, state, "kept", &words);
    if model.quitting {
        return vec![Effect::Quit];
    }
    model.dialogs.retain(|dialog| !matches!(dialog, Dialog::Leaving(_)));
    match &answer {
        Err(error) => model.show_error(error.clone()),
        Ok(_) if model.sheet.is_none() => model.say(words),
        Ok(_) => {}
    }
    model.copies.end = Some(answer);
    read(model)
}

/// What came back, in words.
fn came_back(restored: &RestoredCopy) -> Piece {
    let RestoredCopy { object, rows, not_restored, added } = restored;
    if *rows == 0 && *not_restored == 0 {
        return (format!("all of {object} was there again already"), Role::Good);
    }
    if *rows == 0 {
        let rows = counted(*not_restored, "row");
        let words = format!("nothing of {object} came back: {rows} without a place, or what they refer to is gone");
        return (words, Role::Warning);
    }
    let back = Some(format!("{object} is back: {}", counted(*rows, "row")));
    let left = (*not_restored > 0).then(|| format!("{not_restored} not, as their place is taken or gone"));
    let added = (*added > 0).then(|| format!("{added} that were there are left as they are"));
    let role = if left.is_some() { Role::Warning } else { Role::Good };
    (back.into_iter().chain(left).chain(added).collect::<Vec<_>>().join(", "), role)
}

/// How many entries there are.
pub(crate) fn count(model: &Model) -> usize {
    model.copies.listed.as_ref().map_or(0, Vec::len)
}

/// What it holds, in words.
pub(super) fn holding(copy: &StoredCopy) -> String {
    match copy.kind {
        CopyKind::Table | CopyKind::Rows => counted(copy.rows, "row"),
        CopyKind::Column | CopyKind::Values => counted(copy.rows, "value"),
        CopyKind::Sequence => String::from("its counter"),
    }
}

/// What it is a copy of, how much, how large and since when.
pub(crate) fn entry(model: &Model, index: usize) -> Entry {
    let Some(copy) = model.copies.listed.as_ref().and_then(|listed| listed.get(index)) else {
        return Entry::default();
    };
    let left = vec![(copy.object.clone(), Role::Title), (format!("  {}", holding(copy)), Role::Text)];
    let since = copy.at.get(..16).unwrap_or(&copy.at).replace('T', " ");
    let right =
        vec![(size(copy.bytes), Role::Muted), (SEPARATOR.into(), Role::Muted), (format!("{since} UTC "), Role::Muted)];
    Entry { left, right }
}

/// What took it, and what brings it back.
pub(crate) fn details(model: &Model, index: usize) -> Vec<FormLine> {
    let Some(copy) = model.copies.listed.as_ref().and_then(|listed| listed.get(index)) else { return Vec::new() };
    let (verb, back) = match copy.direction {
        Direction::Upgrade => ("upgrade to", "downgrade"),
        Direction::Downgrade => ("downgrade of", "upgrade"),
    };
    let revision = super::planning::short_target(&copy.revision);
    let lost = format!("lost by the {verb} {revision}: {}", copy.reason);
    let mut lines = vec![FormLine::Text(vec![(lost, Role::Muted)], 2)];
    let comes = match &copy.detail.not_restorable {
        None => (format!("the {back} brings it back{}", by_hand(copy.kind)), Role::Muted),
        Some(why) => (format!("stays, to be read: {why}"), Role::Warning),
    };
    lines.push(FormLine::Text(vec![comes], 2));
    if let Some(name) = &copy.name {
        let read = vec![(String::from("read it with "), Role::Muted), (format!("SELECT * FROM {name}"), Role::Text)];
        lines.push(FormLine::Text(read, 2));
    }
    lines
}

/// When `r` can put it back.
const fn by_hand(kind: CopyKind) -> &'static str {
    match kind {
        CopyKind::Table => ", and r where its table is there",
        CopyKind::Column => ", and r where its column is there",
        CopyKind::Rows | CopyKind::Values | CopyKind::Sequence => ", and r does now",
    }
}

/// What copies are, where there are none.
pub(crate) fn notes(model: &Model) -> Vec<FormLine> {
    let is_empty = model.copies.listed.as_ref().is_some_and(Vec::is_empty);
    if !is_empty {
        return Vec::new();
    }
    let text = |text: &str| FormLine::Text(vec![(String::from(text), Role::Muted)], 0);
    vec![
        text("No copies are kept on this database."),
        FormLine::Raw(Vec::new()),
        text(
            "Before a step that you approved drops a table or column, deletes rows or writes over values, they are \
              copied to the schema limbeck, in the same transaction. The opposite step puts them back and takes the \
              copy away. What is left then, or what you have not taken back yet, stands here.",
        ),
    ]
}

/// The title.
pub(crate) fn title() -> Vec<Piece> {
    vec![(String::from("Kept copies"), Role::BorderFocused), (String::from(" ─ of what steps destroyed"), Role::Muted)]
}

/// What is being done, or what came of it.
pub(crate) fn status(model: &Model) -> Piece {
    let copies = &model.copies;
    match (&model.job, &copies.end, &copies.listed) {
        (Some(Job::Writing(words)), ..) if copies.working.is_some() => (format!("{words} …"), Role::Current),
        (_, Some(Ok(told)), _) => told.clone(),
        (_, Some(Err(error)), _) => (error.message.clone(), Role::Danger),
        (.., None) => (String::from("reading the copies …"), Role::Muted),
        (.., Some(listed)) if listed.is_empty() => (String::from("no copies"), Role::Muted),
        (.., Some(listed)) => {
            let bytes = listed.iter().map(|copy| copy.bytes).sum();
            let copies = if listed.len() == 1 { "1 copy".into() } else { format!("{} copies", listed.len()) };
            (format!("{copies}, {}", size(bytes)), Role::Muted)
        }
    }
}
