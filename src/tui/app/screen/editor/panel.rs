//! What stands beside a script: its proof, its operations by object, its hazards; and the lines that tell of them.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::Time;

use super::Editor;
use crate::core::graph::{Direction, RevisionId};
use crate::core::hazard::{Class, Hazard};
use crate::core::statement::{Question, Subject};
use crate::engine::Error;
use crate::engine::verify::VerifiedRevision;
use crate::tui::app::command::Command;
use crate::tui::app::form::Piece;
use crate::tui::app::model::Model;
use crate::tui::app::screen::plan_rows::evidence_words;
use crate::tui::app::screen::proof::{StageState, stages};
use crate::tui::app::theme::Role;
use crate::tui::app::{Effect, Generation};

/// The panel as data.
#[derive(Debug, Clone, Default)]
pub struct Panel {
    pub proof: Proof,
    pub operations: Vec<Operation>,
    pub hazards: Vec<FoundHazard>,
    /// What is to be known of how it was made.
    pub notes: Vec<String>,
    /// The text that the proof is about; the editor sets it.
    pub proved: Option<Arc<str>>,
}

/// What is known of a script's proof.
#[derive(Debug, Clone, Default)]
pub enum Proof {
    #[default]
    None,
    /// It runs; the words say how far it has come. Since when it does.
    Running(String, Time),
    /// What came of it, and when.
    Found(Box<VerifiedRevision>, Time),
    /// It could not be run.
    Failed(Box<Error>),
}

/// One operation of the upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// E.g. `public.users`; operations of one object stand together. Empty: of none that could be named.
    pub object: String,
    /// E.g. `add column plan`.
    pub doing: String,
    /// 1-based.
    pub line: usize,
}

/// A hazard of one of the script's statements.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundHazard {
    /// 1-based.
    pub line: usize,
    pub direction: Direction,
    pub hazard: Hazard,
}

/// Why the text cannot be read as a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// 1-based.
    pub line: usize,
    pub message: String,
    pub hint: Option<String>,
}

/// What was read off a text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// The id in its header, when it is a script.
    pub revision: Option<RevisionId>,
    pub faults: Vec<Fault>,
    pub operations: Vec<Operation>,
    pub hazards: Vec<FoundHazard>,
}

impl Proof {
    /// Whether it ran to its end.
    #[must_use]
    pub const fn is_found(&self) -> bool {
        self.found().is_some()
    }

    /// What came of it.
    #[must_use]
    pub const fn found(&self) -> Option<&VerifiedRevision> {
        match self {
            Self::Found(verified, _) => Some(&**verified),
            _ => None,
        }
    }
}

/// Takes what was read off the text, if it is the text that stands here now.
pub fn on_examined(model: &mut Model, generation: Generation, findings: Findings) -> Vec<Effect> {
    let Some(editor) = model.editor.as_mut().filter(|editor| editor.examining == Some(generation)) else {
        return Vec::new();
    };
    editor.examining = None;
    editor.faults = findings.faults;
    // Of a text that cannot be read now the last reading is more use than none.
    if findings.revision.is_none() && editor.version > 0 {
        return Vec::new();
    }
    let known = std::mem::replace(&mut editor.panel.hazards, findings.hazards);
    for found in &mut editor.panel.hazards {
        let before = known.iter().find(|before| is_same(&before.hazard, &found.hazard, editor.version > 0));
        if let Some(FoundHazard { hazard, .. }) = before {
            (found.hazard.evidence, found.hazard.subject) = (hazard.evidence, hazard.subject.clone());
        }
    }
    if editor.version > 0 || editor.panel.operations.is_empty() {
        editor.panel.operations = findings.operations;
    }
    group(&mut editor.panel.operations);
    if editor.revision.is_none() {
        editor.revision = findings.revision;
    }
    Vec::new()
}

/// Whether what was counted of one hazard holds for another that was read later: it asks the same. A condition may have
/// been edited since.
fn is_same(before: &Hazard, now: &Hazard, edited: bool) -> bool {
    let by_condition = matches!(before.subject, Subject::Rows { question: Question::Affected { .. }, .. });
    let asks_the_same = before.subject == now.subject || (by_condition && !edited);
    before.code == now.code && before.object == now.object && asks_the_same
}

