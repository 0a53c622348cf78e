//! The first query on a connection: sets session parameters and reads the properties of the server.

use std::fmt::Write as _;

use tokio_postgres::{Client, SimpleQueryMessage};

use super::super::conninfo::SessionAttributes;
use super::super::server_info::{ServerInfo, WriteAccess};
use crate::engine::connection::parse_major;

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

/// SQL that turns off the timeouts of idle sessions, for a major version of PostgreSQL. A session of limbeck is idle
/// while it waits for a lock, for a scratch database, or for another session.
#[must_use]
pub fn without_idle_timeouts(major: u32) -> &'static str {
    if major < 14 {
        "SET idle_in_transaction_session_timeout = 0"
    } else {
        "SET idle_in_transaction_session_timeout = 0; SET idle_session_timeout = 0"
    }
}

/// The major version, or 0 if it is unknown.
pub(super) fn major(version: &str) -> u32 {
    parse_major(version).unwrap_or_default()
}

impl Probe {
    /// Sets the session parameters and the ISO date format, then reads the properties. The order of day and month stays
    /// as the server has it.
    pub(super) async fn ask(
        client: &Client,
        major: u32,
        settings: &[(&str, String)],
    ) -> Result<Self, tokio_postgres::Error> {
        let mut query = format!("{}; ", without_idle_timeouts(major));
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

    /// Returns whether the session can write.
    pub(super) fn write_access(&self) -> WriteAccess {
        match (self.column(STANDBY) == "t", self.column(READ_ONLY) == "on") {
            (true, _) => WriteAccess::Standby,
            (false, true) => WriteAccess::ReadOnly,
            (false, false) => WriteAccess::ReadWrite,
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

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn the_major_version_is_the_first_number() {
        for (version, expected) in [("15.18 (Debian 15.18-1)", 15), ("13.22", 13), ("18beta1", 18), ("", 0)] {
            assert_eq!(major(version), expected, "{version}");
        }
    }
}
