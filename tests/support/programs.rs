//! Where PostgreSQL's programs lie, and the user that its servers run as.
//!
//! A server of another version is named by `LIMBECK_TEST_PG_BIN`; such a folder need not hold the programs of the
//! clients, which serve every version and come from elsewhere then.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

const INSTALL: &str = "no PostgreSQL programs (initdb, postgres, psql) were found; these tests run real servers. Install \
    them (Debian, Ubuntu: `apt-get install postgresql`; Fedora: `dnf install postgresql-server`; Arch: `pacman -S \
    postgresql`; macOS: `brew install postgresql@18`), or name the folder of a server's in LIMBECK_TEST_PG_BIN";

/// What a server is made and run with.
const SERVER: [&str; 3] = ["initdb", "postgres", "pg_ctl"];

/// A program of the server or of a client. The server's: from `LIMBECK_TEST_PG_BIN`, `PATH`, or the newest folder of
/// Debian's. `psql`: from the server's folder where that has it, else from Debian's or `PATH`.
///
/// # Panics
/// When there is none: a test that cannot run has failed.
pub fn program(name: &str) -> PathBuf {
    static SERVERS: OnceLock<PathBuf> = OnceLock::new();
    static CLIENTS: OnceLock<PathBuf> = OnceLock::new();
    let server = SERVERS.get_or_init(|| {
        // Servers of another version than the one that was asked for would make a run say what is not so.
        match std::env::var_os("LIMBECK_TEST_PG_BIN") {
            Some(named) => find(&SERVER, [named.into()]),
            None => find(&SERVER, path().into_iter().chain(debian())),
        }
    });
    if SERVER.contains(&name) {
        return server.join(name);
    }
    // Debian's own `psql` of `PATH` is a wrapper that looks for a cluster of the machine's.
    CLIENTS.get_or_init(|| find(&["psql"], [server.clone()].into_iter().chain(debian()).chain(path()))).join(name)
}

/// The first folder that has all of these programs.
fn find(wanted: &[&str], folders: impl IntoIterator<Item = PathBuf>) -> PathBuf {
    let has_all = |folder: &PathBuf| wanted.iter().all(|name| folder.join(name).is_file());
    folders.into_iter().find(has_all).expect(INSTALL)
}

fn path() -> Vec<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect()
}

/// The folders of Debian's packages, the newest first.
fn debian() -> impl Iterator<Item = PathBuf> {
    let mut folders: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    folders.sort_unstable_by(|a, b| b.cmp(a));
    folders.into_iter().map(|(_, folder)| folder)
}

/// The user that servers run as when the tests run as root, which PostgreSQL refuses: (uid, gid).
pub fn server_user() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    ["postgres", "nobody"].iter().find_map(|name| {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    })
}

/// Makes the command run as [`server_user`].
pub fn as_server_user(command: &mut Command) -> &mut Command {
    if let Some((uid, gid)) = server_user() {
        command.uid(uid).gid(gid);
    }
    command
}
