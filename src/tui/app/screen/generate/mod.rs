//! `a`: generates a script from the models: the form, the question about renames, and the way to the editor.

mod list;
pub mod messages;
mod phases;
mod renames;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Time;

use self::phases::{Phase, Phases};
use self::renames::RenamePairs;
use crate::engine::autogenerate::{AutogenerateEvent, Comparison, Stage};
use crate::engine::draft::NewRevision;
use crate::engine::verify::VerifiedRevision;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::command::Command;
use crate::tui::app::effect::{Effect, GenerateRequest, Task};
use crate::tui::app::form::Form;
use crate::tui::app::job::{JobSpec, OnCancel, ShownBy};
use crate::tui::app::list as lists;
use crate::tui::app::log::LogState;
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::app::model::{Model, ScreenRequest};
use crate::tui::app::new_revision::{NewRevisionDialog, NewRevisionPurpose};
use crate::tui::app::opening::Opening;
use crate::tui::app::theme::Role;
use crate::tui::editor::{FoundHazard, Operation};

/// The name of the job and in the log.
const NAME: &str = "generate";

/// The messages of the task.
#[derive(Debug, Clone)]
pub enum GenerateMsg {
    Progress(AutogenerateEvent),
    Generated(Result<GenerateAnswer, Error>),
}

/// The result of the task.
#[derive(Debug, Clone)]
pub enum GenerateAnswer {
    /// Some pairs of objects may be renames.
    Renames(Comparison),
    /// The models add nothing. The strings are notes.
    Nothing(Vec<String>),
    Script(Box<GeneratedScript>),
}

/// A generated script. It has no file yet.
#[derive(Debug, Clone)]
pub struct GeneratedScript {
    /// The file that keeping it creates: in the versions folder, or in the drafts folder if it is not proved.
    pub path: PathBuf,
    /// The final path of a draft. `None`: `path` is final.
    pub home: Option<PathBuf>,
    pub text: Arc<str>,
    pub verified: VerifiedRevision,
    pub operations: Vec<Operation>,
    /// Counted on the target.
    pub hazards: Vec<FoundHazard>,
    /// The 1-based line of a value that the user must fill in.
    pub line: Option<usize>,
    /// The number of objects that differ.
    pub objects: usize,
    pub notes: Vec<String>,
}

/// The list: the generation that runs, or the last one.
#[derive(Debug)]
pub struct Autogeneration {
    request: GenerateRequest,
    phases: Phases,
    /// The number of model files.
    files: usize,
    /// The stage of the proof.
    stage: Option<Stage>,
    pairs: RenamePairs,
    notes: Vec<String>,
    started: Time,
    end: GenerationState,
    /// The version of the facts that are compared.
    facts: u64,
    version: u64,
}

/// The end of the generation.
#[derive(Debug)]
enum GenerationState {
    Running,
    /// The user must say which pairs are renames.
    Asking,
    Nothing,
    /// The script is ready, but the user looked at something else when it was finished.
    Ready(Box<Opening>),
    /// The script was opened in the editor.
    Shown,
    Failed(Error),
}

/// Decides `a`, and Space on the list.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    if command == Command::Toggle { decide_toggle(model) } else { decide_generate(model) }
}

/// Decides `a`. If a generation runs, asks or is ready, it is shown.
fn decide_generate(model: &Model) -> Decision {
    let last = model.states.get::<Autogeneration>();
    let asks = last.is_some_and(|last| last.is_asking() && !last.is_stale(model));
    if model.jobs.runs(NAME) || !model.jobs.is_running() && asks {
        return act(|model| {
            lists::open::<Autogeneration>(model);
            go_to_first_pair(model);
            Vec::new()
        });
    }
    model.require_writable()?;
    if last.is_some_and(|last| matches!(last.end, GenerationState::Ready(_))) {
        return act(show);
    }
    let tree = model.require_tree()?;
    model.require_connected()?;
    if let Some(Err(error)) = &model.models {
        let hint = error.hint.as_ref().map_or_else(String::new, |hint| format!("; {hint}"));
        return refuse(format!("{}{hint}", error.message));
    }
    let heads = model.heads().unwrap_or_default();
    if let Some(missing) = heads.iter().find(|id| tree.script(id.as_str()).is_none()) {
        return refuse(format!("Can't locate revision identified by '{missing}'"));
    }
    if !model.history.pending().is_empty() {
        let key = model.preferences.keymap.shown(Command::Upgrade);
        return refuse(format!("Target database is not up to date. {key} upgrades it first"));
    }
    act(|model| {
        let dialog = NewRevisionDialog::new(model, PURPOSE);
        model.open_dialog(dialog)
    })
}

