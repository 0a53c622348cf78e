//! Asks before a kept copy is restored or dropped.

use crate::core::text::size;
use crate::engine::copies::StoredCopy;
use crate::tui::app::command::KeyContext;
use crate::tui::app::effect::{CopyAction, Effect};
use crate::tui::app::form::{Form, FormLine};
use crate::tui::app::input::Input;
use crate::tui::app::model::Model;
use crate::tui::app::model::dialog::{Buttons, Dialog};
use crate::tui::app::theme::Role;

/// The dialog.
#[derive(Debug)]
pub(super) struct CopyDialog {
    copy: StoredCopy,
    action: CopyAction,
    input: Input,
    /// 0: Cancel, 1: the action.
    buttons: Buttons,
    /// Whether it has been drawn. Before that, keys were meant for something else.
    drawn: bool,
    /// The user moved the focus to Cancel, so Enter presses it whatever was typed.
    chose_button: bool,
    /// Why the typed word is not accepted.
    problem: Option<String>,
}

impl CopyDialog {
    /// Asks about a copy.
    pub(super) fn new(copy: StoredCopy, action: CopyAction) -> Self {
        let (input, buttons) = (Input::default(), Buttons::default());
        // A restore loses nothing, so keys count at once.
        let drawn = action == CopyAction::Restore;
        Self { copy, action, input, buttons, drawn, chose_button: false, problem: None }
    }

    fn drops(&self) -> bool {
        self.action == CopyAction::Drop
    }

    /// The word to type: the last part of the object's name.
    fn word(&self) -> String {
        let last = self.copy.object.rsplit('.').next().unwrap_or_default().trim_matches('"').trim();
        if last.is_empty() { "drop" } else { last }.to_owned()
    }

    fn typed(&self) -> &str {
        self.input.text().trim()
    }
}

impl Dialog for CopyDialog {
    fn form(&self, model: &Model) -> Form {
        let drops = self.drops();
        let mut form = Form::new(if drops { "Drop the copy" } else { "Restore the copy" }, 72);
        form.danger = drops || model.is_protected();
        if let Some(status) = &model.server.status {
            let host = model.host().unwrap_or_default();
            let words = format!("{} at {host}, environment {}", status.server.database, model.environment_name());
            form.fact("on", vec![(words, Role::Text)]);
        }
        let StoredCopy { object, bytes, revision, .. } = &self.copy;
        let of = vec![
            (object.clone(), if drops { Role::Danger } else { Role::Title }),
            (format!("  {}, {}", self.copy.kind.describe_contents(self.copy.rows), size(*bytes)), Role::Text),
        ];
        form.fact("copy", of);
        form.fact("lost by", vec![(format!("{} {revision}", super::step_words(&self.copy)), Role::Text)]);
        form.blank();
        if drops {
            form.text("After that only a backup can restore the data.", Role::Warning);
            let label = format!("Type {} to continue: ", self.word());
            let problem = self.problem.iter().map(|problem| (problem.clone(), Role::Danger)).collect();
            form.pinned = vec![
                FormLine::Field { label, input: self.input.clone(), focused: self.drawn, index: 0 },
                FormLine::Raw(problem),
            ];
        } else {
            form.text(
                "Existing rows are not overwritten. The copy is dropped when all of it is restored.",
                Role::Muted,
            );
            form.blank();
        }
        form.buttons = vec![String::from("Cancel"), String::from(if drops { "Drop" } else { "Restore" })];
        form.focused_button = Some(self.buttons.focused);
        form
    }

    /// Cancel closes the dialog, the other button starts the action. A wrong word is reported.
    fn accept(mut self: Box<Self>, model: &mut Model) -> Vec<Effect> {
        if self.buttons.focused == 0 && (!self.drops() || self.chose_button || self.input.is_empty()) {
            return Vec::new();
        }
        if self.drops() && self.typed() != self.word() {
            self.problem = Some(format!("'{}' is not '{}'", self.typed(), self.word()));
            model.dialogs.push(self);
            return Vec::new();
        }
        super::start(model, &self.copy, self.action)
    }

    /// Only dropping needs a typed word.
    fn key_context(&self) -> KeyContext {
        if self.drops() { KeyContext::Text } else { KeyContext::Choice }
    }

    fn input(&mut self) -> Option<&mut Input> {
        self.drops().then_some(&mut self.input)
    }

    /// The right word moves the focus to Drop, any other text to Cancel.
    fn on_typed(&mut self) {
        self.buttons.focus(usize::from(self.typed() == self.word()));
        self.chose_button = false;
        self.problem = None;
    }

    fn waits_for_frame(&self) -> bool {
        !self.drawn
    }

    fn on_drawn(&mut self) {
        self.drawn = true;
    }

    fn has_fields(&self) -> bool {
        true
    }

    fn change_field(&mut self, _forward: bool) {
        self.buttons.switch();
        self.chose_button = true;
    }

    fn focus_button(&mut self, button: usize) {
        self.buttons.focus(button);
    }
}
