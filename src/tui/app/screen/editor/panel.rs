//! The panel of the editor: the proof, the operations by object, and the hazards, as lines.

use std::collections::HashMap;

use super::{Editor, is_examining};
use crate::core::graph::Direction;
use crate::core::hazard::{Class, Hazard};
use crate::core::script::Language;
use crate::core::statement::{Question, Subject};
use crate::engine::verify::VerifiedRevision;
use crate::tui::app::command::Command;
use crate::tui::app::form::Piece;
use crate::tui::app::format::describe_evidence;
use crate::tui::app::model::Model;
use crate::tui::app::opening::EditorProof;
use crate::tui::app::proof::{StageState, stages};
use crate::tui::app::theme::Role;
use crate::tui::editor::{Findings, FoundHazard, Operation};

/// Takes the findings of the current text.
pub(super) fn on_examined(model: &mut Model, findings: Findings) {
    let Some(editor) = model.screens.get_mut::<Editor>() else { return };
    editor.faults = findings.faults;
    // If the edited text is not a valid script, the earlier findings stay.
    if findings.revision.is_none() && editor.version > 0 {
        return;
    }
    if editor.revision.is_none() {
        editor.revision = findings.revision;
    }
    if editor.language() == Language::Python {
        // The statements of a Python script are not in its text.
        group_operations(&mut editor.panel.operations);
        return;
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
    group_operations(&mut editor.panel.operations);
}

/// Whether the evidence of one hazard also holds for a later one: the code, the object and the counted rows are the
/// same. The condition may have been edited.
fn is_same(before: &Hazard, now: &Hazard, edited: bool) -> bool {
    let by_condition = matches!(before.subject, Subject::Rows { question: Question::Affected { .. }, .. });
    let asks_the_same = before.subject == now.subject || (by_condition && !edited);
    before.code == now.code && before.object == now.object && asks_the_same
}

/// One line of the panel.
pub type PanelLine = Vec<Piece>;

/// The title of the proof, with its time.
#[must_use]
pub fn proof_title(editor: &Editor) -> String {
    match &editor.panel.proof {
        EditorProof::Found(_, at) => format!("Proof ─ {:02}:{:02}:{:02}", at.hour(), at.minute(), at.second()),
        _ => String::from("Proof"),
    }
}

/// The lines of the proof.
#[must_use]
pub fn proof_lines(model: &Model, editor: &Editor) -> Vec<PanelLine> {
    let key = model.preferences.keymap.shown(Command::Prove);
    let line = |text: String, role| vec![(text, role)];
    let verified = match &editor.panel.proof {
        EditorProof::None => return vec![line(format!("not proved yet; {key} proves it"), Role::Muted)],
        EditorProof::Running(words, _) => return vec![line(words.clone(), Role::Current)],
        EditorProof::Failed(error) => {
            let mut lines = vec![line(format!("not proved: {}", error.message), Role::Warning)];
            lines.extend(error.hint.iter().map(|hint| line(hint.clone(), Role::Muted)));
            return lines;
        }
        EditorProof::Found(verified, _) => verified,
    };
    let mut lines = Vec::new();
    let stale = editor.panel.proved.as_deref() != Some(&*editor.text);
    if stale {
        lines.push(line(format!("edited; {key} proves it again"), Role::Warning));
    }
    lines.push(stage_line(model, verified, stale));
    if let Some(error) = &verified.error {
        let place = error.line.map_or_else(String::new, |line| format!("line {line}: "));
        lines.push(line(format!("{place}{}", error.message), Role::Danger));
    }
    lines.extend(verified.difference.iter().map(|difference| line(difference.clone(), Role::Warning)));
    let notes = verified.note.iter().flat_map(|note| note.lines());
    lines.extend(notes.map(|note| line(note.to_owned(), Role::Warning)));
    lines.extend(editor.panel.notes.iter().map(|note| line(note.clone(), Role::Muted)));
    lines
}

/// `up ok  down ok  again ok`.
fn stage_line(model: &Model, verified: &VerifiedRevision, stale: bool) -> PanelLine {
    let mut pieces = Vec::new();
    for (n, (word, state)) in ["up", "down", "again"].into_iter().zip(stages(Some(verified), None)).enumerate() {
        let (glyph, ascii, what, role) = match state {
            StageState::Fine => ("✓", "*", "ok", Role::Good),
            StageState::Differs => ("✗", "x", "differs", Role::Danger),
            StageState::Fails => ("✗", "x", "fails", Role::Danger),
            StageState::Empty => ("·", ".", "is empty", Role::Warning),
            StageState::NotRun | StageState::Running => {
                ("·", ".", if model.preferences.ascii { "-" } else { "–" }, Role::Muted)
            }
        };
        let glyph = if model.preferences.ascii { ascii } else { glyph };
        pieces.push((format!("{}{glyph} {word} {what}", if n > 0 { "  " } else { "" }), role_of(role, stale)));
    }
    pieces
}

const fn role_of(role: Role, stale: bool) -> Role {
    if stale { Role::Muted } else { role }
}

/// The first lines of a block, and the number of all its lines.
pub type PanelLines = (Vec<PanelLine>, usize);

/// The lines of at most `most` operations, grouped by object.
#[must_use]
pub fn operation_lines(model: &Model, editor: &Editor, most: usize) -> PanelLines {
    let operations = &editor.panel.operations;
    if operations.is_empty() {
        let words = match editor.language() {
            _ if is_examining(model) => "reading …",
            Language::Sql => "the upgrade has no statements",
            Language::Python => "shown in the plan; prepare one to see them",
        };
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

/// Groups the operations by object, in the order of the first operation of each object.
pub(super) fn group_operations(operations: &mut [Operation]) {
    let mut first: HashMap<String, usize> = HashMap::new();
    for (at, operation) in operations.iter().enumerate() {
        first.entry(operation.object.clone()).or_insert(at);
    }
    operations.sort_by_key(|operation| first.get(&operation.object).copied());
}

/// The lines of at most `most` hazards.
#[must_use]
pub fn hazard_lines(model: &Model, editor: &Editor, most: usize) -> PanelLines {
    let hazards = &editor.panel.hazards;
    if hazards.is_empty() {
        let (words, role) = match editor.language() {
            _ if is_examining(model) => ("reading …", Role::Muted),
            Language::Sql => ("none found", Role::Good),
            Language::Python => ("shown in the plan; prepare one to see them", Role::Muted),
        };
        return (vec![vec![(String::from(words), role)]], 1);
    }
    let further = |hazard: &Hazard| usize::from(hazard.evidence.is_some()) + usize::from(hazard.allowed.is_some());
    let total = hazards.iter().map(|found| 2 + further(&found.hazard)).sum();
    // Not all hazards may be visible: losses come first, hazards without effect last.
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
        let suffix = if *direction == Direction::Downgrade { ", downgrade" } else { "" };
        lines.push(vec![class, (hazard.object.clone(), Role::Title)]);
        let what = format!("  line {line}{suffix} · {} {}", hazard.code, hazard.title);
        lines.push(vec![(what, Role::Muted)]);
        if hazard.evidence.is_some() {
            lines.push(vec![(format!("  {}", describe_evidence(hazard)), role)]);
        }
        lines.extend(hazard.allowed.iter().map(|reason| vec![(format!("  because {reason}"), Role::Muted)]));
    }
    (lines, total)
}

/// Warnings about the script: it was changed by another program, it is applied somewhere, it is read-only.
#[must_use]
pub fn warnings(model: &Model, editor: &Editor) -> Vec<String> {
    let mut lines = Vec::new();
    if editor.file_changed {
        let key = model.preferences.keymap.shown(Command::Save);
        lines.push(format!("the file was changed by another program; {key} asks what to do"));
    }
    let environments = applied_environments(model, editor);
    if !environments.is_empty() {
        let databases = if environments.len() == 1 { "that database" } else { "those databases" };
        // Short enough for 80 columns.
        lines.push(format!("applied (environment {}): edits do not change {databases}", environments.join(", ")));
    }
    if let Some(reason) = editor.read_only_reason(model.read_only) {
        lines.push(format!("read-only: {reason}"));
    }
    lines
}

/// The names of the environments on which it is known to be applied.
fn applied_environments(model: &Model, editor: &Editor) -> Vec<String> {
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
