//! The table of commands (`assets/keymap.toml`). Keys, footer, help, palette and README's table come from it.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::chord::Chord;

/// A command of a key, the mouse or the palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    Open,
    Apply,
    Upgrade,
    UpgradeTo,
    Downgrade,
    DowngradeTo,
    Switch,
    Create,
    Merge,
    RebaseRight,
    RebaseLeft,
    ProveOrders,
    NextPair,
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
    Ledger,
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

/// Where keys apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyContext {
    /// The panes.
    Main,
    /// The plan screen.
    Plan,
    /// A list: verification, comparison, backups, copies.
    List,
    /// The conflict screen.
    Conflict,
    /// A dialog with entries, buttons or long text.
    Choice,
    /// A text field.
    Text,
    /// The text of the editor.
    Editor,
    /// The search line of the editor.
    Find,
}

impl KeyContext {
    /// Whether letters are typed text.
    #[must_use]
    pub const fn is_typed(self) -> bool {
        matches!(self, Self::Text | Self::Editor | Self::Find)
    }
}

/// A row of the table.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandInfo {
    pub id: Command,
    /// The compiled-in keys.
    pub keys: Vec<String>,
    /// One to three words, for footer and palette.
    pub title: String,
    /// One sentence without a full stop.
    pub description: String,
    pub contexts: Vec<KeyContext>,
    /// The contexts whose footer shows it.
    #[serde(default)]
    pub footer: Vec<KeyContext>,
}

/// A command of the current screen.
#[derive(Debug, Clone)]
pub struct CommandEntry {
    pub info: &'static CommandInfo,
    /// All keys of the command in this context.
    pub keys: Vec<String>,
    pub first_key: String,
    /// The reason why it does not apply.
    pub reason: Option<Cow<'static, str>>,
}

#[derive(serde::Deserialize)]
struct Table {
    command: Vec<CommandInfo>,
}

static TABLE: LazyLock<Vec<CommandInfo>> = LazyLock::new(|| {
    // A test reads the same text and fails if it is invalid.
    toml::from_str::<Table>(include_str!("../../../assets/keymap.toml")).map(|table| table.command).unwrap_or_default()
});

/// The table of commands, in the order of the help.
#[must_use]
pub fn table() -> &'static [CommandInfo] {
    &TABLE
}

impl Command {
    /// The row of the command.
    #[must_use]
    pub fn info(self) -> Option<&'static CommandInfo> {
        table().iter().find(|info| info.id == self)
    }

    /// The id in the table and in `[keys]` of the configuration.
    #[must_use]
    pub fn id(self) -> String {
        serde_json::to_value(self).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// The table of keys for README, as Markdown.
#[must_use]
pub fn markdown() -> String {
    rows(&[KeyContext::Main, KeyContext::Plan, KeyContext::Conflict])
}

/// The table of the editor's keys for README, as Markdown.
#[must_use]
pub fn editor_markdown() -> String {
    rows(&[KeyContext::Editor, KeyContext::Find])
}

fn rows(contexts: &[KeyContext]) -> String {
    let mut text = String::from("| key | command | |\n|---|---|---|\n");
    let here = |info: &&CommandInfo| info.contexts.iter().any(|context| contexts.contains(context));
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
    fn the_table_parses_and_has_every_command_once() {
        let table: Table = toml::from_str(include_str!("../../../assets/keymap.toml")).unwrap();
        let mut ids: Vec<String> = table.command.iter().map(|info| info.id.id()).collect();
        assert!(ids.len() > 50);
        assert!(table.command.iter().all(|info| !info.keys.is_empty() && !info.contexts.is_empty()));
        ids.sort();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }

    #[test]
    fn the_markdown_has_the_keys() {
        assert!(markdown().contains("| `u` | upgrade | Plan an upgrade to the head |"));
        assert!(!markdown().contains("next field"));
    }
}
