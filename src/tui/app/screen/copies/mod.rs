//! `K`: the list of kept copies; each can be restored or dropped.

mod dialog;

use self::dialog::CopyDialog;
use crate::core::copies::CopyKind;
use crate::core::graph::Direction;
use crate::core::text::plural;
use crate::core::text::size;
use crate::engine::Error;
use crate::engine::copies::{RestoredCopy, StoredCopy};
use crate::tui::app::command::Command;
use crate::tui::app::effect::{CopyAction, Effect, Task};
use crate::tui::app::form::{FormLine, Piece};
use crate::tui::app::format::short_target;
use crate::tui::app::job::{JobSpec, OnCancel};
use crate::tui::app::list::{self, List, ListEntry};
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::app::theme::Role;

/// The name of the job and of the read, and in the log.
const NAME: &str = "kept";

/// The messages of the tasks.
#[derive(Debug, Clone)]
pub enum CopiesMsg {
    Listed(Result<Vec<StoredCopy>, Error>),
    Restored(Result<RestoredCopy, Error>),
    Dropped(Result<Vec<StoredCopy>, Error>),
}

/// The list.
#[derive(Debug, Default)]
pub struct Copies {
    listed: Option<Vec<StoredCopy>>,
    /// The result of the last change, or the error of the last reading.
    end: Option<Result<Piece, Error>>,
    version: u64,
}

/// Decides the commands.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    match command {
        Command::Kept => decide_open(model),
        Command::PutBack => decide_change(model, CopyAction::Restore),
        _ => decide_change(model, CopyAction::Drop),
    }
}

fn decide_open(model: &Model) -> Decision {
    if list::require_no_other::<Copies>(model)? {
        return refuse("this is the list of kept copies");
    }
    model.require_connected()?;
    act(|model| {
        model.states.ensure::<Copies>();
        list::open_at_top::<Copies>(model);
        read(model)
    })
}

/// Decides what changes the copy under the cursor. A dialog asks first.
fn decide_change(model: &Model, action: CopyAction) -> Decision {
    if !list::is_open::<Copies>(model) {
        return refuse("no kept copy is selected");
    }
    let copies = model.states.get::<Copies>();
    let selected = list::selected::<Copies>(model).and_then(|index| copies?.get(index));
    let Some(copy) = selected.cloned() else { return refuse("no copy is selected") };
    model.require_idle()?;
    model.require_writable()?;
    model.require_connected()?;
    act(move |model| model.open_dialog(CopyDialog::new(copy, action)))
}

fn read(model: &mut Model) -> Vec<Effect> {
    if let Some(copies) = model.states.get_mut::<Copies>() {
        copies.end = None;
    }
    vec![model.start_read(NAME, Task::ListCopies)]
}

/// Restores or drops a copy.
fn start(model: &mut Model, copy: &StoredCopy, action: CopyAction) -> Vec<Effect> {
    if let Some(copies) = model.states.get_mut::<Copies>() {
        copies.end = None;
    }
    let doing = match action {
        CopyAction::Restore => format!("restoring {}", copy.object),
        CopyAction::Drop => format!("dropping the copy of {}", copy.object),
    };
    let on_cancel = if action == CopyAction::Restore { OnCancel::Stop } else { OnCancel::Wait };
    let spec = JobSpec { on_cancel, ..JobSpec::writing(NAME, doing) };
    model.start_job(spec, Task::ChangeCopy(copy.id, action))
}

/// Takes the end of a task.
pub(super) fn on_end(model: &mut Model, message: CopiesMsg) -> Vec<Effect> {
    let Some(copies) = model.states.get_mut::<Copies>() else { return Vec::new() };
    copies.version += 1;
    let answer = match message {
        CopiesMsg::Listed(Ok(listed)) => {
            copies.listed = Some(listed);
            return Vec::new();
        }
        CopiesMsg::Listed(Err(error)) => {
            copies.end = Some(Err(error));
            return Vec::new();
        }
        CopiesMsg::Restored(answer) => answer.map(|restored| describe_restored(&restored)),
        CopiesMsg::Dropped(answer) => answer.map(|dropped| describe_dropped(&dropped)),
    };
    let error = answer.as_ref().err().cloned();
    copies.end = Some(answer);
    list::report_end::<Copies>(model, error);
    // The result stays visible while the list is read again.
    vec![model.start_read(NAME, Task::ListCopies)]
}

fn describe_dropped(dropped: &[StoredCopy]) -> Piece {
    let names: Vec<&str> = dropped.iter().map(|copy| copy.object.as_str()).collect();
    (format!("dropped the copy of {}", names.join(", ")), Role::Good)
}

