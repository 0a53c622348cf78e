//! The editor's questions: several buttons, the harmless one first.

use std::sync::Arc;

use super::{After, Editor, Origin, saving};
use crate::engine::Error;
use crate::tui::app::Effect;
use crate::tui::app::dialog::Dialog;
use crate::tui::app::form::{Form, FormLine};
use crate::tui::app::model::Model;
use crate::tui::app::screen::{compare, generate};
use crate::tui::app::theme::Role;

/// What a button does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    GoOn,
    Save,
    /// Saves what is no script.
    SaveAnyway,
    /// Leaves without what was typed.
    Discard,
    /// Takes the file as it is now.
    Reload(Arc<str>),
    /// Lets the program run that the project names for its models.
    RunProgram(Asker),
    /// Writes over the file as it is now; `None`: there is none any more.
    Overwrite(Option<Arc<str>>),
}

/// What would run the project's program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    Check,
    Generate,
}

/// A question.
#[derive(Debug, Clone)]
pub struct Ask {
    title: &'static str,
    danger: bool,
    lines: Vec<(String, Role)>,
    choices: Vec<(&'static str, Choice)>,
    focused: usize,
}

impl Ask {
    /// Before a text is left that is not saved.
    #[must_use]
    pub fn leaving(editor: &Editor) -> Self {
        let name = editor.name();
        let made = editor.origin == Origin::New;
        let (title, words) = if made {
            ("Keep the new script?", format!("{name} is written nowhere yet."))
        } else {
            ("Unsaved changes", format!("{name} has changes that are not saved."))
        };
        let (keep, leave) = if made {
            (("Keep", Choice::Save), ("Throw away", Choice::Discard))
        } else {
            (("Save", Choice::Save), ("Discard", Choice::Discard))
        };
        let mut lines = vec![(words, Role::Text)];
        if made && editor.home.is_some() {
            let draft = "It is not proved: kept, it is a draft, and no part of the history.";
            lines.push((String::from(draft), Role::Warning));
        }
        Self { title, danger: false, lines, choices: vec![("Go on editing", Choice::GoOn), leave, keep], focused: 0 }
    }

    /// Before something is saved that is no script, or another one.
    #[must_use]
    pub fn broken(words: String, hint: Option<String>) -> Self {
        let mut lines = vec![(words, Role::Danger)];
        lines.extend(hint.map(|hint| (hint, Role::Good)));
        Self {
            title: "This is not the script that it was",
            danger: true,
            lines,
            choices: vec![("Go on editing", Choice::GoOn), ("Save anyway", Choice::SaveAnyway)],
            focused: 0,
        }
    }

    /// When a new script is to be kept that was tried and does not hold.
    #[must_use]
    pub fn unproved() -> Self {
        let words = "Its proof does not hold. Among the scripts it would be planned like any other.";
        let hint = "Mend it and prove it again with ^p, or throw it away.";
        Self {
            title: "This script is not proved",
            lines: vec![(String::from(words), Role::Danger), (String::from(hint), Role::Good)],
            ..Self::broken(String::new(), None)
        }
    }

    /// When somebody else has written the file meanwhile.
    #[must_use]
    pub fn conflict(name: &str, found: Option<Arc<str>>) -> Self {
        let words = match &found {
            Some(_) => format!("{name} was changed by somebody else since it was opened here."),
            None => format!("{name} is not there any more."),
        };
        let mut choices = vec![("Go on editing", Choice::GoOn)];
        choices.extend(found.clone().map(|text| ("Reload", Choice::Reload(text))));
        choices.push((if found.is_some() { "Overwrite" } else { "Write again" }, Choice::Overwrite(found)));
        let mut lines = vec![(words, Role::Warning)];
        if choices.len() > 2 {
            let can = "Reload takes the file's text in the place of yours, which undo brings back.";
            lines.push((String::from(can), Role::Muted));
        }
        Self { title: "The file has changed", danger: true, lines, choices, focused: 0 }
    }

    /// Before a program runs that a project names: the error says which.
    #[must_use]
    pub fn program(error: &Error, asker: Asker) -> Self {
        let why = "A program that a project names runs only after a yes, which is remembered for this project.";
        Self {
            title: "Run the project's program?",
            danger: false,
            lines: vec![(error.message.clone(), Role::Warning), (String::from(why), Role::Text)],
            choices: vec![("No", Choice::GoOn), ("Yes", Choice::RunProgram(asker))],
            focused: 0,
        }
    }

    /// The words and the buttons.
    #[must_use]
    pub fn form(&self) -> Form {
        let mut form = Form::new(self.title, 68);
        form.danger = self.danger;
        form.lines = self.lines.iter().map(|(text, role)| FormLine::Text(vec![(text.clone(), *role)], 0)).collect();
        form.blank();
        form.buttons = self.choices.iter().map(|(label, _)| String::from(*label)).collect();
        form.focused_button = Some(self.focused);
        form
    }

    /// Goes to the next or the previous button.
    pub fn field(&mut self, forward: bool) {
        let count = self.choices.len();
        self.focused = (self.focused + if forward { 1 } else { count - 1 }) % count;
    }

    /// Goes to a button.
    pub fn focus(&mut self, button: usize) {
        self.focused = button.min(self.choices.len() - 1);
    }
}

/// Enter: does what the button says.
pub fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(Dialog::Ask(mut ask)) = model.dialogs.pop() else { return Vec::new() };
    let (_, choice) = ask.choices.swap_remove(ask.focused);
    match choice {
        Choice::GoOn => {
            if let Some(editor) = &mut model.editor {
                editor.after = After::Stay;
            }
            Vec::new()
        }
        Choice::Save => saving::save(model),
        Choice::SaveAnyway => saving::write(model),
        Choice::Discard => {
            model.say("thrown away: nothing was written");
            saving::leave(model)
        }
        Choice::Reload(text) => saving::reload(model, text),
        Choice::RunProgram(Asker::Check) => compare::check(model, true),
        Choice::RunProgram(Asker::Generate) => generate::with_consent(model),
        Choice::Overwrite(found) => saving::overwrite(model, found),
    }
}
