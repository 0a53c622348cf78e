//! The dialog that creates a revision, empty or of what the models add: a message, and what it stands on.

use super::moving::Motion;
use super::writable;
use crate::core::graph::RevisionId;
use crate::engine::draft::NewRevision;
use crate::tui::app::Effect;
use crate::tui::app::command::{Command, Decision, no};
use crate::tui::app::dialog::Dialog;
use crate::tui::app::form::{Form, FormLine};
use crate::tui::app::input::Input;
use crate::tui::app::keymap::Place;
use crate::tui::app::model::{Job, Model};
use crate::tui::app::theme::Role;

/// What is being filled in.
#[derive(Debug, Clone)]
pub struct Create {
    pub message: Input,
    /// What it may stand on, with whether that takes a splice.
    parents: Vec<(RevisionId, bool)>,
    /// Index into the parents.
    pub head: usize,
    /// The parents have the focus, not the message.
    choosing: bool,
    /// What the models add is to be in it.
    generates: bool,
    said: Option<&'static str>,
}

/// Decides `c`.
pub(crate) fn decide(model: &Model) -> Decision {
    writable(model)?;
    if model.tree.is_none() {
        return no("the scripts are not read yet");
    }
    Ok(|model| {
        let create = Create::new(model);
        model.dialogs.push(Dialog::Create(create));
        Vec::new()
    })
}

impl Create {
    fn new(model: &Model) -> Self {
        let heads = model.tree.as_ref().map(|tree| tree.graph.heads()).unwrap_or_default();
        let mut parents: Vec<(RevisionId, bool)> = heads.into_iter().map(|id| (id.clone(), false)).collect();
        let selected = model.history.selected_revision();
        let mut head = 0;
        if let Some(selected) = selected {
            match parents.iter().position(|(id, _)| id == selected) {
                Some(found) => head = found,
                None => parents.push((selected.clone(), true)),
            }
        }
        Self { message: Input::default(), parents, head, choosing: false, generates: false, said: None }
    }

    /// The same for a revision that what the models add is written into: it stands on a head.
    pub(super) fn autogenerate(model: &Model) -> Self {
        let mut create = Self::new(model);
        create.parents.retain(|(_, splice)| !splice);
        create.head = create.head.min(create.parents.len().saturating_sub(1));
        Self { generates: true, ..create }
    }

    /// What Enter does.
    #[must_use]
    pub const fn verb(&self) -> &'static str {
        if self.generates { "generate" } else { "create" }
    }

    /// Letters are text in the message and commands in the list.
    #[must_use]
    pub const fn place(&self) -> Place {
        if self.choosing { Place::Choice } else { Place::Text }
    }

    /// The message, while it has the focus.
    pub fn input(&mut self) -> Option<&mut Input> {
        (!self.choosing).then_some(&mut self.message)
    }

    /// Between the message and the parents, where there is a choice.
    pub fn switch(&mut self) {
        self.choosing = !self.choosing && self.parents.len() > 1;
    }

    /// Chooses another parent.
    pub fn go(&mut self, motion: Motion) {
        self.head = motion.apply(self.head, self.parents.len(), self.parents.len());
    }

    /// A message field and, where there is a choice, what it stands on.
    #[must_use]
    pub fn form(&self, model: &Model) -> Form {
        let title = if self.generates { "New revision of what the models add" } else { "New revision" };
        let mut form = Form::new(title, 72);
        let label = String::from("Message ");
        form.lines.push(FormLine::Field { label, input: self.message.clone(), focused: !self.choosing, index: 0 });
        match self.said {
            Some(said) => form.text(said, Role::Danger),
            None => form.blank(),
        }
        match self.parents.as_slice() {
            [] => form.text("It is the first revision: a base.", Role::Muted),
            [(only, _)] => form.fact("Revises", vec![(named(model, only), Role::Text)]),
            several => {
                form.text("Revises", Role::Muted);
                for (index, (id, splice)) in several.iter().enumerate() {
                    let mark = if index == self.head { "(x) " } else { "( ) " };
                    let mut pieces = vec![(mark.to_owned(), Role::Text), (named(model, id), Role::Text)];
                    if *splice {
                        pieces.push((String::from("  starts a branch here"), Role::Warning));
                    }
                    form.lines.push(FormLine::Entry { pieces, selected: self.choosing && index == self.head, index });
                }
            }
        }
        if self.generates {
            form.blank();
            let words = "The models are compared with the database. What they add becomes a script, which is proved on \
                         a scratch database and shown; it is written only when you keep it.";
            form.text(words, Role::Muted);
            if self.parents.len() > 1 {
                let key = model.preferences.keymap.shown(Command::Merge);
                form.text(format!("There are several heads: {key} merges them."), Role::Warning);
            }
        }
        form
    }
}

/// A revision by its short id and message.
pub(crate) fn named(model: &Model, id: &RevisionId) -> String {
    match model.script_of(id) {
        Some(file) => format!("{}  {}", id.short(), file.script.summary()),
        None => id.short().to_owned(),
    }
}

/// Enter: asks for the script to be written.
pub fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(Dialog::Create(create)) = model.dialogs.last_mut() else { return Vec::new() };
    let message = create.message.text().trim().to_owned();
    if message.is_empty() {
        create.said = Some("a message is needed: it names the file");
        create.choosing = false;
        return Vec::new();
    }
    let parent = create.parents.get(create.head).cloned();
    let new = NewRevision {
        message,
        heads: parent.iter().map(|(id, _)| id.to_string()).collect(),
        splice: parent.is_some_and(|(_, splice)| splice),
        ..NewRevision::default()
    };
    let generates = create.generates;
    model.dialogs.pop();
    if generates {
        return super::generate::start(model, new);
    }
    let Some(tree) = model.tree.clone() else { return Vec::new() };
    model.job = Some(Job::Writing(String::from("creating the revision")));
    vec![Effect::Create(tree, new)]
}
