//! The one table of commands, and the one function that says whether a command applies and what it does.
//!
//! Keys, footer, help, palette and README's table all come from this table (`assets/keymap.toml`).

use std::borrow::Cow;
use std::sync::LazyLock;

use super::Effect;
use super::dialog::Dialog;
use super::keymap::Place;
use super::layout;
use super::model::Model;
use super::screen;
use crate::engine::{Error, ErrorKind};

/// Everything that a key, the mouse or the palette can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    Open,
    Apply,
    Upgrade,
    UpgradeTo,
    Downgrade,
    DowngradeTo,
    Create,
    Merge,
    Stamp,
    Edit,
    EditOutside,
    FullSql,
    Transaction,
    Environment,
    OwnServer,
    Refresh,
    Problem,
    Filter,
    FilterNext,
    FilterPrevious,
    Down,
    Up,
    Top,
    Bottom,
    PageDown,
    PageUp,
    PaneLeft,
    PaneRight,
    ScrollLeft,
    ScrollRight,
    Wrap,
    PaneNext,
    PanePrevious,
    PaneHistory,
    PanePending,
    PaneScript,
    PaneLog,
    Log,
    Copy,
    Autogenerate,
    Verify,
    VerifyAll,
    Drift,
    Check,
    Backup,
    Kept,
    PutBack,
    DropCopy,
    KeepCopies,
    Accept,
    FieldNext,
    FieldPrevious,
    ChoiceNext,
    ChoicePrevious,
    ButtonLeft,
    ButtonRight,
    Toggle,
    Save,
    Prove,
    Undo,
    Redo,
    Cut,
    CopyText,
    Paste,
    SelectAll,
    Find,
    FindNext,
    FindPrevious,
    MatchNext,
    MatchPrevious,
    GoToLine,
    NextProblem,
    Panel,
    CursorLeft,
    CursorRight,
    CursorUp,
    CursorDown,
    WordLeft,
    WordRight,
    LineStart,
    LineEnd,
    TextStart,
    TextEnd,
    ScreenUp,
    ScreenDown,
    NewLine,
    Indent,
    DeleteBefore,
    DeleteAfter,
    DeleteWordBefore,
    DeleteWordAfter,
    Palette,
    Help,
    Back,
    Cancel,
    Suspend,
    Quit,
}

/// One row of the table.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Info {
    pub id: Command,
    /// The keys that are compiled in.
    pub keys: Vec<String>,
    /// A word or three, for footer and palette.
    pub title: String,
    /// One sentence without a full stop.
    pub description: String,
    pub places: Vec<Place>,
    /// The places whose footer names it.
    #[serde(default)]
    pub footer: Vec<Place>,
}

/// What a command does.
pub type Action = fn(&mut Model) -> Vec<Effect>;

/// What a command would do now, or why it does not apply.
pub type Decision = Result<Action, Cow<'static, str>>;

#[derive(serde::Deserialize)]
struct Table {
    command: Vec<Info>,
}

static TABLE: LazyLock<Vec<Info>> = LazyLock::new(|| {
    // A test reads the same text and fails where it is no table.
    toml::from_str::<Table>(include_str!("../../../assets/keymap.toml")).map(|table| table.command).unwrap_or_default()
});

/// The table of commands, in the order in which they are shown.
#[must_use]
pub fn table() -> &'static [Info] {
    &TABLE
}

