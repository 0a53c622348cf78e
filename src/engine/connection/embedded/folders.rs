//! The files and folders of one embedded server.

use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::account::{Account, change_owner};
use super::file_error::file_error;
use crate::engine::connection::directories::{HostEnvironment, project_folder_name};
use crate::engine::{Error, Result};

/// The paths of a project's server of one major version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folders {
    /// `<data folder>/<project>/<major>`.
    pub server: PathBuf,
    /// The socket folder of a server that is started now. A running server may use another one.
    pub socket: PathBuf,
    /// The user that runs the server, when limbeck runs as root.
    pub account: Option<Account>,
}

impl Folders {
    /// Returns the folders of a project's server without creating them.
    ///
    /// # Errors
    /// When there is no data folder, or root finds no user that can run the server.
    pub fn of(config_path: &Path, major: u32, environment: &HostEnvironment) -> Result<Self> {
        let server = project(config_path, environment)?.join(major.to_string());
        let socket = environment.socket_folder(&server);
        Ok(Self { server, socket, account: Account::find(environment)? })
    }

    /// The data folder of PostgreSQL.
    pub fn data(&self) -> PathBuf {
        self.server.join("data")
    }

    /// This file exists after the database was upgraded to `embedded_at`.
    pub fn ready(&self) -> PathBuf {
        self.server.join("ready")
    }

    /// The log of the supervisor and the server.
    pub fn log(&self) -> PathBuf {
        self.server.join("server.log")
    }

    /// Every process that uses the server holds a shared lock on it.
    pub fn users_lock(&self) -> PathBuf {
        self.server.join("users.lock")
    }

    /// Held while the server starts.
    pub fn start_lock(&self) -> PathBuf {
        self.server.join("start.lock")
    }

    /// Held by the supervisor.
    pub fn supervisor_lock(&self) -> PathBuf {
        self.server.join("supervisor.lock")
    }

    /// Creates the folder of the server.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn create(&self) -> Result<()> {
        // When limbeck runs as root, the server's user must be able to enter these folders. Their contents are private.
        let mode = if self.account.is_some() { 0o755 } else { 0o700 };
        let missing: Vec<&Path> = self.server.ancestors().take_while(|folder| !folder.exists()).collect();
        DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(&self.server)
            .map_err(|error| file_error("create", &self.server, &error))?;
        // The umask may have removed permissions.
        missing.into_iter().try_for_each(|folder| set_mode(folder, mode))
    }

    /// Creates the socket folder, accessible only by the user that runs the server.
    ///
    /// # Errors
    /// When it cannot be created or is not a folder of that user.
    pub fn create_socket_folder(&self) -> Result<()> {
        let folder = &self.socket;
        match DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => change_owner(folder, self.account)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(file_error("create", folder, &error)),
        }
        // symlink_metadata does not follow a link that another user may have created.
        let found = folder.symlink_metadata().map_err(|error| file_error("read the properties of", folder, &error))?;
        let owner = self.account.map_or_else(|| rustix::process::geteuid().as_raw(), |account| account.uid);
        if !found.is_dir() || found.uid() != owner {
            return Err(Error::new(format!("the socket folder {} belongs to another user", folder.display()))
                .hint("remove it, or set XDG_RUNTIME_DIR to another folder"));
        }
        set_mode(folder, 0o700)
    }
}

/// Returns the folder of all servers of a project.
///
/// # Errors
/// When there is no data folder.
pub fn project(config_path: &Path, environment: &HostEnvironment) -> Result<PathBuf> {
    Ok(environment.data_folder()?.join(project_folder_name(config_path)))
}

fn set_mode(path: &Path, mode: u32) -> Result<()> {
    let found = path.metadata().map_err(|error| file_error("read the properties of", path, &error))?;
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
    fn the_socket_folder_is_private() {
        let parent = tempfile::tempdir().unwrap();
        let folders = folders(parent.path());
        std::fs::create_dir(&folders.socket).unwrap();
        std::fs::set_permissions(&folders.socket, Permissions::from_mode(0o777)).unwrap();
        folders.create_socket_folder().unwrap();
        assert_eq!(folders.socket.metadata().unwrap().permissions().mode() & 0o777, 0o700);

        std::fs::remove_dir(&folders.socket).unwrap();
        std::os::unix::fs::symlink("/", &folders.socket).unwrap();
        assert!(folders.create_socket_folder().unwrap_err().message.contains("another user"));

        let other_uid = rustix::process::geteuid().as_raw() + 1;
        let foreign = Folders { account: Some(Account { uid: other_uid, gid: other_uid }), ..folders };
        std::fs::remove_file(&foreign.socket).unwrap();
        std::fs::create_dir(&foreign.socket).unwrap();
        assert!(foreign.create_socket_folder().unwrap_err().message.contains("another user"));
    }

    #[test]
    fn existing_folders_keep_their_mode() {
        let parent = tempfile::tempdir().unwrap();
        std::fs::set_permissions(parent.path(), Permissions::from_mode(0o750)).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let private = folders(parent.path());
        private.create().unwrap();
        assert_eq!((mode(parent.path()), mode(&private.server)), (0o750, 0o700));
        let account = Some(Account { uid: 1, gid: 1 });
        let open = Folders { server: parent.path().join("other/15"), account, ..private };
        open.create().unwrap();
        assert_eq!((mode(&parent.path().join("other")), mode(&open.server)), (0o755, 0o755));
    }

    #[test]
    fn an_error_names_the_path_and_the_cause() {
        let parent = tempfile::tempdir().unwrap();
        std::fs::write(parent.path().join("shop"), "a file").unwrap();
        let error = folders(parent.path()).create().unwrap_err();
        assert!(error.message.contains("shop/15") && !error.causes.is_empty(), "{error:?}");
        let full = file_error("write", Path::new("/x"), &io::Error::from_raw_os_error(28));
        assert!(full.hint.unwrap().contains("free space"));
    }
}
