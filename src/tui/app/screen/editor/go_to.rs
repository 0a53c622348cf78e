//! The dialog that goes to a line by its number.

use super::Editor;
use crate::tui::app::command::KeyContext;
use crate::tui::app::effect::Effect;
use crate::tui::app::form::{Form, FormLine};
use crate::tui::app::input::Input;
use crate::tui::app::model::Model;
use crate::tui::app::model::dialog::Dialog;
use crate::tui::app::theme::Role;
use crate::tui::editor::Move;

/// The dialog.
#[derive(Debug, Default)]
struct GoToLine {
    input: Input,
    /// The typed text is not a line number.
    is_wrong: bool,
}

/// Opens the dialog.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    model.open_dialog(GoToLine::default())
}

impl Dialog for GoToLine {
    fn form(&self, model: &Model) -> Form {
        let mut form = Form::new("Go to line", 40);
        let input = self.input.clone();
        form.lines.push(FormLine::Field { label: String::from("line "), input, focused: true, index: 0 });
        let count = model.screens.get::<Editor>().map_or(0, |editor| editor.document.lines().len());
        let role = if self.is_wrong { Role::Warning } else { Role::Muted };
        form.text(format!("a number from 1 to {count}"), role);
        form
    }

    fn accept(mut self: Box<Self>, model: &mut Model) -> Vec<Effect> {
        match self.input.text().trim().parse::<usize>() {
            Ok(line) if line > 0 => {
                if let Some(editor) = model.screens.get_mut::<Editor>() {
                    editor.document.move_cursor(Move::To((line - 1, 0)), false);
                    editor.follow = true;
                }
            }
            _ => {
                self.is_wrong = true;
                model.dialogs.push(self);
            }
        }
        Vec::new()
    }

    fn key_context(&self) -> KeyContext {
        KeyContext::Text
    }

    fn input(&mut self) -> Option<&mut Input> {
        Some(&mut self.input)
    }

    fn verb(&self) -> &'static str {
        "go there"
    }
}
