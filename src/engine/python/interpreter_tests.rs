//! Tests of the search for the interpreter.

use std::collections::BTreeMap;

use super::*;
use crate::engine::project::{Config, Consents};

/// A folder with `repository/.git`, `repository/backend/alembic.ini` and `bin`, which is in PATH.
fn project(home: &Path, files: &[&str], settings: &str, variables: &[(&str, &str)]) -> Project {
    for file in ["repository/.git/HEAD", "repository/backend/alembic.ini", "bin/other"].iter().chain(files) {
        let (file, text) = file.split_once('=').unwrap_or((file, ""));
        let path = home.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let config_path = home.join("repository/backend/limbeck.toml");
    let config = Config::parse(settings, &config_path).unwrap();
    let known = |text: &str| text.replace("HOME", &home.display().to_string());
    let mut environment: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), known(value))).collect();
    environment.entry("PATH".into()).or_insert_with(|| known("relative:HOME/bin"));
    let variables = Variables { environment, home: None };
    Project { config_path, config, variables, alembic: None, consents: Consents::default() }
}

/// Files, `limbeck.toml`, variables; the command, and a part of the origin.
type Case =
    (&'static [&'static str], &'static str, &'static [(&'static str, &'static str)], &'static str, &'static str);

fn check(cases: &[Case]) {
    for (files, settings, variables, expected, origin) in cases {
        let home = tempfile::tempdir().unwrap();
        let known = |text: &str| text.replace("HOME", &home.path().display().to_string());
        let found = Interpreter::find(&project(home.path(), files, settings, variables)).unwrap();
        assert_eq!(found.shown(), known(expected), "{files:?} {settings}");
        assert!(found.origin.contains(&known(origin)), "{files:?}: {}", found.origin);
    }
}

const UV: &str = "bin/uv";
const POETRY: &str = "bin/poetry";
const PYTHON: &str = "bin/python3";
const VENV: &str = "repository/backend/.venv/bin/python";
const VENV_PYTHON: &str = "HOME/repository/backend/.venv/bin/python";

#[test]
fn virtual_environments_have_precedence_over_path() {
    check(&[
        (&[PYTHON], "", &[], "HOME/bin/python3", "PATH"),
        (&["bin/python"], "", &[], "HOME/bin/python", "PATH"),
        (&["bin/python", PYTHON], "", &[], "HOME/bin/python3", "PATH"),
        (&[PYTHON, VENV], "", &[], VENV_PYTHON, "the virtual environment HOME/repository/backend/.venv"),
        (&["repository/venv/bin/python"], "", &[], "HOME/repository/venv/bin/python", "HOME/repository/venv"),
        (&["repository/venv/bin/python", VENV], "", &[], VENV_PYTHON, "backend/.venv"),
        (&[PYTHON, ".venv/bin/python"], "", &[], "HOME/bin/python3", "PATH"),
        (&[VENV, "active/bin/python"], "", &[("VIRTUAL_ENV", "HOME/active")], "HOME/active/bin/python", "VIRTUAL_ENV"),
        (&[VENV], "", &[("VIRTUAL_ENV", "HOME/gone")], VENV_PYTHON, ".venv"),
        (&[VENV], "", &[("VIRTUAL_ENV", "")], VENV_PYTHON, ".venv"),
    ]);
}

#[test]
fn managers_have_precedence_over_virtual_environments() {
    const POETRY_TABLE: &str = "repository/pyproject.toml=[tool.poetry]";
    const SOURCES: &str = "repository/pyproject.toml=[tool.uv.sources]\nx = 1";
    const ACTIVE: &[(&str, &str)] = &[("VIRTUAL_ENV", "HOME/active")];
    const BOTH: &[&str] = &[UV, POETRY, "repository/uv.lock", "repository/backend/poetry.lock"];
    const SAME: &[&str] = &[UV, POETRY, "repository/uv.lock", "repository/poetry.lock"];
    const WITHOUT_POETRY: &[&str] = &[UV, "repository/uv.lock", "repository/backend/poetry.lock"];
    const PYPROJECT: &str = "[tool.uv] in HOME/repository/pyproject.toml";
    check(&[
        (&[UV, VENV, "repository/uv.lock"], "", &[], "uv run python", "uv.lock in HOME/repository"),
        (&[UV, "repository/backend/uv.lock"], "", ACTIVE, "uv run python", "uv.lock in HOME/repository/backend"),
        (&[UV, "repository/pyproject.toml=[tool.uv]"], "", &[], "uv run python", PYPROJECT),
        (&[UV, SOURCES], "", &[], "uv run python", PYPROJECT),
        (&[UV, PYTHON, "repository/pyproject.toml=[project]"], "", &[], "HOME/bin/python3", "PATH"),
        (&[UV, PYTHON, "repository/pyproject.toml=not toml"], "", &[], "HOME/bin/python3", "PATH"),
        (&[UV, PYTHON, "uv.lock"], "", &[], "HOME/bin/python3", "PATH"),
        (&[PYTHON, "repository/uv.lock"], "", &[], "HOME/bin/python3", "PATH"),
        (&[POETRY, "repository/poetry.lock"], "", &[], "poetry run python", "poetry.lock in HOME/repository"),
        (&[POETRY, POETRY_TABLE], "", &[], "poetry run python", "[tool.poetry]"),
        (BOTH, "", &[], "poetry run python", "poetry.lock in HOME/repository/backend"),
        (SAME, "", &[], "uv run python", "uv.lock in HOME/repository"),
        (WITHOUT_POETRY, "", &[], "uv run python", "uv.lock in HOME/repository"),
    ]);
}

#[test]
fn the_setting_has_precedence() {
    const PLACE: &str = "[alembic] python in HOME/repository/backend/limbeck.toml";
    const RELATIVE: &str = "HOME/repository/backend/../env/bin/python";
    check(&[
        (&[UV, "repository/uv.lock"], "[alembic]\npython = ['py', '-3']", &[], "py -3", PLACE),
        (&[], "[alembic]\npython = ['../env/bin/python']", &[], RELATIVE, PLACE),
        (&[], "[alembic]\npython = ['/opt/python']", &[], "/opt/python", PLACE),
    ]);
}

#[test]
fn a_missing_interpreter_is_an_error_with_a_hint() {
    for (files, settings, message) in [
        (&["bin/uv", "repository/uv.txt"][..], "", "Python was not found"),
        (&["relative/python3"], "", "Python was not found"),
        (&["bin/python3"], "[alembic]\npython = []", "is empty"),
        (&["bin/python3"], "[alembic]\npython = ['']", "is empty"),
    ] {
        let home = tempfile::tempdir().unwrap();
        let error = Interpreter::find(&project(home.path(), files, settings, &[])).unwrap_err();
        assert!(error.message.contains(message) && error.hint.is_some(), "{error:?}");
    }
}
