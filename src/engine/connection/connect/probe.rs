//! The first query on a connection: sets session parameters and reads the properties of the server.

use std::fmt::Write as _;

use tokio_postgres::{Client, SimpleQueryMessage};

use super::super::conninfo::SessionAttributes;
use super::super::server_info::ServerInfo;

/// The answer of the server: one text per column.
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
    /// Sets the session parameters and the ISO date format, then reads the properties. The order of day and month stays
    /// as the server has it.
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

    /// Whether the session has the required attributes.
    pub(super) fn has_attributes(&self, required: SessionAttributes) -> bool {
        let read_only = self.column(READ_ONLY) == "on";
        let standby = self.column(STANDBY) == "t";
        match required {
            SessionAttributes::Any | SessionAttributes::PreferStandby => true,
            SessionAttributes::ReadWrite => !read_only,
            SessionAttributes::ReadOnly => read_only,
            SessionAttributes::Primary => !standby,
            SessionAttributes::Standby => standby,
        }
    }

    /// Returns the properties in their types.
    pub(super) fn server(&self, host: String, port: u16) -> ServerInfo {
        let version = self.column(VERSION);
        ServerInfo {
            database: self.column(DATABASE).to_owned(),
            user: self.column(USER).to_owned(),
            host,
            port,
            // Distributions add text after the version number.
            version: version.split_whitespace().next().unwrap_or(version).to_owned(),
            version_num: self.column(VERSION_NUMBER).parse().unwrap_or_default(),
            backend_pid: self.column(PROCESS).parse().unwrap_or_default(),
        }
    }
}
