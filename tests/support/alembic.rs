//! A real Alembic to compare with.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The versions for which the tests were written.
const PACKAGES: [&str; 2] = ["alembic==1.20.1", "psycopg[binary]==3.3.9"];

/// The Python of a virtual environment with Alembic, below the target folder. The first call creates it.
pub fn python_with_alembic() -> PathBuf {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON
        .get_or_init(|| {
            let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("alembic-1.20.1");
            let python = folder.join("bin/python");
            let has_alembic = || Command::new(&python).args(["-c", "import alembic, psycopg"]).output();
            if !has_alembic().is_ok_and(|output| output.status.success()) {
                let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).output();
                let made =
                    made.expect("the tests run a real Alembic and need python3 (Debian: apt-get install python3-venv)");
                assert!(made.status.success(), "python3 -m venv: {}", String::from_utf8_lossy(&made.stderr));
                let pip = Command::new(&python).args(["-m", "pip", "install", "-q"]).args(PACKAGES).output().unwrap();
                assert!(pip.status.success(), "pip: {}", String::from_utf8_lossy(&pip.stderr));
            }
            python
        })
        .clone()
}
