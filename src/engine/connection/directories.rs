//! The folders of limbeck's files, and the environment variables that decide them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::engine::{Error, Result};

/// The maximum length of a socket's path in bytes.
const SOCKET_PATH_BYTES: usize = if cfg!(target_os = "linux") { 107 } else { 103 };
/// The file name of PostgreSQL's socket for the default port.
const SOCKET_NAME: &str = "/.s.PGSQL.5432";
/// The number of hexadecimal digits of a hash in a folder name.
const HASH_DIGITS: usize = 12;

/// The parts of the process environment that decide where files and programs are.
///
/// Never read from a project's `.env`: opening a project must not choose which programs run.
#[derive(Debug, Clone, Default)]
pub struct HostEnvironment {
    /// `PATH`.
    pub path: OsString,
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// `XDG_DATA_HOME`.
    pub data_home: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`.
    pub runtime: Option<PathBuf>,
    /// `LIMBECK_DATA_DIR`: the folder of the embedded servers, for every user.
    pub data: Option<PathBuf>,
    /// `LIMBECK_POSTGRES_BIN`: the only folder that is searched for PostgreSQL's programs.
    pub postgres_programs: Option<PathBuf>,
    /// Whether limbeck runs as root.
    pub root: bool,
    /// The effective user id.
    pub uid: u32,
}

impl HostEnvironment {
    /// Reads the environment of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let folder = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let uid = rustix::process::geteuid();
        Self {
            path: std::env::var_os("PATH").unwrap_or_default(),
            home: folder("HOME"),
            data_home: folder("XDG_DATA_HOME").filter(|path| path.is_absolute()),
            runtime: folder("XDG_RUNTIME_DIR").filter(|path| path.is_absolute()),
            data: folder("LIMBECK_DATA_DIR"),
            postgres_programs: folder("LIMBECK_POSTGRES_BIN"),
            root: uid.is_root(),
            uid: uid.as_raw(),
        }
    }

    /// Returns the folder of all embedded servers: `$XDG_DATA_HOME/limbeck`, or `/var/lib/limbeck` for root.
    ///
    /// # Errors
    /// When neither `XDG_DATA_HOME` nor `HOME` is set.
    pub fn data_folder(&self) -> Result<PathBuf> {
        if let Some(folder) = &self.data {
            return Ok(std::path::absolute(folder).unwrap_or_else(|_| folder.clone()));
        }
        if self.root {
            return Ok(PathBuf::from("/var/lib/limbeck"));
        }
        let base = self.data_home.clone().or_else(|| Some(self.home.as_ref()?.join(".local/share")));
        base.map(|base| base.join("limbeck")).ok_or_else(|| {
            Error::new("there is no folder for the embedded server's data: neither XDG_DATA_HOME nor HOME is set")
                .hint("set HOME, or set LIMBECK_DATA_DIR to a folder")
        })
    }

    /// Returns the private folder of the socket of the server whose files are in `server`. The path is short enough for
    /// a socket.
    #[must_use]
    pub fn socket_folder(&self, server: &Path) -> PathBuf {
        let hash = hash(server);
        // The user that runs the server cannot enter root's runtime folder.
        let runtime = self.runtime.as_ref().filter(|_| !self.root);
        runtime
            .map(|runtime| runtime.join(format!("limbeck-{hash}")))
            .filter(|folder| folder.is_absolute() && folder.parent().is_some_and(Path::is_dir) && is_usable(folder))
            .unwrap_or_else(|| PathBuf::from(format!("/tmp/limbeck-{}-{hash}", self.uid)))
    }
}

/// Whether a socket's path fits the limit below this folder, and the folder's name needs no quotes in PostgreSQL's list
/// syntax.
fn is_usable(folder: &Path) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-.".contains(&byte);
    let bytes = folder.as_os_str().as_encoded_bytes();
    bytes.len() + SOCKET_NAME.len() <= SOCKET_PATH_BYTES && bytes.iter().copied().all(plain)
}

/// Returns the folder name of a project: a hash of the path of its configuration, and a readable word.
#[must_use]
pub fn project_folder_name(config_path: &Path) -> String {
    let path = std::fs::canonicalize(config_path)
        .or_else(|_| std::path::absolute(config_path))
        .unwrap_or_else(|_| config_path.to_owned());
    format!("{}-{}", hash(&path), slug(&path))
}

/// Returns the name of the project's folder as a short word. A folder `migrations` is replaced by its parent, which is
/// more specific.
fn slug(config_path: &Path) -> String {
    let mut names = config_path.ancestors().skip(1).filter_map(Path::file_name);
    let name = names.find(|name| *name != "migrations").unwrap_or_default().to_string_lossy();
    let word: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_').take(24).collect();
    if word.is_empty() { "project".to_owned() } else { word.to_lowercase() }
}

fn hash(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    digest.iter().flat_map(|byte| [byte >> 4, byte & 15]).take(HASH_DIGITS).map(hexadecimal).collect()
}

fn hexadecimal(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap_or('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(runtime: &str) -> HostEnvironment {
        HostEnvironment {
            home: Some("/home/ada".into()),
            runtime: Some(runtime.into()),
            uid: 1000,
            ..HostEnvironment::default()
        }
    }

    #[test]
    fn data_is_in_the_users_data_folder() {
        let ada = person("/run/user/1000");
        assert_eq!(ada.data_folder().unwrap(), Path::new("/home/ada/.local/share/limbeck"));
        let moved = HostEnvironment { data_home: Some("/srv/data".into()), ..ada.clone() };
        assert_eq!(moved.data_folder().unwrap(), Path::new("/srv/data/limbeck"));
        let root = HostEnvironment { root: true, uid: 0, ..moved.clone() };
        assert_eq!(root.data_folder().unwrap(), Path::new("/var/lib/limbeck"));
        let configured = HostEnvironment { data: Some("/x".into()), ..root };
        assert_eq!(configured.data_folder().unwrap(), Path::new("/x"));
        assert!(HostEnvironment::default().data_folder().unwrap_err().hint.is_some());
    }

    #[test]
    fn a_socket_path_never_exceeds_the_limit() {
        let short = tempfile::Builder::new().prefix("run").tempdir_in("/tmp").unwrap();
        let server = Path::new("/home/ada/.local/share/limbeck/x/15");
        let user = person(short.path().to_str().unwrap());
        assert!(user.socket_folder(server).starts_with(short.path()));
        let root = HostEnvironment { root: true, uid: 0, ..user };
        assert!(root.socket_folder(server).to_str().unwrap().starts_with("/tmp/limbeck-0-"));

        let long = short.path().join("x".repeat(100));
        std::fs::create_dir(&long).unwrap();
        let needs_quotes = short.path().join("a, b");
        std::fs::create_dir(&needs_quotes).unwrap();
        for runtime in [long, needs_quotes, "/does/not/exist".into()] {
            let folder = person(runtime.to_str().unwrap()).socket_folder(server);
            assert!(folder.to_str().unwrap().starts_with("/tmp/limbeck-1000-"), "{folder:?}");
            assert!(folder.as_os_str().len() + SOCKET_NAME.len() <= SOCKET_PATH_BYTES);
        }
    }

    #[test]
    fn projects_have_different_folder_names() {
        let one = project_folder_name(Path::new("/work/shop/migrations/limbeck.toml"));
        let two = project_folder_name(Path::new("/work/shop/limbeck.toml"));
        assert_ne!(one, two);
        assert!(one.ends_with("-shop") && two.ends_with("-shop"), "{one} {two}");
        assert_eq!(one.len(), HASH_DIGITS + "-shop".len());
        assert!(project_folder_name(Path::new("/작업/limbeck.toml")).ends_with("-project"));
    }
}
