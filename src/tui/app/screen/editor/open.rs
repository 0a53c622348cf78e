//! Opening the editor: on a script of the tree, on a file that is none, or on a text that was just made.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::panel::Panel;
use super::{After, Editor};
use crate::core::graph::RevisionId;
use crate::engine::project::{ScriptFile, ScriptProblem};
use crate::engine::state::ledger_scripts::is_from_ledger;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::Effect;
use crate::tui::app::command::{Decision, no};
use crate::tui::app::dialog::Dialog;
use crate::tui::app::history::Item;
use crate::tui::app::model::Model;
use crate::tui::app::sheet;
use crate::tui::editor::{Document, MOST_LINES, Move};

/// Where a text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A file of the project.
    Script,
    /// It stands nowhere yet: keeping it makes the file.
    New,
    /// The ledger's copy of a script whose file is gone.
    Recalled,
}

/// A text to open, with what is known of it.
#[derive(Debug, Clone)]
pub struct Opening {
    /// Where it stands, or is to stand.
    pub path: PathBuf,
    /// Where it belongs once it is proved, when that is elsewhere.
    pub home: Option<PathBuf>,
    pub text: Arc<str>,
    pub origin: Origin,
    pub revision: Option<RevisionId>,
    /// The 1-based line to begin at; without one, where the upgrade begins.
    pub line: Option<usize>,
    /// Proof, operations and hazards as whoever made the text knows them. Operations that are not there are read off
    /// the text; hazards always are, and take over the counts of those that stand here.
    pub panel: Panel,
}

/// What `e` would open.
enum Wanted {
    Script(Arc<ScriptFile>, Option<usize>),
    /// A file that is no script, so that its text is not at hand.
    File(PathBuf, Option<usize>),
}

/// Decides `e`.
pub(crate) fn decide(model: &Model) -> Decision {
    super::super::idle(model)?;
    match wanted(model) {
        Some(_) => Ok(|model| match wanted(model) {
            Some(Wanted::Script(file, line)) => {
                let opening = of_script(&file, line);
                open(model, opening)
            }
            Some(Wanted::File(path, line)) => vec![Effect::ReadScript(path, line)],
            None => Vec::new(),
        }),
        None => no("there is no script to edit here"),
    }
}

fn wanted(model: &Model) -> Option<Wanted> {
    let by_path = |path: &Path| model.tree.as_ref()?.scripts.values().find(|file| file.path == path).cloned();
    match (model.dialogs.last(), &model.plan) {
        (Some(Dialog::Error(dialog)), _) => {
            let id = RevisionId::parse(dialog.error.revision.as_deref()?).ok()?;
            Some(Wanted::Script(model.script_of(&id)?.clone(), dialog.error.line))
        }
        (Some(_), _) => None,
        (None, _) if model.sheet.is_some() => {
            let line = sheet::error(model).and_then(|error| error.line);
            Some(Wanted::Script(model.script_of(&sheet::revision(model)?)?.clone(), line))
        }
        (None, Some(screen)) => {
            let (path, line) = screen.place_in_script()?;
            Some(Wanted::Script(by_path(&path)?, line))
        }
        (None, None) => match model.history.selected_item()? {
            Item::Revision(_) | Item::Missing(_) => Some(Wanted::Script(model.selected_script()?.clone(), None)),
            Item::Problem(index) => match model.tree.as_ref()?.problems.get(*index)? {
                ScriptProblem::File { path, line, .. } => Some(Wanted::File(path.clone(), *line)),
                ScriptProblem::Graph(_) => None,
            },
            Item::Base => None,
        },
    }
}

/// A script of the tree, or the ledger's copy of one.
#[must_use]
pub fn of_script(file: &ScriptFile, line: Option<usize>) -> Opening {
    let origin = if is_from_ledger(file) { Origin::Recalled } else { Origin::Script };
    let line = line.or_else(|| Some(file.script.upgrade.line).filter(|line| *line > 0));
    Opening {
        path: file.path.clone(),
        home: None,
        text: file.text.clone(),
        origin,
        revision: Some(file.script.revision.clone()),
        line,
        panel: Panel::default(),
    }
}

/// Opens a text over the whole screen; what is open has been asked about before.
pub fn open(model: &mut Model, opening: Opening) -> Vec<Effect> {
    if opening.text.matches('\n').count() >= MOST_LINES || opening.text.lines().any(|line| line.len() > MOST_LINES) {
        let key = model.preferences.keymap.shown(crate::tui::app::command::Command::EditOutside);
        let error = Error::of(ErrorKind::Usage, "the script is too long for the editor here");
        model.show_error(error.hint(match opening.origin {
            Origin::New => String::from("it was not written: `limbeck revision --autogenerate` writes it to its file"),
            _ => format!("{key} opens it in $EDITOR"),
        }));
        return Vec::new();
    }
    model.dialogs.retain(|dialog| !matches!(dialog, Dialog::Error(_)));
    let mut document = Document::new(&opening.text);
    document.go(Move::To((opening.line.unwrap_or(1).saturating_sub(1), 0)), false);
    let generation = model.next_generation();
    let disk = (opening.origin != Origin::New).then(|| opening.text.clone());
    let proved = opening.panel.proof.is_found().then(|| opening.text.clone());
    let mut panel = Panel { proved, ..opening.panel };
    super::panel::group(&mut panel.operations);
    model.editor = Some(Box::new(Editor {
        document,
        path: opening.path,
        home: opening.home,
        origin: opening.origin,
        revision: opening.revision,
        disk,
        text: opening.text.clone(),
        moved: false,
        version: 0,
        top: 0,
        left: 0,
        follow: true,
        panel,
        panel_shown: None,
        find: None,
        faults: Vec::new(),
        examining: Some(generation),
        after: After::Stay,
        saving: None,
        selecting: false,
        pressed: None,
    }));
    vec![Effect::Examine(generation, opening.text)]
}

/// Takes a file's text: one that was to be opened, or the one that is open and has changed.
pub fn on_read(model: &mut Model, path: &Path, answer: Result<(Arc<str>, Option<usize>), Error>) -> Vec<Effect> {
    let (text, line) = match answer {
        Ok(read) => read,
        Err(error) => {
            model.show_error(error);
            return Vec::new();
        }
    };
    match &mut model.editor {
        None => {
            let origin = Origin::Script;
            let opening = Opening {
                path: path.to_owned(),
                home: None,
                text,
                origin,
                revision: None,
                line,
                panel: Panel::default(),
            };
            open(model, opening)
        }
        Some(editor) if editor.path == path && !editor.is_modified() && editor.disk.as_ref() != Some(&text) => {
            editor.document.replace(&text);
            editor.disk = Some(text);
            model.say("read again: the file was changed by somebody else");
            super::changed(model)
        }
        Some(_) => Vec::new(),
    }
}

/// The scripts were read again: what is open may have been changed by somebody else.
pub fn look_again(model: &mut Model) -> Option<Effect> {
    let tree = model.tree.clone()?;
    let editor = model.editor.as_mut()?;
    let file = tree.scripts.values().find(|file| file.path == editor.path)?;
    let moved = editor.is_writable() && editor.disk.as_ref() != Some(&file.text);
    if moved && !editor.is_modified() {
        return Some(Effect::ReadScript(editor.path.clone(), None));
    }
    editor.moved = moved && editor.text != file.text;
    None
}
