//! What the UI is opened with.

use crate::engine::ConnectOptions;
use crate::engine::postgres::Variables;
use crate::engine::project::Project;
use crate::tui::app::Start;

/// What the UI is opened with.
#[derive(Debug, Clone)]
pub struct TuiOptions {
    pub project: Project,
    /// What the process was started with, without what `.env` adds; the project is read again with it.
    pub variables: Variables,
    pub connect: ConnectOptions,
    /// `--read-only`.
    pub read_only: bool,
    /// The name of a theme; the user's configuration goes before it. `NO_COLOR` goes before both.
    pub theme: Option<String>,
}

impl TuiOptions {
    /// The model's first state, for a screen of this size.
    pub(super) fn start(&self, (width, height): (u16, u16)) -> Start {
        let environments = self.project.config.environments.iter();
        Start {
            project: self.name(),
            config_path: self.project.config_path.clone(),
            environments: environments.map(|(name, environment)| (name.clone(), environment.protected)).collect(),
            environment: self.connect.environment.clone(),
            read_only: self.read_only,
            width,
            height,
        }
    }

    /// The project's folder, or the one above where that is only `migrations`.
    fn name(&self) -> String {
        let name = |path: &std::path::Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let root = self.project.root();
        match name(root) {
            Some(folder) if folder == "migrations" => root.parent().and_then(name).unwrap_or(folder),
            Some(folder) => folder,
            None => "limbeck".to_owned(),
        }
    }

    /// What the window is called.
    pub(super) fn title(&self) -> String {
        format!("limbeck {}", self.name())
    }
}
