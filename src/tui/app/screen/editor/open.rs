//! Opening the editor: on a script, on a file that is not a script, or on a generated text.

use std::path::Path;
use std::sync::Arc;

use super::{After, EXAMINE, Editor};
use crate::core::script::Language;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::command::Command;
use crate::tui::app::effect::{Effect, Task};
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::app::model::error_dialog::ErrorDialog;
use crate::tui::app::model::screen::ScriptLocation;
use crate::tui::app::opening::{Opening, Origin, Panel};
use crate::tui::editor::{Document, MOST_LINES, Move};

/// The name of the read of a file.
const READ: &str = "script";

/// Decides `e`.
pub(crate) fn decide(model: &Model) -> Decision {
    model.require_idle()?;
    match model.script_at_cursor() {
        Some(ScriptLocation::Script(file, line)) => act(move |model| open(model, Opening::script(&file, line))),
        Some(ScriptLocation::File(path, line)) => {
            act(move |model| vec![model.start_read(READ, Task::ReadScript(path, line))])
        }
        None => refuse("there is no script to edit here"),
    }
}

/// Opens a text. If another text is open, the user has already decided what happens to it.
pub fn open(model: &mut Model, opening: Opening) -> Vec<Effect> {
    if opening.text.matches('\n').count() >= MOST_LINES || opening.text.lines().any(|line| line.len() > MOST_LINES) {
        let key = model.preferences.keymap.shown(Command::EditOutside);
        let error = Error::of(ErrorKind::Usage, "the script is too long for the built-in editor");
        model.show_error(error.hint(match opening.origin {
            Origin::New => String::from(
                "no file was written; run `limbeck revision --autogenerate`, which writes the script to a file",
            ),
            _ => format!("{key} opens it in $EDITOR"),
        }));
        return Vec::new();
    }
    model.close_dialogs::<ErrorDialog>();
    let language = Language::of(&opening.path);
    let mut document = Document::in_language(&opening.text, language);
    document.move_cursor(Move::To((opening.line.unwrap_or(1).saturating_sub(1), 0)), false);
    let disk = (opening.origin != Origin::New).then(|| opening.text.clone());
    let proved = opening.panel.proof.found().is_some().then(|| opening.text.clone());
    let mut panel = Panel { proved, ..opening.panel };
    super::panel::group_operations(&mut panel.operations);
    model.screens.open(Box::new(Editor {
        document,
        path: opening.path,
        home: opening.home,
        origin: opening.origin,
        revision: opening.revision,
        disk,
        text: opening.text.clone(),
        file_changed: false,
        version: 0,
        top: 0,
        left: 0,
        follow: true,
        panel,
        panel_shown: None,
        find: None,
        faults: Vec::new(),
        after: After::Stay,
        saving: None,
        selecting: false,
        pressed: None,
    }));
    vec![model.start_read(EXAMINE, Task::Examine(language, opening.text))]
}

/// Takes the text of a file. The file is opened, or it is open and has changed.
pub fn on_read(model: &mut Model, path: &Path, answer: Result<(Arc<str>, Option<usize>), Error>) -> Vec<Effect> {
    let (text, line) = match answer {
        Ok(read) => read,
        Err(error) => {
            model.show_error(error);
            return Vec::new();
        }
    };
    match model.screens.get_mut::<Editor>() {
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
            model.notify("the file was changed by another program and was read again");
            super::on_changed(model)
        }
        Some(_) => Vec::new(),
    }
}

/// The scripts were loaded: the file of the open text may have changed.
pub fn check_file(model: &mut Model) -> Option<Effect> {
    let tree = model.tree.clone()?;
    let editor = model.screens.get_mut::<Editor>()?;
    let file = tree.scripts.values().find(|file| file.path == editor.path)?;
    let has_changed = editor.is_writable() && editor.disk.as_ref() != Some(&file.text);
    if has_changed && !editor.is_modified() {
        let path = editor.path.clone();
        return Some(model.start_read(READ, Task::ReadScript(path, None)));
    }
    editor.file_changed = has_changed && editor.text != file.text;
    None
}