fn describe_restored(restored: &RestoredCopy) -> Piece {
    let RestoredCopy { kind, object, rows, not_restored, added } = restored;
    if *rows == 0 && *not_restored == 0 {
        return (format!("nothing to restore: {object} is complete"), Role::Good);
    }
    if *rows == 0 {
        let rows = kind.describe_contents(*not_restored);
        let words =
            format!("{object} was not restored ({rows}): the table was changed later, or referenced rows are missing");
        return (words, Role::Warning);
    }
    let restored = Some(format!("restored {object}: {}", kind.describe_contents(*rows)));
    let skipped = (*not_restored > 0).then(|| format!("{not_restored} not restored because of later changes"));
    let added = (*added > 0).then(|| format!("{added} newer rows not changed"));
    let role = if skipped.is_some() { Role::Warning } else { Role::Good };
    (restored.into_iter().chain(skipped).chain(added).collect::<Vec<_>>().join(", "), role)
}

/// The step that destroyed the data, before its revision.
const fn step_words(copy: &StoredCopy) -> &'static str {
    match copy.direction {
        Direction::Upgrade => "upgrade to",
        Direction::Downgrade => "downgrade of",
    }
}

/// When `r` can restore a copy.
const fn describe_manual_restore(kind: CopyKind) -> &'static str {
    match kind {
        CopyKind::Table => "; r restores it now if its table exists",
        CopyKind::Column => "; r restores it now if its column exists",
        CopyKind::Rows | CopyKind::Values | CopyKind::Sequence => "; r restores it now",
    }
}

impl Copies {
    fn get(&self, index: usize) -> Option<&StoredCopy> {
        self.listed.as_ref()?.get(index)
    }
}

impl List for Copies {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn title(&self) -> Vec<Piece> {
        vec![
            (String::from("Kept copies"), Role::BorderFocused),
            (String::from(" ─ of destroyed tables, columns, rows and values"), Role::Muted),
        ]
    }

    fn status(&self, model: &Model) -> Piece {
        if let Some(job) = model.jobs.running().filter(|job| job.spec.name == NAME) {
            return (format!("{} …", job.spec.doing), Role::Current);
        }
        match (&self.end, &self.listed) {
            (Some(Ok(result)), _) => result.clone(),
            (Some(Err(error)), _) => (error.message.clone(), Role::Danger),
            (_, None) => (String::from("reading the copies …"), Role::Muted),
            (_, Some(listed)) if listed.is_empty() => (String::from("no copies"), Role::Muted),
            (_, Some(listed)) => {
                let bytes = listed.iter().map(|copy| copy.bytes).sum();
                (format!("{}, {}", plural(listed.len() as u64, "copy"), size(bytes)), Role::Muted)
            }
        }
    }

    fn count(&self) -> usize {
        self.listed.as_ref().map_or(0, Vec::len)
    }

    /// The object, the contents, the size, and the time.
    fn entry(&self, _model: &Model, index: usize) -> ListEntry {
        let Some(copy) = self.get(index) else { return ListEntry::default() };
        let contents = format!("  {}", copy.kind.describe_contents(copy.rows));
        let left = vec![(copy.object.clone(), Role::Title), (contents, Role::Text)];
        let since = copy.at.get(..16).unwrap_or(&copy.at).replace('T', " ");
        let right = [(size(copy.bytes), Role::Muted), (format!("{since} UTC "), Role::Muted)];
        ListEntry { left, right: list::joined(right) }
    }

    /// What destroyed the object, and what restores it.
    fn details(&self, index: usize) -> Vec<FormLine> {
        let Some(copy) = self.get(index) else { return Vec::new() };
        let opposite = copy.direction.opposite().word();
        let lost = format!("destroyed by the {} {}: {}", step_words(copy), short_target(&copy.revision), copy.reason);
        let mut lines = vec![FormLine::Text(vec![(lost, Role::Muted)], 2)];
        let restore = match &copy.detail.not_restorable {
            None => (format!("the {opposite} restores it{}", describe_manual_restore(copy.kind)), Role::Muted),
            Some(why) => (format!("cannot be restored, but can be read: {why}"), Role::Warning),
        };
        lines.push(FormLine::Text(vec![restore], 2));
        if let Some(name) = &copy.name {
            let query = (format!("SELECT * FROM {name}"), Role::Text);
            lines.push(FormLine::Text(vec![(String::from("read it with "), Role::Muted), query], 2));
        }
        lines
    }

    /// What copies are, if there are none.
    fn notes(&self) -> Vec<FormLine> {
        if !self.listed.as_ref().is_some_and(Vec::is_empty) {
            return Vec::new();
        }
        let text = |text: &str| FormLine::Text(vec![(String::from(text), Role::Muted)], 0);
        vec![
            text("No copies are kept on this database."),
            FormLine::Raw(Vec::new()),
            text(
                "Before an approved step drops a table or a column, deletes rows or overwrites values, limbeck copies them \
                 to the schema limbeck in the same transaction. The opposite step restores them and drops the copy. \
                 This list shows the copies that were not restored.",
            ),
        ]
    }

    fn refresh(&self, model: &Model) -> Decision {
        model.require_idle()?;
        model.require_connected()?;
        act(read)
    }
}
