//! The dialog for a new revision: its message, and its parent. Creating and generating a revision use it.

use super::command::KeyContext;
use super::effect::Effect;
use super::form::{Form, FormLine};
use super::input::Input;
use super::model::Model;
use super::model::dialog::Dialog;
use super::motion::Motion;
use super::theme::Role;
use crate::core::graph::RevisionId;
use crate::engine::draft::NewRevision;

/// What the dialog is for.
#[derive(Debug, Clone, Copy)]
pub struct NewRevisionPurpose {
    pub title: &'static str,
    /// What Enter does.
    pub verb: &'static str,
    /// Whether the selected revision may be the parent if it is not a head.
    pub may_branch: bool,
    /// The lines below the form.
    pub note: fn(&Model, has_several_heads: bool, &mut Form),
    /// Starts the creation.
    pub start: fn(&mut Model, NewRevision) -> Vec<Effect>,
}

/// The state of the form.
#[derive(Debug)]
pub struct NewRevisionDialog {
    purpose: NewRevisionPurpose,
    message: Input,
    /// The possible parents, and whether each starts a branch.
    parents: Vec<(RevisionId, bool)>,
    /// The index of the chosen parent.
    parent: usize,
    /// The parents have the focus, not the message.
    choosing: bool,
    problem: Option<&'static str>,
}

impl NewRevisionDialog {
    /// An empty form. The parent is the selected revision, or a head.
    #[must_use]
    pub fn new(model: &Model, purpose: NewRevisionPurpose) -> Self {
        let heads = model.tree.as_ref().map(|tree| tree.graph.heads()).unwrap_or_default();
        let mut parents: Vec<(RevisionId, bool)> = heads.into_iter().map(|id| (id.clone(), false)).collect();
        let mut parent = 0;
        if let Some(selected) = model.history.selected_revision() {
            match parents.iter().position(|(id, _)| id == selected) {
                Some(found) => parent = found,
                None if purpose.may_branch => {
                    parents.push((selected.clone(), true));
                }
                None => {}
            }
        }
        Self { purpose, message: Input::default(), parents, parent, choosing: false, problem: None }
    }

    fn parent_lines(&self, model: &Model, form: &mut Form) {
        match self.parents.as_slice() {
            [] => form.text("It is the first revision: a base.", Role::Muted),
            [(only, _)] => form.fact("Revises", vec![(model.describe_revision(only), Role::Text)]),
            several => {
                form.text("Revises", Role::Muted);
                for (index, (id, branches)) in several.iter().enumerate() {
                    let mark = if index == self.parent { "(x) " } else { "( ) " };
                    let mut pieces = vec![(mark.to_owned(), Role::Text), (model.describe_revision(id), Role::Text)];
                    if *branches {
                        pieces.push((String::from("  starts a branch here"), Role::Warning));
                    }
                    let selected = self.choosing && index == self.parent;
                    form.lines.push(FormLine::Entry { pieces, selected, index });
                }
            }
        }
    }
}

impl Dialog for NewRevisionDialog {
    fn form(&self, model: &Model) -> Form {
        let mut form = Form::new(self.purpose.title, 72);
        let label = String::from("Message ");
        form.lines.push(FormLine::Field { label, input: self.message.clone(), focused: !self.choosing, index: 0 });
        match self.problem {
            Some(problem) => form.text(problem, Role::Danger),
            None => form.blank(),
        }
        self.parent_lines(model, &mut form);
        (self.purpose.note)(model, self.parents.len() > 1, &mut form);
        form
    }

    fn accept(mut self: Box<Self>, model: &mut Model) -> Vec<Effect> {
        let message = self.message.text().trim().to_owned();
        if message.is_empty() {
            self.problem = Some("enter a message; it becomes part of the file name");
            self.choosing = false;
            model.dialogs.push(self);
            return Vec::new();
        }
        let parent = self.parents.get(self.parent);
        let new = NewRevision {
            message,
            heads: parent.iter().map(|(id, _)| id.to_string()).collect(),
            splice: parent.is_some_and(|(_, branches)| *branches),
            ..NewRevision::default()
        };
        (self.purpose.start)(model, new)
    }

    /// Letters are text in the message, and commands in the list of parents.
    fn key_context(&self) -> KeyContext {
        if self.choosing { KeyContext::Choice } else { KeyContext::Text }
    }

    fn input(&mut self) -> Option<&mut Input> {
        (!self.choosing).then_some(&mut self.message)
    }

    fn move_cursor(&mut self, motion: Motion, _page: usize) {
        self.parent = motion.apply(self.parent, self.parents.len(), self.parents.len());
    }

    fn has_fields(&self) -> bool {
        true
    }

    fn change_field(&mut self, _forward: bool) {
        self.choosing = !self.choosing && self.parents.len() > 1;
    }

    fn focus_entry(&mut self, entry: usize) {
        self.parent = entry;
    }

    fn verb(&self) -> &'static str {
        self.purpose.verb
    }
}
