//! The files of one embedded server, and the care that its folders take.

use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::account::{Account, give};
use super::file_error::file_error;
use crate::engine::connection::directories::{HostEnvironment, project_folder_name};
use crate::engine::{Error, Result};

/// Where the files of one project's server of one major version are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folders {
    /// `<data folder>/<project>/<major>`.
    pub server: PathBuf,
    /// The socket's folder for a server that is started now; a running one may have another.
    pub socket: PathBuf,
    /// Whom the server runs as, when limbeck is root.
    pub account: Option<Account>,
}

impl Folders {
    /// The folders of a project's server; makes none.
    ///
    /// # Errors
    /// When there is no place for data, or root finds nobody to run the server as.
    pub fn of(config_path: &Path, major: u32, surroundings: &HostEnvironment) -> Result<Self> {
        let server = project(config_path, surroundings)?.join(major.to_string());
        let socket = surroundings.socket_folder(&server);
        Ok(Self { server, socket, account: Account::find(surroundings)? })
    }

    /// The server's data.
    pub fn data(&self) -> PathBuf {
        self.server.join("data")
    }

    /// There once the database has been brought to where the project wants it.
    pub fn ready(&self) -> PathBuf {
        self.server.join("ready")
    }

    /// What the supervisor and the server write.
    pub fn log(&self) -> PathBuf {
        self.server.join("server.log")
    }

    /// Shared by everyone who uses the server.
    pub fn users_lock(&self) -> PathBuf {
        self.server.join("users.lock")
    }

    /// Held while the server is being started.
    pub fn start_lock(&self) -> PathBuf {
        self.server.join("start.lock")
    }

    /// Held by the supervisor.
    pub fn supervisor_lock(&self) -> PathBuf {
        self.server.join("supervisor.lock")
    }

    /// Makes the server's own folder.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make(&self) -> Result<()> {
        // As root the server's user has to pass through; what is in them is closed anyway.
        let mode = if self.account.is_some() { 0o755 } else { 0o700 };
        let missing: Vec<&Path> = self.server.ancestors().take_while(|folder| !folder.exists()).collect();
        DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(&self.server)
            .map_err(|error| file_error("make", &self.server, &error))?;
        // The umask may have taken away what was asked for.
        missing.into_iter().try_for_each(|folder| set_mode(folder, mode))
    }

    /// Makes the socket's folder, private to the server's user.
    ///
    /// # Errors
    /// When it cannot be made, or is not a folder of that user.
    pub fn make_socket_folder(&self) -> Result<()> {
        let folder = &self.socket;
        match DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => give(folder, self.account)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(file_error("make", folder, &error)),
        }
        // Not `metadata`: a link that somebody laid there is not followed.
        let found = folder.symlink_metadata().map_err(|error| file_error("look at", folder, &error))?;
        let owner = self.account.map_or_else(|| rustix::process::geteuid().as_raw(), |account| account.uid);
        if !found.is_dir() || found.uid() != owner {
            return Err(Error::new(format!("the socket's folder {} belongs to somebody else", folder.display()))
                .hint("remove it, or name another place in XDG_RUNTIME_DIR"));
        }
        set_mode(folder, 0o700)
    }
}

/// The folder of all of a project's servers.
///
/// # Errors
/// When there is no place for data.
pub fn project(config_path: &Path, surroundings: &HostEnvironment) -> Result<PathBuf> {
    Ok(surroundings.data_folder()?.join(project_folder_name(config_path)))
}

fn set_mode(path: &Path, mode: u32) -> Result<()> {
    let found = path.metadata().map_err(|error| file_error("look at", path, &error))?;
    if found.permissions().mode() & 0o777 == mode {
        return Ok(());
    }
    std::fs::set_permissions(path, Permissions::from_mode(mode))
        .map_err(|error| file_error("change the mode of", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(parent: &Path) -> Folders {
        Folders { server: parent.join("shop/15"), socket: parent.join("socket"), account: None }
    }

    #[test]
    fn the_socket_is_private_and_nobody_elses() {
        let parent = tempfile::tempdir().unwrap();
        let folders = folders(parent.path());
        std::fs::create_dir(&folders.socket).unwrap();
        std::fs::set_permissions(&folders.socket, Permissions::from_mode(0o777)).unwrap();
        folders.make_socket_folder().unwrap();
        assert_eq!(folders.socket.metadata().unwrap().permissions().mode() & 0o777, 0o700);

        std::fs::remove_dir(&folders.socket).unwrap();
        std::os::unix::fs::symlink("/", &folders.socket).unwrap();
        assert!(folders.make_socket_folder().unwrap_err().message.contains("somebody else"));

        let stranger = rustix::process::geteuid().as_raw() + 1;
        let foreign = Folders { account: Some(Account { uid: stranger, gid: stranger }), ..folders };
        std::fs::remove_file(&foreign.socket).unwrap();
        std::fs::create_dir(&foreign.socket).unwrap();
        assert!(foreign.make_socket_folder().unwrap_err().message.contains("somebody else"));
    }

    #[test]
    fn folders_that_stand_keep_their_mode() {
        let parent = tempfile::tempdir().unwrap();
        std::fs::set_permissions(parent.path(), Permissions::from_mode(0o750)).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let private = folders(parent.path());
        private.make().unwrap();
        assert_eq!((mode(parent.path()), mode(&private.server)), (0o750, 0o700));
        let account = Some(Account { uid: 1, gid: 1 });
        let open = Folders { server: parent.path().join("other/15"), account, ..private };
        open.make().unwrap();
        assert_eq!((mode(&parent.path().join("other")), mode(&open.server)), (0o755, 0o755));
    }

    #[test]
    fn what_cannot_be_made_is_said_with_its_cause() {
        let parent = tempfile::tempdir().unwrap();
        std::fs::write(parent.path().join("shop"), "a file").unwrap();
        let error = folders(parent.path()).make().unwrap_err();
        assert!(error.message.contains("shop/15") && !error.causes.is_empty(), "{error:?}");
        let full = file_error("write", Path::new("/x"), &io::Error::from_raw_os_error(28));
        assert!(full.hint.unwrap().contains("free some space"));
    }
}
