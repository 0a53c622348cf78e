//! Notes about the database that a user should know before a plan runs: time limits, and whether it can be written.

use crate::core::sql::qualify_names;
use crate::engine::Result;
use crate::engine::connection::{Session, database_error};

/// The settings that end a statement or a transaction that takes long.
const QUERY: &str =
    "SELECT s.name, pg_catalog.current_setting(s.name), s.source, pg_catalog.current_database(), session_user::text
    FROM pg_catalog.pg_settings s WHERE s.name IN ('statement_timeout', 'transaction_timeout') AND s.setting <> '0'
    ORDER BY s.name";

/// A time limit that was set outside limbeck.
struct TimeLimit {
    name: String,
    /// With its unit, e.g. `30s`.
    value: String,
    /// The column `source` of `pg_settings`.
    source: String,
    database: String,
    role: String,
}

/// Returns the notes, one line each.
///
/// # Errors
/// When the server cannot be reached.
pub async fn find_notes(session: &Session) -> Result<Vec<String>> {
    let rows = session.client().query(&qualify_names(QUERY), &[]).await.map_err(|error| database_error(&error))?;
    let limits = rows.iter().map(|row| TimeLimit {
        name: row.get(0),
        value: row.get(1),
        source: row.get(2),
        database: row.get(3),
        role: row.get(4),
    });
    let obstacle = session.write_access().obstacle();
    let read_only = obstacle.map(|why| format!("the database is read-only, so the plan cannot run here: {why}"));
    Ok(read_only.into_iter().chain(limits.filter_map(|limit| limit.note())).collect())
}

impl TimeLimit {
    /// Describes the limit. `None` if `[apply]` sets it.
    fn note(&self) -> Option<String> {
        let Self { name, value, source, database, role } = self;
        let place = match source.as_str() {
            "session" => return None,
            "user" => format!("for the role {role}"),
            "database" => format!("for the database {database}"),
            "database user" => format!("for the role {role} in the database {database}"),
            "client" => "in the connection string".to_owned(),
            _ => "on the server".to_owned(),
        };
        Some(if name == "statement_timeout" {
            format!(
                "{name} is {value} {place}: a statement that takes longer is cancelled, and its revision fails; \
                 statement_timeout under [apply] overrides it (\"0\": no limit)"
            )
        } else {
            format!("{name} is {value} {place}: a revision whose transaction takes longer fails")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_limit_is_described_with_its_source() {
        let note = |name: &str, source: &str| {
            let text = |text: &str| text.to_owned();
            let limit = TimeLimit {
                name: text(name),
                value: text("30s"),
                source: text(source),
                database: text("shop"),
                role: text("ann"),
            };
            limit.note().unwrap_or_default()
        };
        for (source, place) in [
            ("user", "statement_timeout is 30s for the role ann: "),
            ("database", "statement_timeout is 30s for the database shop: "),
            ("database user", "statement_timeout is 30s for the role ann in the database shop: "),
            ("client", "statement_timeout is 30s in the connection string: "),
            ("configuration file", "statement_timeout is 30s on the server: "),
        ] {
            assert!(note("statement_timeout", source).starts_with(place), "{source}");
        }
        assert_eq!(note("statement_timeout", "session"), "");
        assert!(note("transaction_timeout", "user").ends_with("a revision whose transaction takes longer fails"));
    }
}
