//! The one table of commands, and the one function that says whether a command applies and what it does.
//!
//! Keys, footer, help, palette and README's table all come from this table (`assets/keymap.toml`).

use std::borrow::Cow;
use std::sync::LazyLock;

use super::chord::Chord;

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

/// Where the keys go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The panes.
    Main,
    /// The plan screen.
    Plan,
    /// A list above the panes: what was verified, what differs.
    List,
    /// A dialog in which one chooses, scrolls or presses a button.
    Choice,
    /// A line of text that is being typed.
    Text,
    /// The editor's text.
    Editor,
    /// What is looked for in the editor.
    Find,
}

impl Place {
    /// Whether letters are text there, whatever else they mean.
    #[must_use]
    pub const fn is_typed(self) -> bool {
        matches!(self, Self::Text | Self::Editor | Self::Find)
    }
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

/// A command of the present screen.
#[derive(Debug, Clone)]
pub struct CommandEntry {
    pub info: &'static Info,
    /// All keys that reach it here.
    pub keys: Vec<String>,
    pub first_key: String,
    /// The reason why it does not apply.
    pub reason: Option<Cow<'static, str>>,
}

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
    Chord::parse(key).map_or_else(|| key.to_owned(), |chord| chord.to_string())
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
