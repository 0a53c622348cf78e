//! Asks before a kept copy is put back by hand, or dropped for good.

use super::kept;
use crate::core::text::size;
use crate::engine::copies::StoredCopy;
use crate::tui::app::Effect;
use crate::tui::app::dialog::{Buttons, Dialog};
use crate::tui::app::form::{Form, FormLine};
use crate::tui::app::input::Input;
use crate::tui::app::keymap::Place;
use crate::tui::app::model::Model;
use crate::tui::app::theme::Role;

/// What is to be done with a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    PutBack,
    Drop,
}

/// The dialog.
#[derive(Debug, Clone)]
pub struct KeptDialog {
    copy: StoredCopy,
    wanted: Wanted,
    input: Input,
    /// 0: Cancel, 1: what is wanted.
    pub buttons: Buttons,
    /// Whether it was on the screen: before that, no key counts, as it was meant for something else.
    pub drawn: bool,
    /// Cancel was gone to by hand, so that Enter presses it whatever was typed.
    chosen: bool,
    /// What was wrong with the word.
    said: Option<String>,
}

impl KeptDialog {
    /// Asks about a copy.
    #[must_use]
    pub fn new(copy: StoredCopy, wanted: Wanted) -> Self {
        let (input, buttons) = (Input::default(), Buttons::default());
        // Nothing is lost where a copy is put back.
        let drawn = wanted == Wanted::PutBack;
        Self { copy, wanted, input, buttons, drawn, chosen: false, said: None }
    }

    /// Where the keys go: only what is gone for good has a word to be typed.
    #[must_use]
    pub const fn place(&self) -> Place {
        match self.wanted {
            Wanted::PutBack => Place::Choice,
            Wanted::Drop => Place::Text,
        }
    }

    /// The line that takes the word.
    pub fn input(&mut self) -> Option<&mut Input> {
        (self.wanted == Wanted::Drop).then_some(&mut self.input)
    }

    /// The last part of the name of what it is a copy of.
    fn word(&self) -> String {
        let last = self.copy.object.rsplit('.').next().unwrap_or_default().trim_matches('"').trim();
        if last.is_empty() { "drop" } else { last }.to_owned()
    }

    /// The right word moves the focus to Drop; anything else back to Cancel.
    pub fn typed(&mut self) {
        self.buttons.focus(usize::from(self.input.text().trim() == self.word()));
        self.chosen = false;
        self.said = None;
    }

    /// Goes to the other button.
    pub fn switch(&mut self) {
        self.buttons.switch();
        self.chosen = true;
    }

    /// Which copy, and what becomes of it.
    #[must_use]
    pub fn form(&self, model: &Model) -> Form {
        let drops = self.wanted == Wanted::Drop;
        let mut form = Form::new(if drops { "Drop the copy for good" } else { "Put the copy back" }, 72);
        form.danger = drops || model.is_protected();
        if let Some(status) = &model.server.status {
            let host = model.host().unwrap_or_default();
            let words = format!("{} at {host}, environment {}", status.server.database, model.environment_name());
            form.fact("on", vec![(words, Role::Text)]);
        }
        let StoredCopy { object, bytes, revision, .. } = &self.copy;
        let of = vec![
            (object.clone(), if drops { Role::Danger } else { Role::Title }),
            (format!("  {}, {}", kept::holding(&self.copy), size(*bytes)), Role::Text),
        ];
        form.fact("copy", of);
        form.fact("lost by", vec![(format!("{} of {revision}", self.copy.direction.word()), Role::Text)]);
        form.blank();
        if drops {
            form.text("Nothing brings these back afterwards but a backup.", Role::Warning);
            let label = format!("Type {} to go on: ", self.word());
            let said = self.said.iter().map(|said| (said.clone(), Role::Danger)).collect();
            form.pinned = vec![
                FormLine::Field { label, input: self.input.clone(), focused: self.drawn, index: 0 },
                FormLine::Raw(said),
            ];
        } else {
            form.text(
                "What has come since stays as it is: rows that are there are not written over. The copy goes once all of \
                 it is back.",
                Role::Muted,
            );
            form.blank();
        }
        form.buttons = vec![String::from("Cancel"), String::from(if drops { "Drop" } else { "Put back" })];
        form.focused_button = Some(self.buttons.focused);
        form
    }
}

/// Enter: Cancel closes, the other button does it; a wrong word does nothing but say so.
pub fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(Dialog::Kept(dialog)) = model.dialogs.last_mut() else { return Vec::new() };
    let is_put_back = dialog.wanted == Wanted::PutBack;
    if dialog.buttons.focused == 0 && (is_put_back || dialog.chosen || dialog.input.is_empty()) {
        model.dialogs.pop();
        return Vec::new();
    }
    if !is_put_back && dialog.input.text().trim() != dialog.word() {
        dialog.said = Some(format!("'{}' is not '{}'", dialog.input.text().trim(), dialog.word()));
        return Vec::new();
    }
    let (copy, wanted) = (dialog.copy.clone(), dialog.wanted);
    model.dialogs.pop();
    kept::start(model, &copy, wanted)
}
