//! The dialog that takes the number of a line.

use crate::tui::app::Effect;
use crate::tui::app::dialog::Dialog;
use crate::tui::app::form::{Form, FormLine};
use crate::tui::app::input::Input;
use crate::tui::app::model::Model;
use crate::tui::app::theme::Role;
use crate::tui::editor::Move;

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct GoTo {
    pub input: Input,
    said: bool,
}

/// Opens it.
pub fn open(model: &mut Model) -> Vec<Effect> {
    model.dialogs.push(Dialog::GoTo(GoTo::default()));
    Vec::new()
}

impl GoTo {
    /// One line to type into.
    #[must_use]
    pub fn form(&self, model: &Model) -> Form {
        let mut form = Form::new("Go to line", 40);
        let input = self.input.clone();
        form.lines.push(FormLine::Field { label: String::from("line "), input, focused: true, index: 0 });
        let count = model.editor.as_ref().map_or(0, |editor| editor.document.lines().len());
        let role = if self.said { Role::Warning } else { Role::Muted };
        form.text(format!("a number from 1 to {count}"), role);
        form
    }
}

/// Enter: goes there.
pub fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(Dialog::GoTo(dialog)) = model.dialogs.last_mut() else { return Vec::new() };
    match dialog.input.text().trim().parse::<usize>() {
        Ok(line) if line > 0 => {
            model.dialogs.pop();
            if let Some(editor) = &mut model.editor {
                editor.document.go(Move::To((line - 1, 0)), false);
                editor.follow = true;
            }
        }
        _ => dialog.said = true,
    }
    Vec::new()
}
