//! Finds the modules and packages of a project in its folders.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::core::python::{ModuleText, Modules};
use crate::engine::files::{self, SIZE_LIMIT};

/// The virtual environments in which packages are searched.
const ENVIRONMENTS: [&str; 2] = [".venv", "venv"];

/// The folders in which a project's modules are.
#[derive(Debug)]
pub(super) struct ProjectModules {
    /// The folder of the configuration.
    folder: PathBuf,
    paths: Vec<PathBuf>,
    known: Mutex<HashMap<String, Option<ModuleText>>>,
}

impl ProjectModules {
    /// `prepend` is `prepend_sys_path`.
    pub(super) fn new(folder: &Path, prepend: &[String]) -> Self {
        let mut paths: Vec<PathBuf> = prepend.iter().map(|path| folder.join(path)).collect();
        paths.extend([folder.to_owned(), folder.join("src")]);
        Self { folder: folder.to_owned(), paths, known: Mutex::default() }
    }

    /// The path of a location: absolute, relative, or `package:folder`.
    ///
    /// Alembic resolves relative paths from its working directory. This is the folder of the configuration, or a folder
    /// above it if `-c` was used.
    pub(super) fn resolve(&self, location: &str) -> PathBuf {
        let path = Path::new(location);
        if path.is_absolute() {
            return path.to_owned();
        }
        if let Some((package, rest)) = location.split_once(':')
            && let Some(folder) = self.package_folder(package)
        {
            return rest.split(':').fold(folder, |folder, part| folder.join(part));
        }
        let mut folders = Vec::new();
        for folder in self.folder.ancestors() {
            folders.push(folder);
            if folder.join(".git").exists() {
                break;
            }
        }
        let candidates = folders.iter().map(|folder| folder.join(path));
        candidates.clone().find(|candidate| candidate.is_dir()).unwrap_or_else(|| self.folder.join(path))
    }

    fn package_folder(&self, package: &str) -> Option<PathBuf> {
        let relative: PathBuf = package.split('.').collect();
        let own = self.paths.iter().map(|path| path.join(&relative)).find(|folder| folder.is_dir());
        own.or_else(|| self.site_packages().into_iter().map(|path| path.join(&relative)).find(|folder| folder.is_dir()))
    }

    /// `site-packages` of the virtual environments, and the folders that its `.pth` files name.
    fn site_packages(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let libraries =
            self.folder.ancestors().flat_map(|folder| ENVIRONMENTS.map(|name| folder.join(name).join("lib")));
        for python in libraries.filter_map(|library| std::fs::read_dir(library).ok()).flatten().flatten() {
            let site = python.path().join("site-packages");
            let entries = std::fs::read_dir(&site).into_iter().flatten().flatten().map(|entry| entry.path());
            found.push(site);
            for file in entries.filter(|path| path.extension().is_some_and(|extension| extension == "pth")) {
                let text = files::read_text(&file, SIZE_LIMIT).unwrap_or_default();
                found.extend(text.lines().map(PathBuf::from).filter(|path| path.is_absolute()));
            }
        }
        found
    }

    fn read(&self, name: &str) -> Option<ModuleText> {
        let relative: PathBuf = name.split('.').collect();
        self.paths.iter().find_map(|path| {
            let module = path.join(&relative);
            let package = files::read_text(&module.join("__init__.py"), SIZE_LIMIT).ok().map(|text| (text, true));
            let (text, is_package) =
                package.or_else(|| Some((files::read_text(&module.with_extension("py"), SIZE_LIMIT).ok()?, false)))?;
            Some(ModuleText { text: text.into(), is_package })
        })
    }
}

impl Modules for ProjectModules {
    fn find(&self, name: &str) -> Option<ModuleText> {
        let is_name = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !name.split('.').all(is_name) {
            return None;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(name.to_owned()).or_insert_with(|| self.read(name)).clone()
    }
}
