//! The confirmation: what will be lost and where, and the word that the user types to approve it.

use std::sync::Arc;

use crate::core::plan::{Approval, Plan};
use crate::tui::app::command::{Command, KeyContext};
use crate::tui::app::effect::Effect;
use crate::tui::app::form::{Form, FormLine};
use crate::tui::app::format::{describe_evidence, describe_target};
use crate::tui::app::input::Input;
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::app::model::dialog::{Buttons, Dialog};
use crate::tui::app::motion::Motion;
use crate::tui::app::theme::Role;

/// The dialog.
#[derive(Debug)]
pub struct Confirm {
    /// The plan that would run.
    pub plan: Arc<Plan>,
    /// The plan with copies, if `plan` is without.
    with_copies: Option<Arc<Plan>>,
    pub input: Input,
    /// 0: Cancel, 1: Apply.
    buttons: Buttons,
    /// Whether it has been drawn. Before that, keys were meant for something else.
    drawn: bool,
    /// The user moved the focus to Cancel, so Enter presses it whatever was typed.
    chose_button: bool,
    /// Why the typed word is not accepted.
    problem: Option<String>,
    scroll: usize,
}

impl Confirm {
    /// Asks for the approval of a plan.
    #[must_use]
    pub fn new(plan: Arc<Plan>) -> Self {
        let (input, buttons) = (Input::default(), Buttons::default());
        Self { plan, with_copies: None, input, buttons, drawn: false, chose_button: false, problem: None, scroll: 0 }
    }

    /// Whether the user can choose to run without copies.
    #[must_use]
    pub fn can_toggle_copies(&self) -> bool {
        self.with_copies.is_some() || (self.plan.copies.enabled && !self.plan.safeguards().is_empty())
    }

    /// Changes between copies and no copies. The typed word was meant for the other choice, so it is cleared.
    pub fn toggle_copies(&mut self) {
        if let Some(plan) = self.with_copies.take() {
            self.plan = plan;
        } else {
            let without = Arc::new(self.plan.without_copies());
            self.with_copies = Some(std::mem::replace(&mut self.plan, without));
        }
        self.input = Input::default();
        self.buttons.focus(0);
        self.chose_button = false;
        self.problem = None;
    }

    /// The copies and the backup, and what the user can choose.
    fn copy_lines(&self, model: &Model, form: &mut Form) {
        let is_over = self.plan.copies.exceeds_limit();
        let role = if is_over || self.with_copies.is_some() { Role::Warning } else { Role::Muted };
        let mut name = "kept";
        for line in self.plan.safeguards() {
            form.fact(name, vec![(line, role)]);
            name = "";
        }
        let keys = model.preferences.keymap.shown(Command::KeepCopies);
        let ways = match (self.with_copies.is_some(), is_over) {
            (true, _) => format!("{keys}: make copies again"),
            (false, true) => {
                format!("raise keep_limit under [apply], or make a backup and continue without copies ({keys})")
            }
            (false, false) => format!("{keys}: continue without copies"),
        };
        if self.can_toggle_copies() {
            form.fact("", vec![(ways, Role::Muted)]);
        }
        if !self.plan.backup_first {
            let key = model.preferences.keymap.shown(Command::Backup);
            form.fact("backup", vec![(format!("no backup is made; press Esc and {key} to make one"), Role::Muted)]);
        }
    }

    /// The database, the environment and the target.
    fn target_lines(&self, model: &Model, form: &mut Form) {
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
        let words = describe_target(self.plan.direction, &self.plan.target);
        form.fact("runs", vec![(words, Role::Text)]);
    }
}

impl Dialog for Confirm {
    fn form(&self, model: &Model) -> Form {
        let destroys = self.plan.losses_to_approve().next().is_some();
        let title = match destroys {
            true => "This destroys data",
            false if self.plan.environment.protected => "This environment is protected",
            false => "Another environment should be upgraded first",
        };
        let mut form = Form::new(title, 76);
        form.danger = true;
        form.scroll = self.scroll;
        self.target_lines(model, &mut form);
        let mut name = "lost";
        for hazard in self.plan.losses_to_approve() {
            let object = (format!("{:<28} ", hazard.object), Role::Danger);
            form.fact(name, vec![object, (describe_evidence(hazard), Role::Warning)]);
            name = "";
        }
        if destroys {
            self.copy_lines(model, &mut form);
        }
        for outdated in &self.plan.outdated_environments {
            form.fact("first", vec![(format!("{}: {}", outdated.environment, outdated.state), Role::Warning)]);
        }
        for note in &self.plan.notes {
            form.fact("note", vec![(note.clone(), Role::Warning)]);
        }
        form.blank();
        let word = self.plan.word_to_type().unwrap_or_default();
        let label = format!("Type {word} to continue: ");
        let problem = self.problem.iter().map(|problem| (problem.clone(), Role::Danger)).collect();
        form.pinned = vec![
            FormLine::Field { label, input: self.input.clone(), focused: self.drawn, index: 0 },
            FormLine::Raw(problem),
        ];
        form.buttons = vec![String::from("Cancel"), String::from("Apply")];
        form.focused_button = Some(self.buttons.focused);
        form
    }

    /// Cancel closes the dialog. The right word applies the plan; a wrong one is reported.
    fn accept(mut self: Box<Self>, model: &mut Model) -> Vec<Effect> {
        if self.buttons.focused == 0 && (self.chose_button || self.input.is_empty()) {
            return Vec::new();
        }
        if self.plan.copies.exceeds_limit() {
            self.problem = Some(String::from("the copies are larger than keep_limit"));
            model.dialogs.push(self);
            return Vec::new();
        }
        match Approval::from_typed_word(self.plan.clone(), self.input.text()) {
            Ok(approval) => super::start(model, approval),
            Err(error) => {
                self.problem = Some(error.to_string());
                model.dialogs.push(self);
                Vec::new()
            }
        }
    }

    fn key_context(&self) -> KeyContext {
        KeyContext::Text
    }

    fn input(&mut self) -> Option<&mut Input> {
        Some(&mut self.input)
    }

    /// The right word moves the focus to Apply, any other text to Cancel.
    fn on_typed(&mut self) {
        let is_right = self.plan.word_to_type().is_some_and(|word| word == self.input.text().trim());
        self.buttons.focus(usize::from(is_right));
        self.chose_button = false;
        self.problem = None;
    }

    fn waits_for_frame(&self) -> bool {
        !self.drawn
    }

    fn on_drawn(&mut self) {
        self.drawn = true;
    }

    fn move_cursor(&mut self, motion: Motion, page: usize) {
        self.scroll = motion.apply(self.scroll, usize::MAX, page);
    }

    fn limit_scroll(&mut self, _model: &Model, last: usize) {
        self.scroll = self.scroll.min(last);
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

    /// Another text than the word was typed, so Enter neither applies nor cancels.
    fn unfinished(&self) -> Option<&'static str> {
        let is_unfinished = self.buttons.focused == 0 && !self.chose_button && !self.input.is_empty();
        is_unfinished.then_some("check the word")
    }
}

/// Decides `^k`: copies or no copies.
pub(crate) fn decide_copies(model: &Model) -> Decision {
    match model.dialog::<Confirm>() {
        Some(confirm) if confirm.can_toggle_copies() => act(|model| {
            if let Some(confirm) = model.dialog_mut::<Confirm>() {
                confirm.toggle_copies();
            }
            Vec::new()
        }),
        Some(_) => refuse("this plan makes no copies"),
        None => refuse("not here"),
    }
}