impl Command {
    /// Its row of the table.
    #[must_use]
    pub fn info(self) -> Option<&'static Info> {
        table().iter().find(|info| info.id == self)
    }

    /// Its name in the table and in `[keys]` of the configuration.
    #[must_use]
    pub fn id(self) -> String {
        serde_json::to_value(self).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// Whether a command applies now and what it does, or why it does not apply.
///
/// # Errors
/// The reason, in words for a person.
pub fn decide(model: &Model, command: Command) -> Decision {
    use Command as C;
    if command.info().is_none_or(|info| !info.places.contains(&model.place())) {
        return no("not here");
    }
    match command {
        C::Down | C::Up | C::Top | C::Bottom | C::PageDown | C::PageUp => screen::moving::decide(model, command),
        C::PaneLeft
        | C::PaneRight
        | C::PaneNext
        | C::PanePrevious
        | C::PaneHistory
        | C::PanePending
        | C::PaneScript
        | C::PaneLog
        | C::ScrollLeft
        | C::ScrollRight
        | C::Wrap
        | C::Log => screen::panes::decide(model, command),
        C::Upgrade | C::UpgradeTo | C::Downgrade | C::DowngradeTo => screen::planning::decide(model, command),
        C::Apply | C::FullSql | C::Transaction => screen::plan::decide(model, command),
        C::Filter | C::FilterNext | C::FilterPrevious => screen::filter::decide(model, command),
        C::Create => screen::create::decide(model),
        C::Merge => screen::merge::decide(model),
        C::Stamp => screen::stamp::decide(model),
        C::Environment => screen::environment::decide(model),
        C::OwnServer => screen::own_server::decide(model),
        C::Open | C::Edit | C::EditOutside | C::Refresh | C::Problem | C::Copy => screen::tree::decide(model, command),
        C::Verify | C::VerifyAll => screen::verify::decide(model, command),
        C::Drift | C::Check => screen::compare::decide(model, command),
        C::Backup => screen::backup::decide(model),
        C::Kept => screen::kept::decide(model),
        C::KeepCopies => screen::confirm::decide_copies(model),
        C::PutBack | C::DropCopy => screen::kept::decide_copy(model, command),
        C::Autogenerate => screen::generate::decide(model),
        C::Toggle if model.dialogs.is_empty() => screen::generate::decide_toggle(model),
        C::Accept
        | C::FieldNext
        | C::FieldPrevious
        | C::ChoiceNext
        | C::ChoicePrevious
        | C::ButtonLeft
        | C::ButtonRight
        | C::Toggle => screen::dialog::decide(model, command),
        C::Palette | C::Help | C::Back | C::Cancel | C::Suspend | C::Quit => screen::leaving::decide(model, command),
        _ => screen::editor::commands::decide(model, command),
    }
}

/// Runs a command, or says why it does not apply.
pub fn run(model: &mut Model, command: Command) -> Vec<Effect> {
    match decide(model, command) {
        Ok(action) => action(model),
        Err(reason) => {
            let title = command.info().map_or("", |info| info.title.as_str());
            let words = format!("{title}: {reason}");
            if layout::fits_footer(model, &words) {
                model.say(words);
            } else {
                // The end of a reason says what to do instead: it is not to be cut off.
                model.show_error(Error::of(ErrorKind::Usage, words));
            }
            Vec::new()
        }
    }
}

/// A refusal with its reason.
pub(crate) fn no(reason: impl Into<Cow<'static, str>>) -> Decision {
    Err(reason.into())
}

/// The commands that a footer names at the present place, those that apply only.
#[must_use]
pub fn footer(model: &Model) -> Vec<&'static Info> {
    let place = model.place();
    let read = matches!(model.dialogs.last(), Some(Dialog::Error(_) | Dialog::Help(_)));
    table()
        .iter()
        .filter(|info| info.footer.contains(&place) && !(read && info.id == Command::Accept))
        .filter(|info| decide(model, info.id).is_ok())
        .collect()
}

/// The table of keys for README, as Markdown.
#[must_use]
pub fn markdown() -> String {
    rows(&[Place::Main, Place::Plan])
}

/// The table of the editor's own keys for README, as Markdown.
#[must_use]
pub fn editor_markdown() -> String {
    rows(&[Place::Editor, Place::Find])
}

fn rows(places: &[Place]) -> String {
    let mut text = String::from("| key | command | |\n|---|---|---|\n");
    let here = |info: &&Info| info.places.iter().any(|place| places.contains(place));
    for info in table().iter().filter(here) {
        let keys: Vec<String> = info.keys.iter().map(|key| format!("`{}`", shown(key))).collect();
        for part in ["| ", &keys.join(" "), " | ", &info.title, " | ", &info.description, " |\n"] {
            text.push_str(part);
        }
    }
    text
}

fn shown(key: &str) -> String {
    super::keymap::Chord::parse(key).map_or_else(|| key.to_owned(), |chord| chord.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_parses_and_names_every_command_once() {
        let table: Table = toml::from_str(include_str!("../../../assets/keymap.toml")).unwrap();
        let mut ids: Vec<String> = table.command.iter().map(|info| info.id.id()).collect();
        assert!(ids.len() > 50);
        assert!(table.command.iter().all(|info| !info.keys.is_empty() && !info.places.is_empty()));
        ids.sort();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }

    #[test]
    fn markdown_names_the_keys() {
        assert!(markdown().contains("| `u` | upgrade | Plan an upgrade to the head |"));
        assert!(!markdown().contains("next field"));
    }
}
