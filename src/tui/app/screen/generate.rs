//! `a`: what the models add, as a script: asked for, begun, the question about renames, and the way into the editor.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Time;

use super::create::Create;
use super::editor::{FoundHazard, Opening, Operation, open};
use super::phases::{Name, Phases};
use super::renames::Pairs;
use super::{connected, idle, writable};
use crate::engine::autogenerate::{Comparison, Stage};
use crate::engine::draft::NewRevision;
use crate::engine::verify::VerifiedRevision;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::Effect;
use crate::tui::app::command::{Command, Decision, no};
use crate::tui::app::dialog::Dialog;
use crate::tui::app::log::State;
use crate::tui::app::model::{Job, Model};
use crate::tui::app::sheet::{self, Kind};

/// What is to be generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub new: NewRevision,
    /// What is renamed; `None`: nobody was asked yet.
    pub renames: Option<Vec<String>>,
    /// The project's program may run.
    pub consent: bool,
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Some of what goes and comes may be one thing under two names.
    Renames(Comparison),
    /// The models add nothing; what is to be known besides.
    Nothing(Vec<String>),
    Made(Box<Made>),
}

/// A script that is written nowhere yet.
#[derive(Debug, Clone)]
pub struct Made {
    /// Where it goes: among the scripts, or to the drafts where it could not be proved.
    pub path: PathBuf,
    /// Where it belongs once it is proved; `None`: that is where it goes.
    pub home: Option<PathBuf>,
    pub text: Arc<str>,
    pub verified: VerifiedRevision,
    /// As they are read off the text.
    pub operations: Vec<Operation>,
    /// Counted on the target.
    pub hazards: Vec<FoundHazard>,
    /// The 1-based line on which a person has to put something.
    pub line: Option<usize>,
    /// How many objects differ.
    pub objects: usize,
    pub notes: Vec<String>,
}

/// A script that is being generated, or the last one.
#[derive(Debug, Clone)]
pub struct Generate {
    pub(super) wanted: Wanted,
    pub(super) phases: Phases,
    pub(super) files: usize,
    pub(super) stage: Option<Stage>,
    pub(super) pairs: Pairs,
    pub(super) notes: Vec<String>,
    pub(super) started: Time,
    pub(super) end: End,
    pub(super) ground: u64,
    /// Counts what changes the list.
    pub version: u64,
}

/// How it stands.
#[derive(Debug, Clone)]
pub(super) enum End {
    Running,
    /// Which pairs are renames is to be said.
    Asking,
    Nothing,
    /// It waits to be looked at, as something else was looked at when it was made.
    Ready(Box<Opening>),
    Shown,
    Failed(Error),
}

/// Decides `a`. While it runs, asks or waits to be seen, that is shown.
pub(crate) fn decide(model: &Model) -> Decision {
    let shows = |model: &mut Model| {
        sheet::open(model, Kind::Generate);
        first_pair(model);
        Vec::new()
    };
    if matches!(model.job, Some(Job::Generating(_))) || model.job.is_none() && is_asking(model) && !is_stale(model) {
        return Ok(shows);
    }
    writable(model)?;
    if matches!(model.generate.as_ref().map(|last| &last.end), Some(End::Ready(_))) {
        return Ok(show);
    }
    let Some(tree) = &model.tree else { return no("the scripts are not read yet") };
    connected(model)?;
    if let Some(Err(error)) = &model.models {
        let hint = error.hint.as_ref().map_or_else(String::new, |hint| format!("; {hint}"));
        return no(format!("{}{hint}", error.message));
    }
    let heads = model.heads().unwrap_or_default();
    if let Some(missing) = heads.iter().find(|id| tree.script(id.as_str()).is_none()) {
        return no(format!("Can't locate revision identified by '{missing}'"));
    }
    if !model.history.pending().is_empty() {
        let key = model.preferences.keymap.shown(Command::Upgrade);
        return no(format!("Target database is not up to date. {key} upgrades it first"));
    }
    Ok(|model| {
        let form = Create::autogenerate(model);
        model.dialogs.push(Dialog::Create(form));
        Vec::new()
    })
}

/// Whether a person is to say what is renamed.
#[must_use]
pub fn is_asking(model: &Model) -> bool {
    matches!(model.generate.as_ref().map(|last| &last.end), Some(End::Asking))
}

/// Whether the database, the scripts or the models are others than those that the question is of.
fn is_stale(model: &Model) -> bool {
    model.generate.as_ref().is_some_and(|last| last.ground != model.compared.ground())
}

/// Starts it.
pub(super) fn start(model: &mut Model, new: NewRevision) -> Vec<Effect> {
    begin(model, new, false)
}

