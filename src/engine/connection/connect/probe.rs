//! The first words with a server: the session's fixed settings, and what the server is.

use std::fmt::Write as _;

use tokio_postgres::{Client, SimpleQueryMessage};

use super::super::conninfo::SessionAttributes;
use super::super::server_info::ServerInfo;

/// What a server says of itself.
pub(super) struct Probe {
    columns: Vec<String>,
}

const DATABASE: usize = 0;
const USER: usize = 1;
const PROCESS: usize = 2;
const VERSION: usize = 3;
const VERSION_NUMBER: usize = 4;
const READ_ONLY: usize = 5;
const STANDBY: usize = 6;

impl Probe {
    /// Sets dates to ISO (in what order days and months are read stays the server's affair), and asks.
    pub(super) async fn ask(client: &Client, settings: &[(&str, String)]) -> Result<Self, tokio_postgres::Error> {
        let mut query = String::new();
        for (name, value) in settings {
            let _ = write!(query, "SET {name} = '{}'; ", value.replace('\\', "").replace('\'', "''"));
        }
        query.push_str(
            "SET datestyle = 'ISO'; \
             SELECT pg_catalog.current_database(), current_user, pg_catalog.pg_backend_pid(), \
             pg_catalog.current_setting('server_version'), pg_catalog.current_setting('server_version_num'), \
             pg_catalog.current_setting('transaction_read_only'), pg_catalog.pg_is_in_recovery()",
        );
        let mut columns = Vec::new();
        for message in client.simple_query(&query).await? {
            if let SimpleQueryMessage::Row(row) = message {
                columns = (0..row.len()).map(|index| row.get(index).unwrap_or_default().to_owned()).collect();
            }
        }
        Ok(Self { columns })
    }

    fn column(&self, index: usize) -> &str {
        self.columns.get(index).map_or("", String::as_str)
    }

    /// Whether the session is what was asked for.
    pub(super) fn is(&self, wanted: SessionAttributes) -> bool {
        let read_only = self.column(READ_ONLY) == "on";
        let standby = self.column(STANDBY) == "t";
        match wanted {
            SessionAttributes::Any | SessionAttributes::PreferStandby => true,
            SessionAttributes::ReadWrite => !read_only,
            SessionAttributes::ReadOnly => read_only,
            SessionAttributes::Primary => !standby,
            SessionAttributes::Standby => standby,
        }
    }

    /// The answers in their types.
    pub(super) fn server(&self, host: String, port: u16) -> ServerInfo {
        let version = self.column(VERSION);
        ServerInfo {
            database: self.column(DATABASE).to_owned(),
            user: self.column(USER).to_owned(),
            host,
            port,
            // Distributions add their own words after the number.
            version: version.split_whitespace().next().unwrap_or(version).to_owned(),
            version_num: self.column(VERSION_NUMBER).parse().unwrap_or_default(),
            backend_pid: self.column(PROCESS).parse().unwrap_or_default(),
        }
    }
}
