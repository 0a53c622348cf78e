//! Watches the folders of scripts and models and the configuration.

use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::UnboundedSender;

use super::event::Event;

/// Reports changes while it exists.
pub(super) struct Watch {
    watcher: Option<RecommendedWatcher>,
    /// The folders, and whether their subfolders are watched too.
    folders: Vec<(PathBuf, bool)>,
}

impl Watch {
    /// Watches the folders. Missing folders are tried again by [`Watch::renew`].
    pub(super) fn start(folders: Vec<(PathBuf, bool)>, events: UnboundedSender<Event>) -> Self {
        let watcher = notify::recommended_watcher(move |result: notify::Result<notify::Event>| {
            // An error can mean that changes were lost, so it counts as a change.
            if result.is_ok_and(|event| !is_change(&event)) {
                return;
            }
            let _ = events.send(Event::FilesChanged);
        });
        let mut watch = Self { watcher: watcher.ok(), folders };
        watch.renew();
        watch
    }

    /// Watches new folders. A folder that was removed and created again must be watched again.
    pub(super) fn renew(&mut self) {
        if let Some(watcher) = &mut self.watcher {
            for (folder, deep) in &self.folders {
                let mode = if *deep { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
                // A missing folder is reported when the scripts are read.
                let _ = watcher.watch(folder, mode);
            }
        }
    }

    /// Whether changes are reported. Otherwise the scripts must be read regularly.
    pub(super) fn works(&self) -> bool {
        self.watcher.is_some()
    }
}

/// Reading a script is not a change, and neither are temporary files of editors.
fn is_change(event: &notify::Event) -> bool {
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => {}
        EventKind::Access(_) => return false,
        _ => {}
    }
    event.paths.is_empty() || event.paths.iter().any(|path| is_watched_file(path))
}

fn is_watched_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name.starts_with('.') && name != ".env" {
        return false;
    }
    match path.extension() {
        Some(extension) => ["sql", "py", "toml", "ini", "env"].iter().any(|known| extension == *known),
        None => name == ".env" || !name.ends_with('~'),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    async fn moved(events: &mut UnboundedReceiver<Event>) {
        let event = tokio::time::timeout(Duration::from_secs(10), events.recv()).await;
        assert!(matches!(event, Ok(Some(Event::FilesChanged))), "the change is reported");
    }

    #[test]
    fn changes_are_reported_also_in_a_folder_that_was_created_again() {
        runtime().block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let versions = folder.path().join("versions");
            std::fs::create_dir(&versions).unwrap();
            let (sender, mut events) = unbounded_channel();
            let mut watch = Watch::start(vec![(folder.path().into(), false), (versions.clone(), false)], sender);
            assert!(watch.works());
            std::fs::write(versions.join("a.sql"), "x").unwrap();
            moved(&mut events).await;

            std::fs::remove_dir_all(&versions).unwrap();
            std::fs::create_dir(&versions).unwrap();
            watch.renew();
            // The marker file comes after all earlier changes.
            std::fs::write(folder.path().join("limbeck.toml"), "").unwrap();
            moved(&mut events).await;
            while events.try_recv().is_ok() {}
            std::fs::write(versions.join("b.sql"), "x").unwrap();
            moved(&mut events).await;
        });
    }

    #[test]
    fn reading_and_temporary_files_of_editors_do_not_count() {
        let event = |kind, path: &str| notify::Event::new(kind).add_path(PathBuf::from(path));
        let open = EventKind::Access(AccessKind::Open(AccessMode::Any));
        let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
        let removed = EventKind::Remove(notify::event::RemoveKind::Any);
        for (kind, path, expected) in [
            (open, "versions/a.sql", false),
            (written, "versions/a.sql", true),
            (removed, "versions/a.sql", true),
            (removed, "versions", true),
            (written, "limbeck.toml", true),
            (written, ".env", true),
            (written, "versions/.a.sql.swp", false),
            (written, "versions/a.sql~", false),
            (removed, "versions/4913~", false),
        ] {
            assert_eq!(is_change(&event(kind, path)), expected, "{path}");
        }
    }
}
