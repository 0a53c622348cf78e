//! The typed confirmation: what will be lost, where, and the word that says so was read.

use std::sync::Arc;

use super::plan_rows::evidence_words;
use super::planning::in_words;
use crate::core::plan::{Approval, Plan};
use crate::tui::app::Effect;
use crate::tui::app::command::{Command, Decision, no};
use crate::tui::app::dialog::{Buttons, Dialog};
use crate::tui::app::form::{Form, FormLine};
use crate::tui::app::input::Input;
use crate::tui::app::model::Model;
use crate::tui::app::theme::Role;

/// The dialog before something is destroyed.
#[derive(Debug, Clone)]
pub struct Confirm {
    /// As it would run.
    pub plan: Arc<Plan>,
    /// The same with copies of what is lost, where it would run without.
    with_copies: Option<Arc<Plan>>,
    pub input: Input,
    /// 0: Cancel, 1: Apply.
    pub buttons: Buttons,
    /// Whether the dialog was on the screen: before that, no key counts, as it was meant for something else.
    pub drawn: bool,
    /// Cancel was gone to by hand, so that Enter presses it whatever was typed.
    chosen: bool,
    /// What was wrong with the word.
    said: Option<String>,
    pub scroll: usize,
}

impl Confirm {
    /// Asks about a plan.
    #[must_use]
    pub fn new(plan: Arc<Plan>) -> Self {
        let (input, buttons) = (Input::default(), Buttons::default());
        Self { plan, with_copies: None, input, buttons, drawn: false, chosen: false, said: None, scroll: 0 }
    }

    /// The right word moves the focus to Apply; anything else back to Cancel.
    pub fn typed(&mut self) {
        let right = self.plan.word_to_type().is_some_and(|word| word == self.input.text().trim());
        self.buttons.focus(usize::from(right));
        self.chosen = false;
        self.said = None;
    }

    /// Whether something else than the word was typed, so that Enter neither applies nor cancels.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        self.buttons.focused == 0 && !self.chosen && !self.input.is_empty()
    }

    /// Goes to the other button.
    pub fn switch(&mut self) {
        self.buttons.switch();
        self.chosen = true;
    }

    /// Whether one can choose between copies and none.
    #[must_use]
    pub fn may_keep(&self) -> bool {
        self.with_copies.is_some() || (self.plan.copies.enabled && !self.plan.safeguards().is_empty())
    }

    /// Goes on without copies, or with them after all; what was typed was typed for the other.
    pub fn toggle_copies(&mut self) {
        if let Some(plan) = self.with_copies.take() {
            self.plan = plan;
        } else {
            let without = Arc::new(self.plan.without_copies());
            self.with_copies = Some(std::mem::replace(&mut self.plan, without));
        }
        self.input = Input::default();
        self.buttons.focus(0);
        self.chosen = false;
        self.said = None;
    }

    /// Where it happens, what is lost, and the word to type.
    #[must_use]
    pub fn form(&self, model: &Model) -> Form {
        let destroys = self.plan.hazards_to_approve().next().is_some();
        let title = match destroys {
            true => "This destroys data",
            false if self.plan.environment.protected => "This environment is protected",
            false => "Another environment comes first",
        };
        let mut form = Form::new(title, 76);
        form.danger = true;
        form.scroll = self.scroll;
        self.place(model, &mut form);
        let mut name = "lost";
        for (_, _, hazard) in self.plan.hazards_to_approve() {
            let object = (format!("{:<28} ", hazard.object), Role::Danger);
            form.fact(name, vec![object, (evidence_words(hazard), Role::Warning)]);
            name = "";
        }
        if destroys {
            self.kept(model, &mut form);
        }
        for outdated in &self.plan.outdated_environments {
            form.fact("first", vec![(format!("{}: {}", outdated.environment, outdated.state), Role::Warning)]);
        }
        form.blank();
        let word = self.plan.word_to_type().unwrap_or_default();
        let label = format!("Type {word} to go on: ");
        let said = self.said.iter().map(|said| (said.clone(), Role::Danger)).collect();
        form.pinned = vec![
            FormLine::Field { label, input: self.input.clone(), focused: self.drawn, index: 0 },
            FormLine::Raw(said),
        ];
        form.buttons = vec![String::from("Cancel"), String::from("Apply")];
        form.focused_button = Some(self.buttons.focused);
        form
    }

    /// What is done so that nothing is lost for good, and what one can choose.
    fn kept(&self, model: &Model, form: &mut Form) {
        let is_over = self.plan.copies.exceeds_limit();
        let role = if is_over || self.with_copies.is_some() { Role::Warning } else { Role::Muted };
        let mut name = "kept";
        for line in self.plan.safeguards() {
            form.fact(name, vec![(line, role)]);
            name = "";
        }
        let keys = model.preferences.keymap.shown(Command::KeepCopies);
        let ways = match (self.with_copies.is_some(), is_over) {
            (true, _) => format!("{keys} makes copies after all"),
            (false, true) => {
                format!("raise keep_limit under [apply], or make a backup and go on without copies: {keys}")
            }
            (false, false) => format!("{keys} goes on without copies"),
        };
        if self.may_keep() {
            form.fact("", vec![(ways, Role::Muted)]);
        }
        if !self.plan.backup_first {
            let key = model.preferences.keymap.shown(Command::Backup);
            form.fact("backup", vec![(format!("none is made; Esc and {key} make one first"), Role::Muted)]);
        }
    }

    fn place(&self, model: &Model, form: &mut Form) {
        let environment = self.plan.environment.name.as_deref().unwrap_or("default");
        let protected = if self.plan.environment.protected { ", protected" } else { "" };
        if let Some(status) = &model.server.status {
            let server = &status.server;
            form.fact(
                "on",
                vec![
                    (server.database.clone(), Role::Title),
                    (format!(" at {}, as {}", model.host().unwrap_or_default(), server.user), Role::Text),
                ],
            );
        }
        form.fact("in", vec![(format!("environment {environment}{protected}"), Role::Text)]);
        let words = in_words(self.plan.direction, &self.plan.target);
        form.fact("runs", vec![(words, Role::Text)]);
    }
}

/// Decides the choice between copies and none.
pub(crate) fn decide_copies(model: &Model) -> Decision {
    match model.dialogs.last() {
        Some(Dialog::Confirm(confirm)) if confirm.may_keep() => Ok(|model| {
            if let Some(Dialog::Confirm(confirm)) = model.dialogs.last_mut() {
                confirm.toggle_copies();
            }
            Vec::new()
        }),
        Some(Dialog::Confirm(_)) => no("no copies are made here"),
        _ => no("not here"),
    }
}

/// Enter: Cancel closes, the right word applies, a wrong one does nothing but say so.
pub fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(Dialog::Confirm(confirm)) = model.dialogs.last_mut() else { return Vec::new() };
    if confirm.buttons.focused == 0 && (confirm.chosen || confirm.input.is_empty()) {
        model.dialogs.pop();
        return Vec::new();
    }
    if confirm.plan.copies.exceeds_limit() {
        confirm.said = Some(String::from("the copies do not fit: see what is kept"));
        return Vec::new();
    }
    match Approval::from_typed_word(confirm.plan.clone(), confirm.input.text()) {
        Ok(approval) => {
            model.dialogs.pop();
            super::plan::start(model, approval)
        }
        Err(error) => {
            confirm.said = Some(error.to_string());
            Vec::new()
        }
    }
}