/// Starts it again, as a person said yes to the project's program.
pub(super) fn with_consent(model: &mut Model) -> Vec<Effect> {
    match model.generate.take() {
        Some(last) => begin(model, last.wanted.new, true),
        None => Vec::new(),
    }
}

fn begin(model: &mut Model, new: NewRevision, consent: bool) -> Vec<Effect> {
    let mut phases = Phases::default();
    phases.begin(Name::Load, model.now);
    model.generate = Some(Generate {
        wanted: Wanted { new, renames: None, consent },
        phases,
        files: 0,
        stage: None,
        pairs: Pairs::default(),
        notes: Vec::new(),
        started: model.now,
        end: End::Running,
        ground: model.compared.ground(),
        version: model.generation,
    });
    sheet::open(model, Kind::Generate);
    run(model)
}

fn run(model: &mut Model) -> Vec<Effect> {
    let Some(tree) = model.tree.clone() else { return Vec::new() };
    let generation = model.next_generation();
    let Some(generate) = &mut model.generate else { return Vec::new() };
    generate.end = End::Running;
    generate.version = generation;
    let wanted = generate.wanted.clone();
    model.job = Some(Job::Generating(generation));
    model.cancelling = false;
    vec![Effect::Generate(generation, tree, Box::new(wanted))]
}

/// `R`: the same once more, from its beginning.
pub(crate) fn again(model: &Model) -> Decision {
    idle(model)?;
    connected(model)?;
    match &model.generate {
        Some(_) => Ok(|model| match model.generate.take() {
            Some(last) => begin(model, last.wanted.new, false),
            None => Vec::new(),
        }),
        None => no("nothing was generated"),
    }
}

/// Decides the key that says of a pair whether it is a rename.
pub(crate) fn decide_toggle(model: &Model) -> Decision {
    if !is_asking(model) {
        return no("there is nothing to choose from");
    }
    match pair(model) {
        Some(_) => Ok(|model| {
            let Some(index) = pair(model) else { return Vec::new() };
            if let Some(generate) = &mut model.generate {
                generate.pairs.toggle(index);
                generate.version += 1;
            }
            Vec::new()
        }),
        None => no("this is no pair of names"),
    }
}

/// Decides Enter in the list: once it is said what is renamed, it goes on.
pub(crate) fn decide_go_on(model: &Model) -> Decision {
    match &model.generate {
        Some(Generate { end: End::Asking, .. }) => {}
        Some(Generate { end: End::Ready(_), .. }) => return Ok(show),
        _ => return no("there is nothing to open here"),
    }
    writable(model)?;
    connected(model)?;
    if is_stale(model) {
        let key = model.preferences.keymap.shown(Command::Refresh);
        return no(format!("the database, the scripts or the models have changed: {key} begins again"));
    }
    Ok(|model| {
        let now = model.now;
        if let Some(generate) = &mut model.generate {
            generate.wanted.renames = Some(generate.pairs.specs());
            generate.phases.begin(Name::Renames, now);
            generate.phases.say(Name::Renames, "looking at the models once more");
        }
        sheet::open(model, Kind::Generate);
        run(model)
    })
}

/// The pair that the cursor is on.
fn pair(model: &Model) -> Option<usize> {
    super::generate_list::pair_at(model, model.sheet.as_ref()?.entry()?)
}

/// Puts the cursor on the first pair.
pub(super) fn first_pair(model: &mut Model) {
    if !is_asking(model) {
        return;
    }
    sheet::settle(model);
    let entry = super::generate_list::phases(model);
    if let Some(sheet) = &mut model.sheet {
        let line = sheet.lines().iter().position(|line| *line == sheet::Line::Entry(entry));
        sheet.point(line.unwrap_or(0));
    }
}

/// The question is dropped: nothing goes on.
pub(super) fn drop_question(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    if let Some(generate) = &mut model.generate {
        generate.end = End::Failed(cancelled());
        generate.phases.stop();
        generate.version += 1;
    }
    model.log.note(now, State::Warning, "generate", &cancelled().message);
    Vec::new()
}

pub(super) fn cancelled() -> Error {
    Error::of(ErrorKind::Interrupted, "cancelled; nothing was written")
}

/// Opens the script that was made.
pub(super) fn show(model: &mut Model) -> Vec<Effect> {
    let Some(generate) = &mut model.generate else { return Vec::new() };
    let End::Ready(opening) = std::mem::replace(&mut generate.end, End::Shown) else { return Vec::new() };
    model.sheet = None;
    open::open(model, *opening)
}
