//! The dialog that shows an error in full.

use super::Model;
use super::dialog::Dialog;
use super::screen::ScriptLocation;
use crate::core::graph::RevisionId;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::effect::Effect;
use crate::tui::app::form::{Form, FormLine, is_caret_line};
use crate::tui::app::motion::Motion;
use crate::tui::app::theme::Role;

/// An error and its scroll position.
#[derive(Debug, Clone)]
pub struct ErrorDialog {
    pub error: Error,
    scroll: usize,
}

impl ErrorDialog {
    /// Shows an error from its first line.
    #[must_use]
    pub const fn new(error: Error) -> Self {
        Self { error, scroll: 0 }
    }
}

impl Dialog for ErrorDialog {
    /// The message, the excerpt, the causes, and the hint.
    fn form(&self, _model: &Model) -> Form {
        let error = &self.error;
        let cancelled = error.kind == ErrorKind::Interrupted;
        let title = match (&error.revision, error.line) {
            _ if cancelled => String::from("Cancelled"),
            _ if error.kind == ErrorKind::Usage => String::from("Not now"),
            (Some(revision), Some(line)) => format!("Error in {revision}, line {line}"),
            (Some(revision), None) => format!("Error in {revision}"),
            _ => String::from("Error"),
        };
        let mut form = Form::new(title, 84);
        form.danger = !cancelled;
        form.scroll = self.scroll;
        form.text(error.message.clone(), if cancelled { Role::Warning } else { Role::Danger });
        if let Some(excerpt) = &error.excerpt {
            form.blank();
            for line in excerpt.lines() {
                let role = if is_caret_line(line) { Role::Danger } else { Role::Text };
                form.lines.push(FormLine::Raw(vec![(line.to_owned(), role)]));
            }
        }
        if !error.causes.is_empty() {
            form.blank();
            for cause in &error.causes {
                form.text(cause.clone(), Role::Text);
            }
        }
        if let Some(hint) = &error.hint {
            form.blank();
            form.fact("hint", vec![(hint.clone(), Role::Good)]);
        }
        form
    }

    fn accept(self: Box<Self>, _model: &mut Model) -> Vec<Effect> {
        Vec::new()
    }

    fn move_cursor(&mut self, motion: Motion, page: usize) {
        self.scroll = motion.apply(self.scroll, usize::MAX, page);
    }

    fn limit_scroll(&mut self, _model: &Model, last: usize) {
        self.scroll = self.scroll.min(last);
    }

    fn is_text(&self) -> bool {
        true
    }

    fn script(&self, model: &Model) -> Option<ScriptLocation> {
        let id = RevisionId::parse(self.error.revision.as_deref()?).ok()?;
        Some(ScriptLocation::Script(model.script_of(&id)?.clone(), self.error.line))
    }

    fn copyable(&self) -> Option<(String, String)> {
        Some((self.error.report(), String::from("the error")))
    }
}