/// One line of the panel.
pub type Line = Vec<Piece>;

/// The proof's title: when it was.
#[must_use]
pub fn proof_title(editor: &Editor) -> String {
    match &editor.panel.proof {
        Proof::Found(_, at) => format!("Proof ─ {:02}:{:02}:{:02}", at.hour(), at.minute(), at.second()),
        _ => String::from("Proof"),
    }
}

/// The lines about the proof.
#[must_use]
pub fn proof_lines(model: &Model, editor: &Editor) -> Vec<Line> {
    let key = model.preferences.keymap.shown(Command::Prove);
    let line = |text: String, role| vec![(text, role)];
    let verified = match &editor.panel.proof {
        Proof::None => return vec![line(format!("not proved yet: {key} proves it"), Role::Muted)],
        Proof::Running(words, _) => return vec![line(words.clone(), Role::Current)],
        Proof::Failed(error) => {
            let mut lines = vec![line(format!("not proved: {}", error.message), Role::Warning)];
            lines.extend(error.hint.iter().map(|hint| line(hint.clone(), Role::Muted)));
            return lines;
        }
        Proof::Found(verified, _) => verified,
    };
    let mut lines = Vec::new();
    let stale = editor.panel.proved.as_deref() != Some(&*editor.text);
    if stale {
        lines.push(line(format!("edited since: prove again with {key}"), Role::Warning));
    }
    lines.push(verdict(model, verified, stale));
    if let Some(error) = &verified.error {
        let place = error.line.map_or_else(String::new, |line| format!("line {line}: "));
        lines.push(line(format!("{place}{}", error.message), Role::Danger));
    }
    lines.extend(verified.difference.iter().map(|difference| line(difference.clone(), Role::Warning)));
    lines.extend(verified.note.iter().map(|note| line(note.clone(), Role::Muted)));
    lines.extend(editor.panel.notes.iter().map(|note| line(note.clone(), Role::Muted)));
    lines
}

/// `up ok  down ok  again ok`.
fn verdict(model: &Model, verified: &VerifiedRevision, stale: bool) -> Line {
    let mut pieces = Vec::new();
    for (n, (word, state)) in ["up", "down", "again"].into_iter().zip(stages(Some(verified), None)).enumerate() {
        let (glyph, twin, what, role) = match state {
            StageState::Fine => ("✓", "*", "ok", Role::Good),
            StageState::Differs => ("✗", "x", "differs", Role::Danger),
            StageState::Fails => ("✗", "x", "fails", Role::Danger),
            StageState::Empty => ("·", ".", "is empty", Role::Warning),
            StageState::NotRun | StageState::Running => {
                ("·", ".", if model.preferences.ascii { "-" } else { "–" }, Role::Muted)
            }
        };
        let glyph = if model.preferences.ascii { twin } else { glyph };
        pieces.push((format!("{}{glyph} {word} {what}", if n > 0 { "  " } else { "" }), role_of(role, stale)));
    }
    pieces
}

const fn role_of(role: Role, stale: bool) -> Role {
    if stale { Role::Muted } else { role }
}

/// The first lines of a block and how many there are in all: a long script has more than can be seen.
pub type Lines = (Vec<Line>, usize);

/// The lines about the operations, those of one object below its name; at most so many.
#[must_use]
pub fn operation_lines(editor: &Editor, most: usize) -> Lines {
    let operations = &editor.panel.operations;
    if operations.is_empty() {
        let words = if editor.examining.is_some() { "reading …" } else { "the upgrade does nothing" };
        return (vec![vec![(String::from(words), Role::Muted)]], 1);
    }
    let before = |at: usize| operations.get(at.checked_sub(1)?).map(|operation| &operation.object);
    let begins = |at: usize| {
        let object = operations.get(at).map(|operation| &operation.object);
        object.filter(|object| !object.is_empty() && before(at) != Some(*object))
    };
    let total = operations.len() + (0..operations.len()).filter_map(begins).count();
    let mut lines = Vec::new();
    for (at, operation) in operations.iter().enumerate().take(most) {
        lines.extend(begins(at).map(|object| vec![(object.clone(), Role::Title)]));
        let indent = if operation.object.is_empty() { "" } else { "  " };
        let doing = (format!("{indent}{}", operation.doing), Role::Text);
        lines.push(vec![doing, (format!("  line {}", operation.line), Role::Muted)]);
    }
    (lines, total)
}

