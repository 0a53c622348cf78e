//! The Python of the tests: one virtual environment with Alembic, SQLAlchemy and the drivers.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::{Output, TestProject};

/// The packages for which the tests were written.
const PACKAGES: [&str; 7] = [
    "alembic==1.20.1",
    "SQLAlchemy[asyncio]==2.0.58",
    "psycopg2-binary==2.9.13",
    "psycopg[binary]==3.3.9",
    "asyncpg==0.32.0",
    "pg8000==1.31.6",
    "pydantic-settings==2.16.3",
];

const INSTALL: &str = "The tests run a real Alembic in a virtual environment. They need python3 with venv (Debian, \
    Ubuntu: `apt-get install python3-venv`) and a connection to PyPI, or pip's own settings for another index";

/// The Python of a virtual environment with [`PACKAGES`], below the target folder. The first call creates the environment,
/// or creates it again if the list of packages has changed.
///
/// # Panics
/// If the environment cannot be created: a test that cannot run has failed.
pub fn python_with_alembic() -> PathBuf {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let python = PYTHON.get_or_init(|| prepare_environment(Path::new(env!("CARGO_TARGET_TMPDIR")), &PACKAGES));
    python.clone().unwrap_or_else(|message| panic!("{message}"))
}

/// Runs the real Alembic in the project's folder.
pub fn run_alembic(project: &TestProject, arguments: &[&str]) -> Output {
    let run = Command::new(python_with_alembic())
        .args(["-m", "alembic.config"])
        .args(arguments)
        .current_dir(project.root())
        .env_clear()
        .envs(project.environment())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Output { status: run.status.code(), stdout: text(run.stdout), stderr: text(run.stderr) }
}

/// Returns the Python of the environment in a folder. Several processes can call this at the same time.
fn prepare_environment(folder: &Path, packages: &[&str]) -> Result<PathBuf, String> {
    let environment = folder.join("python");
    let python = environment.join("bin/python");
    // The marker is written last. An environment without it is incomplete, because the process that made it was killed.
    let (marker, content) = (environment.join("packages.txt"), packages.join("\n"));
    let lock = File::create(folder.join("python.lock")).map_err(|error| format!("python.lock: {error}"))?;
    lock.lock().map_err(|error| format!("python.lock: {error}"))?;
    if fs::read_to_string(&marker).is_ok_and(|found| found == content) && is_running(&python) {
        return Ok(python);
    }
    if environment.exists() {
        fs::remove_dir_all(&environment).map_err(|error| format!("{}: {error}", environment.display()))?;
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    run(Command::new(&python).args(["-m", "pip", "install", "-q", "--disable-pip-version-check"]).args(packages))?;
    fs::write(&marker, content).map_err(|error| format!("{}: {error}", marker.display()))?;
    Ok(python)
}

/// Whether the interpreter starts. It does not if the Python from which the environment was made is gone.
fn is_running(python: &Path) -> bool {
    Command::new(python).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn run(command: &mut Command) -> Result<(), String> {
    let result = command.output();
    let failed = |what: String| format!("{command:?} failed: {what}\n{INSTALL}");
    let output = result.map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Err(failed(format!("{}\n{}\n{}", output.status, text(&output.stdout), text(&output.stderr))))
}

#[test]
fn an_environment_is_used_until_the_packages_change() {
    let folder = tempfile::tempdir().unwrap();
    let prepare = |packages: &[&str]| prepare_environment(folder.path(), packages);
    let message = prepare(&["not a package"]).unwrap_err();
    assert!(message.contains("not a package") && message.contains("python3-venv"), "{message}");
    fs::write(folder.path().join("python/packages.txt"), "one\ntwo").unwrap();
    prepare(&["one", "two"]).unwrap();
    prepare(&["not a package"]).unwrap_err();
    assert!(!folder.path().join("python/packages.txt").exists(), "an environment with other packages is made again");
}
