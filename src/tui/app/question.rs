//! A question with several buttons, the harmless one first.

use super::effect::Effect;
use super::form::{Form, FormLine, Piece};
use super::model::Model;
use super::model::action::CommandAction;
use super::model::dialog::Dialog;
use super::theme::Role;
use crate::engine::{Error, ProjectCommand};

/// A question.
pub struct Question {
    title: &'static str,
    danger: bool,
    lines: Vec<Vec<Piece>>,
    choices: Vec<(&'static str, CommandAction)>,
    focused: usize,
}

impl Question {
    /// A question without choices.
    #[must_use]
    pub fn new(title: &'static str, lines: Vec<(String, Role)>) -> Self {
        Self::of_pieces(title, lines.into_iter().map(|line| vec![line]).collect())
    }

    /// A question whose lines have several pieces, without choices.
    #[must_use]
    pub fn of_pieces(title: &'static str, lines: Vec<Vec<Piece>>) -> Self {
        Self { title, danger: false, lines, choices: Vec::new(), focused: 0 }
    }

    /// Adds a button and what it does.
    #[must_use]
    pub fn choice(mut self, label: &'static str, action: impl FnOnce(&mut Model) -> Vec<Effect> + 'static) -> Self {
        self.choices.push((label, Box::new(action)));
        self
    }

    /// Draws the question as a danger: a wrong answer can lose data.
    #[must_use]
    pub fn dangerous(self) -> Self {
        Self { danger: true, ..self }
    }

    /// Asks whether a command of the project may run. The error names the command. `retry` starts the job again that
    /// failed with it.
    #[must_use]
    pub fn run_command(error: &Error, retry: impl FnOnce(&mut Model) -> Vec<Effect> + 'static) -> Self {
        let command = error.needs_consent.clone();
        let (title, why) = match command.as_deref() {
            Some(ProjectCommand::Python(_)) => (
                "Run the project's Python?",
                "limbeck runs the project's scripts and models only with your consent, and remembers it for this project.",
            ),
            Some(ProjectCommand::Program(_)) | None => (
                "Run the project's program?",
                "limbeck runs a program of the project only with your consent, and remembers it for this project.",
            ),
        };
        let lines = vec![(error.message.clone(), Role::Warning), (String::from(why), Role::Text)];
        Self::new(title, lines).choice("No", |_| Vec::new()).choice("Yes", move |model| {
            let mut effects: Vec<Effect> = command.map(Effect::GiveConsent).into_iter().collect();
            effects.extend(retry(model));
            effects
        })
    }
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Question").field("title", &self.title).finish_non_exhaustive()
    }
}

impl Dialog for Question {
    fn form(&self, _model: &Model) -> Form {
        let mut form = Form::new(self.title, 68);
        form.danger = self.danger;
        form.lines = self.lines.iter().map(|line| FormLine::Text(line.clone(), 0)).collect();
        form.blank();
        form.buttons = self.choices.iter().map(|(label, _)| String::from(*label)).collect();
        form.focused_button = Some(self.focused);
        form
    }

    fn accept(mut self: Box<Self>, model: &mut Model) -> Vec<Effect> {
        if self.focused >= self.choices.len() {
            return Vec::new();
        }
        let (_, action) = self.choices.swap_remove(self.focused);
        action(model)
    }

    fn has_fields(&self) -> bool {
        true
    }

    fn change_field(&mut self, forward: bool) {
        let count = self.choices.len().max(1);
        self.focused = (self.focused + if forward { 1 } else { count - 1 }) % count;
    }

    fn focus_button(&mut self, button: usize) {
        self.focused = button.min(self.choices.len().saturating_sub(1));
    }
}
