//! The user's `config.toml` for the UI: keys, theme, glyphs.

use super::keymap::Keymap;
use super::start::Start;
use super::theme::Theme;

/// The user's preferences, with the compiled-in defaults.
#[derive(Debug, Clone)]
pub struct Preferences {
    pub keymap: Keymap,
    pub theme: Theme,
    /// Only ASCII for glyphs, lanes and borders.
    pub ascii: bool,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    theme: Option<String>,
    /// `unicode` or `ascii`.
    glyphs: Option<String>,
    #[serde(default)]
    keys: toml::Table,
    /// Roles of the theme with the user's styles.
    #[serde(default)]
    colours: toml::Table,
}

impl Preferences {
    /// Reads the preferences. Invalid settings are reported; their defaults apply.
    #[must_use]
    pub fn read(start: &Start) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let file: File = match toml::from_str(start.user_config.as_deref().unwrap_or_default()) {
            Ok(file) => file,
            Err(error) => {
                problems.push(error.to_string().trim_end().to_owned());
                File::default()
            }
        };
        let (keymap, faults) = Keymap::new(&file.keys);
        problems.extend(faults);
        let ascii = match file.glyphs.as_deref() {
            None => start.ascii,
            Some("ascii") => true,
            Some("unicode") => false,
            Some(other) => {
                problems.push(format!("glyphs: '{other}' is neither 'unicode' nor 'ascii'"));
                start.ascii
            }
        };
        let name = if start.no_color { Some("mono") } else { start.theme.as_deref().or(file.theme.as_deref()) };
        let (theme, faults) = Theme::new(name, &file.colours);
        problems.extend(faults);
        (Self { keymap, theme, ascii }, problems)
    }
}
