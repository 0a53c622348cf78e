//! The Unix socket to which the drivers of a Python process connect.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use super::frame::FrameReader;
use super::startup::{self, Request};
use crate::engine::{Error, Result};

/// The port in the name of the socket, by which libpq finds it in its folder.
pub const PORT: u16 = 5432;

/// A socket in a private folder, which is removed with it.
#[derive(Debug)]
pub struct WireSocket {
    listener: UnixListener,
    folder: tempfile::TempDir,
}

/// A driver that asks for a session.
#[derive(Debug)]
pub struct WireClient {
    pub(super) stream: UnixStream,
    pub(super) reader: FrameReader,
    /// The parameters of its startup message.
    pub parameters: Vec<(String, String)>,
}

/// What a driver that connected wants.
#[derive(Debug)]
pub enum Connected {
    Session(WireClient),
    /// To cancel the statement of the session with this process and secret.
    Cancel {
        pid: i32,
        secret: i32,
    },
}

impl WireSocket {
    /// Listens in a new folder that only this user can enter.
    ///
    /// # Errors
    /// If the folder or the socket cannot be created.
    pub fn open() -> Result<Self> {
        let failed = |error: io::Error| Error::new("cannot create a socket for the project's Python").because(error);
        // The path of a socket has at most 107 bytes, so the folder of temporary files may be too deep.
        let base = Some(std::env::temp_dir()).filter(|folder| folder.as_os_str().len() < 70);
        let base = base.unwrap_or_else(|| PathBuf::from("/tmp"));
        let folder = tempfile::Builder::new().prefix("limbeck-").tempdir_in(base).map_err(failed)?;
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).map_err(failed)?;
        let listener = UnixListener::bind(folder.path().join(format!(".s.PGSQL.{PORT}"))).map_err(failed)?;
        Ok(Self { listener, folder })
    }

    /// The private folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Waits for the next driver. `None`: it disconnected without a request.
    ///
    /// # Errors
    /// If the socket fails.
    pub async fn accept(&self) -> io::Result<UnixStream> {
        self.listener.accept().await.map(|(stream, _)| stream)
    }
}

/// Reads what a driver wants. `None`: it disconnected without a request.
///
/// # Errors
/// If the driver does not speak the protocol.
pub async fn greet(mut stream: UnixStream) -> io::Result<Option<Connected>> {
    let mut reader = FrameReader::default();
    Ok(match startup::read_request(&mut stream, &mut reader).await? {
        Some(Request::Session(parameters)) => Some(Connected::Session(WireClient { stream, reader, parameters })),
        Some(Request::Cancel { pid, secret }) => Some(Connected::Cancel { pid, secret }),
        None => None,
    })
}
