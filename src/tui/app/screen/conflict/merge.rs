//! The dialog of a merge: several heads become one.

use crate::core::graph::RevisionId;
use crate::engine::draft::NewRevision;
use crate::tui::app::command::KeyContext;
use crate::tui::app::effect::{Effect, Task};
use crate::tui::app::form::{Form, FormLine};
use crate::tui::app::input::Input;
use crate::tui::app::job::JobSpec;
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act};
use crate::tui::app::model::dialog::Dialog;
use crate::tui::app::motion::Motion;
use crate::tui::app::theme::Role;

/// The dialog: which heads, and the message.
#[derive(Debug)]
pub struct MergeDialog {
    /// The heads, and whether each is merged.
    heads: Vec<(RevisionId, bool)>,
    cursor: usize,
    message: Input,
    /// The message has the focus, not the heads.
    typing: bool,
    problem: Option<&'static str>,
}

/// Opens the dialog with all heads. `chosen` are merged unless the user changes it.
pub(super) fn decide(model: &Model, chosen: Vec<RevisionId>) -> Decision {
    let tree = model.require_tree()?;
    act(move |model| {
        let all = tree.graph.heads().into_iter();
        let heads: Vec<(RevisionId, bool)> = all.map(|id| (id.clone(), chosen.contains(id))).collect();
        let names: Vec<&str> = chosen.iter().map(RevisionId::short).collect();
        let message = Input::with(format!("merge {}", names.join(" and ")));
        model.open_dialog(MergeDialog { heads, cursor: 0, message, typing: true, problem: None })
    })
}

impl Dialog for MergeDialog {
    fn form(&self, model: &Model) -> Form {
        let mut form = Form::new("Merge heads", 76);
        form.text("A merge revision has these heads as parents; its script has no statements.", Role::Muted);
        form.blank();
        for (index, (id, chosen)) in self.heads.iter().enumerate() {
            let mark = if *chosen { "[x] " } else { "[ ] " };
            let pieces = vec![(mark.to_owned(), Role::Text), (model.describe_revision(id), Role::Text)];
            form.lines.push(FormLine::Entry { pieces, selected: !self.typing && index == self.cursor, index });
        }
        form.blank();
        let label = String::from("Message  ");
        form.lines.push(FormLine::Field { label, input: self.message.clone(), focused: self.typing, index: 0 });
        match self.problem {
            Some(problem) => form.text(problem, Role::Danger),
            None => form.blank(),
        }
        form
    }

    fn accept(mut self: Box<Self>, model: &mut Model) -> Vec<Effect> {
        let chosen: Vec<String> =
            self.heads.iter().filter(|(_, chosen)| *chosen).map(|(id, _)| id.to_string()).collect();
        let message = self.message.text().trim().to_owned();
        self.problem = match (chosen.len(), message.is_empty()) {
            (..2, _) => Some("choose at least two heads"),
            (_, true) => Some("enter a message; it becomes part of the file name"),
            _ => None,
        };
        let (None, Some(tree)) = (self.problem, model.tree.clone()) else {
            model.dialogs.push(self);
            return Vec::new();
        };
        let new = NewRevision { message, ..NewRevision::default() };
        let spec = JobSpec::writing("merge", String::from("writing the merge"));
        model.start_job(spec, Task::Merge(tree, chosen, new))
    }

    /// Letters are text in the message, and commands in the list of heads.
    fn key_context(&self) -> KeyContext {
        if self.typing { KeyContext::Text } else { KeyContext::Choice }
    }

    fn input(&mut self) -> Option<&mut Input> {
        self.typing.then_some(&mut self.message)
    }

    fn move_cursor(&mut self, motion: Motion, page: usize) {
        self.typing = false;
        self.cursor = motion.apply(self.cursor, self.heads.len(), page);
    }

    fn has_fields(&self) -> bool {
        true
    }

    fn change_field(&mut self, _forward: bool) {
        self.typing = !self.typing;
    }

    fn focus_entry(&mut self, entry: usize) {
        self.typing = false;
        self.cursor = entry;
        self.toggle();
    }

    fn can_toggle(&self) -> bool {
        true
    }

    fn toggle(&mut self) {
        if let Some((_, chosen)) = self.heads.get_mut(self.cursor) {
            *chosen = !*chosen;
        }
        self.problem = None;
    }

    fn verb(&self) -> &'static str {
        "merge"
    }
}
