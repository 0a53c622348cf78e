//! The folders of the user in which limbeck stores files.

use std::ffi::OsString;
use std::path::PathBuf;

/// The folders of caches and state. `None`: nothing is stored.
///
/// Never read from a project's `.env`: a project must not declare consent to its own program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFolders {
    /// `$XDG_CACHE_HOME/limbeck`.
    pub cache: Option<PathBuf>,
    /// `$XDG_STATE_HOME/limbeck`.
    pub state: Option<PathBuf>,
}

impl UserFolders {
    /// The folders of this process's environment.
    #[must_use]
    pub fn of_process() -> Self {
        Self::of(|name| std::env::var_os(name))
    }

    fn of(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let folder = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let place = |name: &str, below: &str| {
            let base = folder(name).or_else(|| Some(folder("HOME")?.join(below)));
            base.map(|base| base.join("limbeck"))
        };
        Self { cache: place("XDG_CACHE_HOME", ".cache"), state: place("XDG_STATE_HOME", ".local/state") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_folders_are_used_without_variables() {
        let of = |set: &'static [(&str, &str)]| {
            UserFolders::of(move |name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
        };
        let default = of(&[("HOME", "/h"), ("XDG_CACHE_HOME", "relative")]);
        assert_eq!(default.cache.unwrap(), PathBuf::from("/h/.cache/limbeck"));
        assert_eq!(default.state.unwrap(), PathBuf::from("/h/.local/state/limbeck"));
        assert_eq!(of(&[("XDG_CACHE_HOME", "/c")]), UserFolders { cache: Some("/c/limbeck".into()), state: None });
    }
}