const PURPOSE: NewRevisionPurpose = NewRevisionPurpose {
    title: "New revision from the models",
    verb: "generate",
    may_branch: false,
    note: form_note,
    start: |model, new| begin(model, new, false),
};

fn form_note(model: &Model, has_several_heads: bool, form: &mut Form) {
    form.blank();
    let words = "limbeck compares the models with the database, generates a script, proves it on a scratch database and \
                 shows it. A file is written only if you keep the script.";
    form.text(words, Role::Muted);
    if has_several_heads {
        let key = model.preferences.keymap.shown(Command::Merge);
        form.text(format!("There are several heads: {key} merges them."), Role::Warning);
    }
}

/// Decides Space: whether the pair under the cursor is a rename.
fn decide_toggle(model: &Model) -> Decision {
    let Some(last) = model.states.get::<Autogeneration>().filter(|last| last.is_asking()) else {
        return refuse("there is nothing to choose");
    };
    match lists::selected::<Autogeneration>(model).and_then(|entry| last.pair_at(entry)) {
        Some(index) => act(move |model| {
            if let Some(last) = model.states.get_mut::<Autogeneration>() {
                last.pairs.toggle(index);
                last.version += 1;
            }
            Vec::new()
        }),
        None => refuse("this entry is not a pair"),
    }
}

/// Starts a generation from its beginning.
fn begin(model: &mut Model, new: NewRevision, consent: bool) -> Vec<Effect> {
    let mut phases = Phases::default();
    phases.begin(Phase::Load, model.now);
    model.states.set(Autogeneration {
        request: GenerateRequest { new, renames: None, consent },
        phases,
        files: 0,
        stage: None,
        pairs: RenamePairs::default(),
        notes: Vec::new(),
        started: model.now,
        end: GenerationState::Running,
        facts: model.differences.version(),
        version: model.jobs.generation(),
    });
    lists::open::<Autogeneration>(model);
    run(model)
}

/// Starts the job.
fn run(model: &mut Model) -> Vec<Effect> {
    let (Some(tree), Some(last)) = (model.tree.clone(), model.states.get_mut::<Autogeneration>()) else {
        return Vec::new();
    };
    last.end = GenerationState::Running;
    last.version += 1;
    let request = Box::new(last.request.clone());
    let spec = JobSpec {
        name: NAME,
        doing: String::from("generating a script"),
        on_cancel: OnCancel::Stop,
        shown_by: ShownBy::List,
        writes: false,
        quit_warning: "A script is being generated. Cancelling it drops the scratch database.",
    };
    model.start_job(spec, Task::Generate(tree, request))
}

/// Continues with the renames that the user chose.
fn continue_generation(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    if let Some(last) = model.states.get_mut::<Autogeneration>() {
        last.request.renames = Some(last.pairs.specs());
        last.phases.begin(Phase::Renames, now);
        last.phases.set_text(Phase::Renames, "loading the models again");
    }
    lists::open::<Autogeneration>(model);
    run(model)
}

/// Puts the cursor on the first pair, if the generation asks.
fn go_to_first_pair(model: &mut Model) {
    let Some(last) = model.states.get::<Autogeneration>().filter(|last| last.is_asking()) else { return };
    let entry = last.phase_count();
    lists::go_to_entry::<Autogeneration>(model, entry);
}

/// `^c` on the question: the generation is cancelled.
fn cancel_question(model: &mut Model) -> Vec<Effect> {
    if let Some(last) = model.states.get_mut::<Autogeneration>() {
        last.end = GenerationState::Failed(cancelled());
        last.phases.stop();
        last.version += 1;
    }
    model.log.note(model.now, LogState::Warning, NAME, &cancelled().message);
    Vec::new()
}

fn cancelled() -> Error {
    Error::of(ErrorKind::Interrupted, "cancelled; nothing was written")
}

/// Opens the generated script in the editor.
fn show(model: &mut Model) -> Vec<Effect> {
    let Some(last) = model.states.get_mut::<Autogeneration>() else { return Vec::new() };
    if let GenerationState::Ready(opening) = std::mem::replace(&mut last.end, GenerationState::Shown) {
        lists::close(model);
        model.requests.push(ScreenRequest::Edit(opening));
    }
    Vec::new()
}

impl Autogeneration {
    const fn is_asking(&self) -> bool {
        matches!(self.end, GenerationState::Asking)
    }

    /// Whether the database, the scripts or the models have changed since the comparison.
    const fn is_stale(&self, model: &Model) -> bool {
        self.facts != model.differences.version()
    }
}
