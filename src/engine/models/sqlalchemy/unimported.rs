//! Finds model modules on disk that nothing imports. Their tables are not in the metadata.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::folders::python_files;
use super::{LoadedModule, SETTING};
use crate::core::python::defines_table;
use crate::engine::files::{self, SIZE_LIMIT};
use crate::engine::passage::display_path;
use crate::engine::project::Project;
use crate::engine::project::config::SqlAlchemy;

/// Returns one note per file.
pub(super) fn find(project: &Project, settings: Option<&SqlAlchemy>, modules: &[LoadedModule]) -> Vec<String> {
    let loaded: BTreeSet<&Path> = modules.iter().map(|module| module.file.as_path()).collect();
    let is_named = |module: &LoadedModule| {
        let names = settings.into_iter().flat_map(|settings| settings.metadata.iter().chain(&settings.imports));
        names.filter_map(|name| name.split(':').next()).any(|name| name == module.name)
    };
    let packages: BTreeSet<PathBuf> =
        modules.iter().filter(|module| module.has_metadata || is_named(module)).filter_map(top_package).collect();
    let except = script_folders(project);
    let files: BTreeSet<PathBuf> = packages.iter().flat_map(|package| python_files(package, &except)).collect();
    let unimported = files.iter().filter(|file| !loaded.contains(file.as_path()) && !is_test(file));
    let unimported =
        unimported.filter(|file| files::read_text(file, SIZE_LIMIT).is_ok_and(|text| defines_table(&text)));
    unimported.map(|file| note(project, settings, &loaded, &packages, file)).collect()
}

/// The folder of the outermost package of a module. `None` for a module without package.
fn top_package(module: &LoadedModule) -> Option<PathBuf> {
    let is_package = module.file.file_name().is_some_and(|name| name == "__init__.py");
    let levels = module.name.split('.').count() - usize::from(!is_package);
    // The file, its folder, and the folders above it.
    if levels == 0 { None } else { module.file.ancestors().nth(levels).map(Path::to_owned) }
}

/// Scripts may define tables for their own use.
fn script_folders(project: &Project) -> Vec<PathBuf> {
    let Some(alembic) = &project.alembic else { return Vec::new() };
    std::iter::once(&alembic.script_folder).chain(&alembic.version_folders).cloned().collect()
}

fn is_test(file: &Path) -> bool {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name == "conftest.py" || name.starts_with("test_") || name.ends_with("_test.py")
}

fn note(
    project: &Project,
    settings: Option<&SqlAlchemy>,
    loaded: &BTreeSet<&Path>,
    packages: &BTreeSet<PathBuf>,
    file: &Path,
) -> String {
    let root = packages.iter().find(|package| file.starts_with(package)).and_then(|package| package.parent());
    let module = root.and_then(|root| file.strip_prefix(root).ok()).unwrap_or(file).with_extension("");
    let module = module.to_string_lossy().replace('/', ".");
    let module = module.strip_suffix(".__init__").unwrap_or(&module);
    let init = file.with_file_name("__init__.py");
    let place = match (loaded.contains(init.as_path()), settings, &project.alembic) {
        (true, ..) => display_path(&init),
        (false, None, Some(alembic)) => display_path(&alembic.env_py()),
        _ => format!("imports of {SETTING}"),
    };
    format!(
        "{} defines a table but nothing imports it, so the models lack it; add {module} to {place}",
        display_path(file)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outermost_package_is_found() {
        for (name, file, expected) in [
            ("app", "/p/app/__init__.py", Some("/p/app")),
            ("app.models", "/p/app/models/__init__.py", Some("/p/app")),
            ("app.models.user", "/p/app/models/user.py", Some("/p/app")),
            ("app.database", "/p/app/database.py", Some("/p/app")),
            ("models", "/p/models.py", None),
        ] {
            let module = LoadedModule { name: name.into(), file: file.into(), has_metadata: true };
            assert_eq!(top_package(&module), expected.map(PathBuf::from), "{name}");
        }
    }
}
