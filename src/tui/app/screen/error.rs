//! An error, to be read in full and copied.

use crate::engine::{Error, ErrorKind};
use crate::tui::app::form::{Form, FormLine};
use crate::tui::app::theme::Role;

/// An error and how far it is scrolled.
#[derive(Debug, Clone)]
pub struct ErrorDialog {
    pub error: Error,
    pub scroll: usize,
}

impl ErrorDialog {
    /// Shows an error from its first line.
    #[must_use]
    pub const fn new(error: Error) -> Self {
        Self { error, scroll: 0 }
    }

    /// What happened, the excerpt as it stands, causes, and the hint.
    #[must_use]
    pub fn form(&self) -> Form {
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
                let role =
                    if line.trim_start_matches([' ', '|', '│']).starts_with('^') { Role::Danger } else { Role::Text };
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
}
