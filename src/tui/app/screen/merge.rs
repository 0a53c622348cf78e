//! The dialog that merges several heads into one.

use super::create::named;
use super::moving::Motion;
use super::writable;
use crate::core::graph::RevisionId;
use crate::engine::draft::NewRevision;
use crate::tui::app::Effect;
use crate::tui::app::command::{Decision, no};
use crate::tui::app::dialog::Dialog;
use crate::tui::app::form::{Form, FormLine};
use crate::tui::app::input::Input;
use crate::tui::app::keymap::Place;
use crate::tui::app::model::{Job, Model};
use crate::tui::app::theme::Role;

/// Which heads, and the message.
#[derive(Debug, Clone)]
pub struct Merge {
    heads: Vec<(RevisionId, bool)>,
    cursor: usize,
    message: Input,
    /// The message has the focus, not the heads.
    typing: bool,
    said: Option<&'static str>,
}

/// Decides `m`.
pub(crate) fn decide(model: &Model) -> Decision {
    writable(model)?;
    if model.history.head_count() < 2 {
        return no("there is only one head");
    }
    Ok(|model| {
        let heads = model.tree.as_ref().map(|tree| tree.graph.heads()).unwrap_or_default();
        let heads: Vec<(RevisionId, bool)> = heads.into_iter().map(|id| (id.clone(), true)).collect();
        let names: Vec<&str> = heads.iter().map(|(id, _)| id.short()).collect();
        let message = Input::with(format!("merge {}", names.join(" and ")));
        model.dialogs.push(Dialog::Merge(Merge { heads, cursor: 0, message, typing: true, said: None }));
        Vec::new()
    })
}

impl Merge {
    /// Letters are text in the message and commands in the list.
    #[must_use]
    pub const fn place(&self) -> Place {
        if self.typing { Place::Text } else { Place::Choice }
    }

    /// The message, while it has the focus.
    pub fn input(&mut self) -> Option<&mut Input> {
        self.typing.then_some(&mut self.message)
    }

    /// Between the message and the heads.
    pub fn switch(&mut self, _forward: bool) {
        self.typing = !self.typing;
    }

    /// Moves over the heads.
    pub fn go(&mut self, motion: Motion, page: usize) {
        self.typing = false;
        self.cursor = motion.apply(self.cursor, self.heads.len(), page);
    }

    /// A click on a head: takes it, or leaves it out.
    pub fn focus_entry(&mut self, entry: usize) {
        self.typing = false;
        self.cursor = entry;
        self.toggle();
    }

    /// Takes the head under the cursor, or leaves it out.
    pub fn toggle(&mut self) {
        if let Some((_, chosen)) = self.heads.get_mut(self.cursor) {
            *chosen = !*chosen;
        }
        self.said = None;
    }

    /// The heads, each with its message, and the message of the merge.
    #[must_use]
    pub fn form(&self, model: &Model) -> Form {
        let mut form = Form::new("Merge heads", 76);
        form.text("A merge revision brings these heads together; its script runs nothing by itself.", Role::Muted);
        form.blank();
        for (index, (id, chosen)) in self.heads.iter().enumerate() {
            let mark = if *chosen { "[x] " } else { "[ ] " };
            let pieces = vec![(mark.to_owned(), Role::Text), (named(model, id), Role::Text)];
            form.lines.push(FormLine::Entry { pieces, selected: !self.typing && index == self.cursor, index });
        }
        form.blank();
        let label = String::from("Message  ");
        form.lines.push(FormLine::Field { label, input: self.message.clone(), focused: self.typing, index: 0 });
        match self.said {
            Some(said) => form.text(said, Role::Danger),
            None => form.blank(),
        }
        form
    }
}

/// Enter: asks for the merge to be written.
pub fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(Dialog::Merge(merge)) = model.dialogs.last_mut() else { return Vec::new() };
    let chosen: Vec<String> = merge.heads.iter().filter(|(_, chosen)| *chosen).map(|(id, _)| id.to_string()).collect();
    let message = merge.message.text().trim().to_owned();
    if chosen.len() < 2 {
        merge.said = Some("a merge takes two heads or more");
        return Vec::new();
    }
    if message.is_empty() {
        merge.said = Some("a message is needed: it names the file");
        return Vec::new();
    }
    model.dialogs.pop();
    let Some(tree) = model.tree.clone() else { return Vec::new() };
    model.job = Some(Job::Writing(String::from("writing the merge")));
    vec![Effect::Merge(tree, chosen, NewRevision { message, ..NewRevision::default() })]
}
