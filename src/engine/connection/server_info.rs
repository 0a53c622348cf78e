//! The properties of a server and a session, read once after connecting.

/// The server, the database and the role of a session.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ServerInfo {
    pub database: String,
    pub user: String,
    /// A host name, an address, or the folder of a socket.
    pub host: String,
    pub port: u16,
    /// e.g. `15.18`.
    pub version: String,
    /// e.g. `150018`.
    pub version_num: u32,
    /// The server process that serves this session.
    pub backend_pid: i32,
}
