//! Finds PostgreSQL's programs, and the user that the servers run as.
//!
//! The programs of the server come from `LIMBECK_TEST_PG_BIN`, else from where limbeck itself finds them on this
//! machine, else from limbeck's own download. A folder in `LIMBECK_TEST_PG_BIN` need not contain the client programs:
//! psql and pg_dump of a newer version work with every server.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use limbeck::engine::connection::{EmbeddedOptions, HostEnvironment, Programs, download};
use limbeck::engine::{Error, Result};

const INSTALL: &str = "The tests run real PostgreSQL servers and need initdb, postgres and psql. Install them (Debian, \
    Ubuntu: `apt-get install postgresql`; Fedora: `dnf install postgresql-server`; Arch: `pacman -S postgresql`; macOS: \
    `brew install postgresql@18`), or set LIMBECK_TEST_PG_BIN to the folder that contains them";

/// The programs of the server; all others are client programs.
const SERVER: [&str; 3] = ["initdb", "postgres", "pg_ctl"];

/// The folder of the server's programs.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ServerFolder {
    path: PathBuf,
    /// The limbeck under test has a data folder of its own, so it cannot find this folder.
    is_hidden: bool,
}

/// Returns the path of a program of the server or of a client.
///
/// # Panics
/// If there is none: a test that cannot run has failed.
pub fn program(name: &str) -> PathBuf {
    static CLIENTS: OnceLock<PathBuf> = OnceLock::new();
    let server = server_folder();
    if SERVER.contains(&name) {
        return server.path.join(name);
    }
    // Debian's folder comes before PATH: the psql in Debian's PATH is a wrapper that looks for a cluster.
    let folders = || std::iter::once(server.path.clone()).chain(debian()).chain(path());
    let find = || folders().find(|folder| folder.join("psql").is_file());
    CLIENTS.get_or_init(|| find().unwrap_or_else(|| panic!("no folder contains psql. {INSTALL}"))).join(name)
}

/// The value of `LIMBECK_POSTGRES_BIN` for the limbeck under test; `None` if it finds the programs itself.
pub fn programs_for_limbeck() -> Option<PathBuf> {
    let server = server_folder();
    server.is_hidden.then(|| server.path.clone())
}

fn server_folder() -> &'static ServerFolder {
    static FOLDER: OnceLock<ServerFolder> = OnceLock::new();
    FOLDER.get_or_init(|| {
        if let Some(folder) = std::env::var_os("LIMBECK_TEST_PG_BIN").map(PathBuf::from) {
            // Never fall back to another version: the result of the run would be wrong.
            let is_complete = SERVER.iter().all(|name| folder.join(name).is_file());
            assert!(is_complete, "LIMBECK_TEST_PG_BIN={} lacks one of {SERVER:?}. {INSTALL}", folder.display());
            return ServerFolder { path: folder, is_hidden: true };
        }
        // LIMBECK_POSTGRES_BIN is for the limbeck of the developer, not for the one under test.
        let environment = HostEnvironment { postgres_programs: None, ..HostEnvironment::of_process() };
        let found = Programs::find(&environment, None);
        let options = EmbeddedOptions { environment: environment.clone(), ..EmbeddedOptions::of_process(true) };
        let programs = or_download(found, || run_download(&options)).unwrap_or_else(|message| panic!("{message}"));
        let is_downloaded = environment.data_folder().is_ok_and(|data| programs.folder.starts_with(data));
        ServerFolder { path: programs.folder, is_hidden: is_downloaded }
    })
}

/// Returns the programs that were found. If there are none, downloads them; if that fails too, returns a message that
/// says what to install.
fn or_download(found: Result<Programs>, download: impl FnOnce() -> Result<Programs>) -> Result<Programs, String> {
    found.or_else(|missing| {
        download().map_err(|error: Error| format!("{}\n{}\n{INSTALL}", missing.message, error.report()))
    })
}

/// Downloads the programs into limbeck's own folder, where later runs find them.
fn run_download(options: &EmbeddedOptions) -> Result<Programs> {
    eprintln!("PostgreSQL was not found on this machine: downloading it, as `limbeck --embedded --yes` does");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(download(options))
}

fn path() -> Vec<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect()
}

/// The folders of Debian's packages, newest version first.
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

/// The user (uid, gid) that servers run as if the tests run as root: PostgreSQL refuses to run as root.
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

#[test]
fn installed_programs_are_used_without_a_download() {
    let installed = Programs { folder: "/opt/postgresql/bin".into(), major: 17, version: "17.6".to_owned() };
    let programs = or_download(Ok(installed.clone()), || panic!("downloaded although the programs are installed"));
    assert_eq!(programs, Ok(installed));
}

#[test]
fn without_programs_limbecks_download_is_used() {
    let downloaded = Programs { folder: "/data/postgresql/18.1.0/bin".into(), major: 18, version: "18.1".to_owned() };
    let missing = Err(Error::new("PostgreSQL's programs (initdb, postgres) were not found on this machine"));
    assert_eq!(or_download(missing, || Ok(downloaded.clone())), Ok(downloaded));
}

#[test]
fn without_programs_and_download_the_message_says_what_to_install() {
    let missing = Err(Error::new("PostgreSQL's programs (initdb, postgres) were not found on this machine"));
    let failed = || Err(Error::new("PostgreSQL 18 could not be downloaded").because("no route to host"));
    let message = or_download(missing, failed).unwrap_err();
    for part in ["were not found", "could not be downloaded", "no route to host", "apt-get install postgresql"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert!(message.contains("LIMBECK_TEST_PG_BIN"), "{message}");
}
