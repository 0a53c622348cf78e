//! The properties of a server and a session, read once after connecting.

/// The server, the database and the role of a session.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ServerInfo {
    pub database: String,
    pub user: String,
    /// A host name, an IP address, or the folder of a Unix socket.
    pub host: String,
    pub port: u16,
    /// For example `15.18`.
    pub version: String,
    /// For example `150018`.
    pub version_num: u32,
    /// The process id of the server process of this session.
    pub backend_pid: i32,
}
