//! Colours by role. The themes are data (`assets/themes.toml`).

use std::collections::HashMap;
use std::sync::LazyLock;

use ratatui::style::{Color, Modifier, Style};

/// The role of a style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Text,
    Muted,
    Title,
    Header,
    Border,
    BorderFocused,
    Selection,
    SelectionAway,
    Lane,
    Id,
    Applied,
    Pending,
    Current,
    Head,
    Missing,
    Problem,
    Label,
    Match,
    /// The match at the cursor.
    MatchHere,
    Good,
    Warning,
    Danger,
    FooterKey,
    FooterText,
    Input,
    Button,
    ButtonFocused,
    Disabled,
    LineNumber,
    Keyword,
    Type,
    Function,
    String,
    Number,
    Comment,
    Marker,
    Operator,
    Quoted,
}

/// A style for every role.
#[derive(Debug, Clone, Default)]
pub struct Theme {
    pub name: String,
    styles: HashMap<Role, Style>,
}

#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::struct_excessive_bools)]
struct Entry {
    fg: Option<String>,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    reverse: bool,
}

type Entries = HashMap<Role, Entry>;

static THEMES: LazyLock<HashMap<String, Entries>> =
    LazyLock::new(|| toml::from_str(include_str!("../../../assets/themes.toml")).unwrap_or_default());

impl Theme {
    /// The theme of this name (`dark` if none is given) with the user's changes. Invalid changes are reported.
    #[must_use]
    pub fn new(name: Option<&str>, changes: &toml::Table) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let wanted = name.unwrap_or("dark");
        let name = if THEMES.contains_key(wanted) { wanted } else { "dark" };
        if name != wanted {
            let mut names: Vec<&str> = THEMES.keys().map(String::as_str).collect();
            names.sort_unstable();
            problems.push(format!("theme: '{wanted}' is unknown; the themes are {}", names.join(", ")));
        }
        let mut theme = Self { name: name.to_owned(), styles: HashMap::new() };
        for (role, entry) in THEMES.get(name).into_iter().flatten() {
            theme.styles.insert(*role, entry.style(&mut problems));
        }
        for (role, value) in changes {
            let read_role = toml::Value::String(role.clone()).try_into::<Role>();
            match (read_role, value.clone().try_into::<Entry>()) {
                (Ok(role), Ok(entry)) => drop(theme.styles.insert(role, entry.style(&mut problems))),
                (Err(_), _) => problems.push(format!("colours: the role '{role}' is unknown")),
                (_, Err(error)) => problems.push(format!("colours: {role}: {}", error.message())),
            }
        }
        (theme, problems)
    }

    /// The style of a role.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(&role).copied().unwrap_or_default()
    }
}

impl Entry {
    fn style(&self, problems: &mut Vec<String>) -> Style {
        let mut style = Style::new();
        style.fg = colour(self.fg.as_deref(), problems);
        style.bg = colour(self.bg.as_deref(), problems);
        for (is, modifier) in [
            (self.bold, Modifier::BOLD),
            (self.dim, Modifier::DIM),
            (self.italic, Modifier::ITALIC),
            (self.underline, Modifier::UNDERLINED),
            (self.reverse, Modifier::REVERSED),
        ] {
            if is {
                style = style.add_modifier(modifier);
            }
        }
        style
    }
}

fn colour(name: Option<&str>, problems: &mut Vec<String>) -> Option<Color> {
    let name = name?;
    name.parse().map_err(|_| problems.push(format!("colours: '{name}' is not a colour"))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_theme_has_a_style_for_every_role() {
        let themes: HashMap<String, Entries> = toml::from_str(include_str!("../../../assets/themes.toml")).unwrap();
        assert_eq!(themes.len(), 5);
        let dark = &themes["dark"];
        assert_eq!(dark.len(), Role::Quoted as usize + 1);
        for (name, entries) in &themes {
            let (_, problems) = Theme::new(Some(name), &toml::Table::new());
            assert!(problems.is_empty(), "{problems:?}");
            assert!(dark.keys().all(|role| entries.contains_key(role)), "{name} leaves roles out");
        }
    }

    #[test]
    fn mono_has_no_colour() {
        let (mono, _) = Theme::new(Some("mono"), &toml::Table::new());
        assert!(mono.styles.values().all(|style| style.fg.is_none() && style.bg.is_none()));
    }

    #[test]
    fn changes_apply_and_invalid_ones_are_reported() {
        let changes: toml::Table =
            toml::from_str("pending = { fg = 'red' }\nnothing = { fg = 'red' }\ntext = { fg = 'reddish' }").unwrap();
        let (theme, problems) = Theme::new(None, &changes);
        assert_eq!(theme.style(Role::Pending).fg, Some(Color::Red));
        assert_eq!(problems.len(), 2, "{problems:?}");
    }
}