/// Brings the operations of one object together, in the order in which the objects come first.
pub(super) fn group(operations: &mut [Operation]) {
    let mut first: HashMap<String, usize> = HashMap::new();
    for (at, operation) in operations.iter().enumerate() {
        first.entry(operation.object.clone()).or_insert(at);
    }
    operations.sort_by_key(|operation| first.get(&operation.object).copied());
}

/// The lines about the hazards: what is lost, and what was counted; of at most so many hazards.
#[must_use]
pub fn hazard_lines(editor: &Editor, most: usize) -> Lines {
    let hazards = &editor.panel.hazards;
    if hazards.is_empty() {
        let (words, role) =
            if editor.examining.is_some() { ("reading …", Role::Muted) } else { ("none found", Role::Good) };
        return (vec![vec![(String::from(words), role)]], 1);
    }
    let further = |hazard: &Hazard| usize::from(hazard.evidence.is_some()) + usize::from(hazard.allowed.is_some());
    let total = hazards.iter().map(|found| 2 + further(&found.hazard)).sum();
    // Not all may be seen: what is lost comes first, what comes to nothing last.
    let mut ordered: Vec<&FoundHazard> = hazards.iter().collect();
    ordered.sort_by_key(|found| {
        let is_down = found.direction == Direction::Downgrade;
        (is_down, found.hazard.affects_nothing(), found.hazard.class, found.line)
    });
    let mut lines = Vec::new();
    for FoundHazard { line, direction, hazard } in ordered.into_iter().take(most) {
        let role = match hazard.class {
            _ if hazard.affects_nothing() => Role::Muted,
            Class::DataLoss | Class::Fails => Role::Danger,
            _ => Role::Warning,
        };
        let class = (format!("! {}  ", hazard.class.word()), role);
        let whence = if *direction == Direction::Downgrade { ", downgrade" } else { "" };
        lines.push(vec![class, (hazard.object.clone(), Role::Title)]);
        let what = format!("  line {line}{whence} · {} {}", hazard.code, hazard.title);
        lines.push(vec![(what, Role::Muted)]);
        if hazard.evidence.is_some() {
            lines.push(vec![(format!("  {}", evidence_words(hazard)), role)]);
        }
        lines.extend(hazard.allowed.iter().map(|reason| vec![(format!("  because {reason}"), Role::Muted)]));
    }
    (lines, total)
}

/// What a person should know of the script besides: where it has run, that somebody else changed it.
#[must_use]
pub fn warnings(model: &Model, editor: &Editor) -> Vec<String> {
    let mut lines = Vec::new();
    if editor.moved {
        let key = model.preferences.keymap.shown(Command::Save);
        lines.push(format!("the file was changed by somebody else: {key} asks what to do"));
    }
    let environments = applied_on(model, editor);
    if !environments.is_empty() {
        let places = environments.join(", ");
        lines.push(format!("this script has run already (environment {places}): a change here is none there"));
    }
    if let Some(reason) = super::locked(model) {
        lines.push(format!("read-only: {reason}"));
    }
    lines
}

/// The environments that are known to have run it.
fn applied_on(model: &Model, editor: &Editor) -> Vec<String> {
    let (Some(tree), Some(id)) = (&model.tree, &editor.revision) else { return Vec::new() };
    let mut names = Vec::new();
    let item = model.history.position(id);
    if item.is_some_and(|item| model.history.marks(item).applied) || model.heads().unwrap_or_default().contains(id) {
        names.push(model.environment_name().to_owned());
    }
    let mut others: Vec<String> = model
        .server
        .seen
        .iter()
        .filter(|(name, heads)| **name != model.environment && tree.graph.ancestors(heads.as_slice()).contains(id))
        .map(|(name, _)| name.clone().unwrap_or_else(|| String::from("default")))
        .collect();
    others.sort();
    names.extend(others);
    names
}
