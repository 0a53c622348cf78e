//! `m`: two heads side by side, the proof of both orders, and the choice between a merge and a rebase.

mod columns;
mod list;
mod merge;
mod proof;
pub mod rebase;
mod text;

use std::collections::HashSet;
use std::sync::Arc;

use crate::core::conflict::Touches;
use crate::core::graph::{Direction, RevisionId};
use crate::core::statement::analyse_section;
use crate::engine::Error;
use crate::engine::conflicts::{BranchComparison, ConflictEvent, HeadPair, OrderResult, Side, find_pairs};
use crate::engine::project::ScriptTree;
use crate::tui::app::command::{Command, KeyContext};
use crate::tui::app::effect::Effect;
use crate::tui::app::list as lists;
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::app::model::screen::Layer;
pub use proof::{on_end, on_progress};
use rebase::RebaseMsg;

/// The name of the job and in the log.
const NAME: &str = "branches";

/// The messages of the tasks.
#[derive(Debug, Clone)]
pub enum ConflictMsg {
    Progress(ConflictEvent),
    Compared(Result<Vec<BranchComparison>, Error>),
    Rebase(RebaseMsg),
}

/// The screen: the pairs of heads, and what is known about each.
#[derive(Debug)]
pub struct Conflicts {
    /// The scripts to which everything belongs.
    tree: Arc<ScriptTree>,
    pairs: Vec<PairState>,
    /// The pair that is shown.
    shown: usize,
    /// The revisions that the database has.
    applied: HashSet<RevisionId>,
    ascii: bool,
    version: u64,
}

/// What is known about two heads.
#[derive(Debug)]
struct PairState {
    pair: HeadPair,
    touches: Touches,
    /// Whether `touches` comes from a run, and not only from the statements of the scripts.
    has_run: bool,
    orders: Vec<OrderResult>,
    running: Option<RunningOrder>,
    compared: Option<BranchComparison>,
    state: ProofState,
    notes: Vec<String>,
}

/// The order that runs.
#[derive(Debug)]
struct RunningOrder {
    first: Side,
    /// `None`: the revisions below both branches run.
    revision: Option<RunningRevision>,
}

/// A revision of a branch that runs, from 1.
#[derive(Debug)]
struct RunningRevision {
    revision: RevisionId,
    number: usize,
    count: usize,
}

/// The proof of a pair.
#[derive(Debug)]
enum ProofState {
    /// It has not started, for this reason.
    Waiting(String),
    Running,
    Done,
    Failed(Error),
}

impl Conflicts {
    fn new(model: &Model, tree: Arc<ScriptTree>, pairs: Vec<HeadPair>) -> Self {
        let pairs = pairs.into_iter().map(|pair| PairState::new(&tree, pair)).collect();
        let applied = tree.graph.ancestors(model.heads().unwrap_or_default());
        Self { tree, pairs, shown: 0, applied, ascii: model.preferences.ascii, version: 1 }
    }

    fn shown(&self) -> Option<&PairState> {
        self.pairs.get(self.shown)
    }

    fn shown_mut(&mut self) -> Option<&mut PairState> {
        self.version += 1;
        self.pairs.get_mut(self.shown)
    }
}

impl PairState {
    fn new(tree: &ScriptTree, pair: HeadPair) -> Self {
        let touches = touches_of_scripts(tree, &pair);
        let state = ProofState::Waiting(String::from("not compared yet"));
        let (orders, notes) = (Vec::new(), Vec::new());
        Self { pair, touches, has_run: false, orders, running: None, compared: None, state, notes }
    }

    /// The heads in an order.
    fn heads(&self, first: Side) -> [&RevisionId; 2] {
        match first {
            Side::Left => [&self.pair.left, &self.pair.right],
            Side::Right => [&self.pair.right, &self.pair.left],
        }
    }

    fn result_of(&self, first: Side) -> Option<&OrderResult> {
        self.orders.iter().find(|order| order.first == first)
    }

    /// Whether one branch depends on the whole other one.
    fn has_one_order(&self) -> bool {
        self.pair.fork.left.is_empty() || self.pair.fork.right.is_empty()
    }
}

/// What the statements of the SQL scripts change. A run finds more, and replaces it.
fn touches_of_scripts(tree: &ScriptTree, pair: &HeadPair) -> Touches {
    let changes = |branch: &[RevisionId]| {
        let mut found = Vec::new();
        for id in branch {
            let code = tree.script(id.as_str()).and_then(|file| file.script.sql());
            let Some(code) = code else { continue };
            let statements = analyse_section(&code.section(Direction::Upgrade).sql).unwrap_or_default();
            for change in statements.iter().flat_map(crate::core::conflict::fact_changes) {
                let entry = (id.clone(), change);
                if !found.contains(&entry) {
                    found.push(entry);
                }
            }
        }
        found
    };
    Touches { left: changes(&pair.fork.left), right: changes(&pair.fork.right) }
}

