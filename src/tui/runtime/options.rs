//! The options of the UI.

use std::path::PathBuf;

use crate::engine::ConnectOptions;
use crate::engine::connection::Variables;
use crate::engine::files::{self, SIZE_LIMIT};
use crate::engine::project::Project;
use crate::tui::app::Start;

/// The options of the UI.
#[derive(Debug, Clone)]
pub struct TuiOptions {
    pub project: Project,
    /// The variables of the process, without those of `.env`. The project is read again with them.
    pub variables: Variables,
    pub connect: ConnectOptions,
    /// `--read-only`.
    pub read_only: bool,
}

/// The names of the environments, and whether each is protected.
pub(super) fn environments(project: &Project) -> Vec<(String, bool)> {
    let environments = project.config.environments.iter();
    environments.map(|(name, environment)| (name.clone(), environment.protected)).collect()
}

impl TuiOptions {
    /// The parameters of the model for a screen size.
    pub(super) fn start(&self, (width, height): (u16, u16)) -> Start {
        Start {
            project: self.name(),
            config_path: self.project.config_path.clone(),
            environments: environments(&self.project),
            environment: self.connect.environment.clone(),
            read_only: self.read_only,
            width,
            height,
            user_config: self.user_config(),
            theme: (!self.has_many_colours()).then(|| "sixteen".to_owned()),
            no_color: self.variable("NO_COLOR").is_some(),
            ascii: self.is_ascii(),
        }
    }

    /// The name of the project's folder. For `migrations`, the name of its parent.
    fn name(&self) -> String {
        let name = |path: &std::path::Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let root = self.project.root();
        match name(root) {
            Some(folder) if folder == "migrations" => root.parent().and_then(name).unwrap_or(folder),
            Some(folder) => folder,
            None => "limbeck".to_owned(),
        }
    }

    /// The value of a variable that is not empty.
    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The text of `$XDG_CONFIG_HOME/limbeck/config.toml`, if it exists.
    fn user_config(&self) -> Option<String> {
        let home = || self.variables.home.as_ref().map(|home| home.join(".config"));
        let folder = self.variable("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home)?;
        files::read_text(&folder.join("limbeck/config.toml"), SIZE_LIMIT).ok()
    }

    /// Whether the terminal has more than 16 colours, as far as the environment says.
    fn has_many_colours(&self) -> bool {
        const KNOWN: [&str; 8] = ["256color", "direct", "kitty", "alacritty", "ghostty", "wezterm", "foot", "iterm"];
        if self.variable("COLORTERM").is_some_and(|value| matches!(value, "truecolor" | "24bit")) {
            return true;
        }
        let term = self.variable("TERM").unwrap_or_default();
        KNOWN.iter().any(|known| term.contains(known)) && self.variable("TERM_PROGRAM") != Some("Apple_Terminal")
    }

    /// Whether the locale allows only ASCII. Without a locale UTF-8 is assumed.
    fn is_ascii(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| self.variable(name));
        locale.is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            !locale.contains("utf-8") && !locale.contains("utf8")
        })
    }

    /// The title of the window.
    pub(super) fn title(&self) -> String {
        format!("limbeck {}", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(variables: &[(&str, &str)]) -> TuiOptions {
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let variables = Variables { environment, home: None };
        let project = Project {
            config_path: PathBuf::from("/work/shop/migrations/limbeck.toml"),
            config: crate::engine::project::Config::default(),
            variables: variables.clone(),
            alembic: None,
            consents: crate::engine::project::Consents::default(),
        };
        TuiOptions { project, variables, connect: ConnectOptions::default(), read_only: false }
    }

    #[test]
    fn the_project_has_the_name_of_its_folder() {
        assert_eq!(options(&[]).title(), "limbeck shop");
    }

    #[test]
    fn the_terminal_s_capabilities_are_detected() {
        let start = |variables: &[(&str, &str)]| options(variables).start((80, 24));
        let rich = start(&[("TERM", "xterm-256color"), ("LANG", "ko_KR.UTF-8")]);
        assert_eq!((rich.theme, rich.ascii, rich.no_color), (None, false, false));
        let poor = start(&[("TERM", "linux"), ("LANG", "ko_KR.UTF-8"), ("LC_ALL", "C"), ("NO_COLOR", "1")]);
        assert_eq!((poor.theme.as_deref(), poor.ascii, poor.no_color), (Some("sixteen"), true, true));
        let silent = start(&[("TERM", "vt220"), ("COLORTERM", "truecolor"), ("NO_COLOR", "")]);
        assert_eq!((silent.theme, silent.ascii, silent.no_color), (None, false, false));
    }
}