/// Decides the commands.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    let is_shown = lists::is_open::<Conflicts>(model) && !model.screens.has(Layer::Editor);
    match command {
        Command::Merge if is_shown => merge_shown(model),
        Command::Merge => open(model),
        Command::NextPair => next_pair(model),
        Command::ProveOrders => {
            model.require_idle()?;
            model.require_connected()?;
            act(proof::start)
        }
        _ => rebase::decide(model, command),
    }
}

/// Opens the screen, and starts the proof if a database answers.
fn open(model: &Model) -> Decision {
    if model.jobs.runs(NAME) {
        return act(|model| {
            show(model);
            Vec::new()
        });
    }
    model.require_writable()?;
    if model.history.head_count() < 2 {
        return refuse("there is only one head");
    }
    let tree = model.require_tree()?;
    let Ok(pairs) = find_pairs(&tree, &[], &[]) else {
        return refuse("a script cannot be read; ! shows the reason");
    };
    act(move |model| {
        let screen = Conflicts::new(model, tree, pairs);
        model.states.set(screen);
        show(model);
        proof::start(model)
    })
}

fn show(model: &mut Model) {
    lists::open_in::<Conflicts>(model, KeyContext::Conflict);
    lists::go_to_top::<Conflicts>(model);
}

/// Shows the next pair, and starts its proof if there is none yet.
fn next_pair(model: &Model) -> Decision {
    let Some(screen) = model.states.get::<Conflicts>() else { return refuse("there are no pairs") };
    if screen.pairs.len() < 2 {
        return refuse("there are only two heads");
    }
    model.require_idle()?;
    act(|model| {
        let Some(screen) = model.states.get_mut::<Conflicts>() else { return Vec::new() };
        screen.version += 1;
        screen.shown = (screen.shown + 1) % screen.pairs.len().max(1);
        let is_proved = screen.shown().is_some_and(|pair| pair.compared.is_some());
        lists::go_to_top::<Conflicts>(model);
        if is_proved { Vec::new() } else { proof::start(model) }
    })
}

/// Opens the dialog of a merge with the heads of the pair.
fn merge_shown(model: &Model) -> Decision {
    model.require_writable()?;
    let Some(pair) = model.states.get::<Conflicts>().and_then(Conflicts::shown) else {
        return refuse("there are no pairs");
    };
    let chosen = vec![pair.pair.left.clone(), pair.pair.right.clone()];
    merge::decide(model, chosen)
}

/// After the scripts have changed: compares them again when the screen is visible and no job runs. If only one head is
/// left, the screen closes.
pub(crate) fn follow_scripts(model: &mut Model) -> Vec<Effect> {
    if !lists::is_open::<Conflicts>(model) || model.jobs.is_running() || model.scripts_loading {
        return Vec::new();
    }
    let (Some(tree), Some(screen)) = (model.tree.clone(), model.states.get::<Conflicts>()) else { return Vec::new() };
    if Arc::ptr_eq(&tree, &screen.tree) || model.screens.has(Layer::Editor) {
        return Vec::new();
    }
    let is_same = tree.scripts.len() == screen.tree.scripts.len()
        && tree.scripts.iter().all(|(id, file)| screen.tree.scripts.get(id).is_some_and(|old| old.text == file.text));
    if is_same && tree.problems == screen.tree.problems {
        if let Some(screen) = model.states.get_mut::<Conflicts>() {
            screen.tree = tree;
        }
        return Vec::new();
    }
    let pairs = find_pairs(&tree, &[], &[]).unwrap_or_default();
    if pairs.is_empty() {
        lists::close(model);
        return Vec::new();
    }
    let shown = model.states.get::<Conflicts>().and_then(Conflicts::shown).map(|shown| shown.pair.clone());
    let mut screen = Conflicts::new(model, tree, pairs);
    let is_shown = |pair: &PairState| {
        shown.as_ref().is_some_and(|shown| (&shown.left, &shown.right) == (&pair.pair.left, &pair.pair.right))
    };
    screen.shown = screen.pairs.iter().position(is_shown).unwrap_or_default();
    screen.version = model.states.get::<Conflicts>().map_or(1, |old| old.version + 1);
    model.states.set(screen);
    proof::start(model)
}
