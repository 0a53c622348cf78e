//! The keywords of a connection string, the source of each value, and suggestions for unknown keywords.

use std::collections::BTreeMap;
use std::fmt;

use crate::engine::Error;

/// libpq's keywords, each with the environment variable of its default. Keywords that no other code reads are accepted
/// and have no effect.
pub(super) const KEYWORDS: &[(&str, Option<&str>)] = &[
    ("application_name", Some("PGAPPNAME")),
    ("authtype", None),
    ("channel_binding", Some("PGCHANNELBINDING")),
    ("client_encoding", Some("PGCLIENTENCODING")),
    ("connect_timeout", Some("PGCONNECT_TIMEOUT")),
    ("dbname", Some("PGDATABASE")),
    ("fallback_application_name", None),
    ("gssdelegation", Some("PGGSSDELEGATION")),
    ("gssencmode", Some("PGGSSENCMODE")),
    ("gsslib", Some("PGGSSLIB")),
    ("host", Some("PGHOST")),
    ("hostaddr", Some("PGHOSTADDR")),
    ("keepalives", None),
    ("keepalives_count", None),
    ("keepalives_idle", None),
    ("keepalives_interval", None),
    ("krbsrvname", Some("PGKRBSRVNAME")),
    ("load_balance_hosts", Some("PGLOADBALANCEHOSTS")),
    ("max_protocol_version", Some("PGMAXPROTOCOLVERSION")),
    ("min_protocol_version", Some("PGMINPROTOCOLVERSION")),
    ("oauth_client_id", None),
    ("oauth_client_secret", None),
    ("oauth_issuer", None),
    ("oauth_scope", None),
    ("options", Some("PGOPTIONS")),
    ("passfile", Some("PGPASSFILE")),
    ("password", Some("PGPASSWORD")),
    ("port", Some("PGPORT")),
    ("replication", None),
    ("require_auth", Some("PGREQUIREAUTH")),
    ("requirepeer", Some("PGREQUIREPEER")),
    ("requiressl", Some("PGREQUIRESSL")),
    ("scram_client_key", None),
    ("scram_server_key", None),
    ("service", Some("PGSERVICE")),
    ("servicefile", Some("PGSERVICEFILE")),
    ("ssl_max_protocol_version", Some("PGSSLMAXPROTOCOLVERSION")),
    ("ssl_min_protocol_version", Some("PGSSLMINPROTOCOLVERSION")),
    ("sslcert", Some("PGSSLCERT")),
    ("sslcertmode", Some("PGSSLCERTMODE")),
    ("sslcompression", Some("PGSSLCOMPRESSION")),
    ("sslcrl", Some("PGSSLCRL")),
    ("sslcrldir", Some("PGSSLCRLDIR")),
    ("sslkey", Some("PGSSLKEY")),
    ("sslkeylogfile", None),
    ("sslmode", Some("PGSSLMODE")),
    ("sslnegotiation", Some("PGSSLNEGOTIATION")),
    ("sslpassword", None),
    ("sslrootcert", Some("PGSSLROOTCERT")),
    ("sslsni", Some("PGSSLSNI")),
    ("target_session_attrs", Some("PGTARGETSESSIONATTRS")),
    ("tcp_user_timeout", None),
    ("tty", None),
    ("user", Some("PGUSER")),
];

/// The known spelling of a keyword.
pub(super) fn known(keyword: &str) -> Option<&'static str> {
    KEYWORDS.iter().map(|(name, _)| *name).find(|name| *name == keyword)
}

/// Names that other tools use for libpq's parameters.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("database", "dbname"),
    ("db", "dbname"),
    ("hostname", "host"),
    ("pass", "password"),
    ("passwd", "password"),
    ("pwd", "password"),
    ("schema", "options"),
    ("search_path", "options"),
    ("server", "host"),
    ("timeout", "connect_timeout"),
    ("username", "user"),
];

/// Returns the known keyword with the most similar spelling, if it is similar enough.
pub(super) fn nearest(keyword: &str) -> Option<&'static str> {
    let written = keyword.to_lowercase();
    if let Some((_, name)) = OTHER_NAMES.iter().find(|(other, _)| *other == written) {
        return Some(name);
    }
    // The distance is at least the difference of the lengths.
    let length = written.chars().count();
    KEYWORDS
        .iter()
        .filter(|(name, _)| name.len().abs_diff(length) <= 1 + name.len() / 4)
        .map(|(name, _)| (edit_distance(&written, name), *name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min()
        .map(|(_, name)| name)
}

/// The Levenshtein distance of two words.
fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (done, from) in left.chars().enumerate() {
        let mut next = vec![done + 1];
        for (column, to) in right.iter().enumerate() {
            let replace = row.get(column).copied().unwrap_or(usize::MAX - 1) + usize::from(from != *to);
            let remove = row.get(column + 1).copied().unwrap_or(usize::MAX - 1) + 1;
            let insert = next.last().copied().unwrap_or(usize::MAX - 1) + 1;
            next.push(replace.min(remove).min(insert));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

/// The error for an unknown keyword. `secret`: the keyword may be part of a password and is not shown.
pub(super) fn unknown(keyword: &str, place: &str, secret: bool) -> Error {
    if secret {
        return Error::new(format!("{place} has an unknown keyword after the password")).hint(
            "in the keyword form, quote a password that contains spaces (password='…'); \
             in a URL, write its special characters as %XX",
        );
    }
    let error = Error::new(format!("{place} has an unknown keyword `{keyword}`"));
    match nearest(keyword) {
        Some(name) => error.hint(format!("did you mean `{name}`?")),
        None => error.hint("the keywords are those of libpq, such as host, port, dbname, user and sslmode"),
    }
}

/// The source of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ValueOrigin {
    /// The connection string.
    Text,
    /// A section of a service file.
    Service(String),
    /// A variable of the environment.
    Variable(&'static str),
}

/// Values by keyword. Has no `Debug`, because it contains the password.
#[derive(Default, Clone)]
pub(super) struct Parameters {
    values: BTreeMap<&'static str, (String, ValueOrigin)>,
}

impl Parameters {
    /// Sets a value, and replaces an existing one.
    pub(super) fn set(&mut self, keyword: &'static str, value: impl Into<String>, origin: ValueOrigin) {
        self.values.insert(keyword, (value.into(), origin));
    }

    /// Sets a value if the keyword has none.
    pub(super) fn set_default(&mut self, keyword: &'static str, value: impl Into<String>, origin: ValueOrigin) {
        self.values.entry(keyword).or_insert_with(|| (value.into(), origin));
    }

    /// Returns the value, which may be empty.
    pub(super) fn given(&self, keyword: &str) -> Option<&str> {
        self.values.get(keyword).map(|(value, _)| value.as_str())
    }

    /// Returns the value if it is not empty. libpq treats an empty value as not set.
    pub(super) fn get(&self, keyword: &str) -> Option<&str> {
        self.given(keyword).filter(|value| !value.is_empty())
    }

    /// Names the source of a value in errors.
    pub(super) fn part(&self, keyword: &str) -> String {
        match self.values.get(keyword).map(|(_, origin)| origin) {
            Some(ValueOrigin::Variable(name)) => (*name).to_owned(),
            Some(ValueOrigin::Service(name)) => format!("`{keyword}` of the service `{name}`"),
            Some(ValueOrigin::Text) => format!("`{keyword}` of the connection string"),
            None => format!("`{keyword}`"),
        }
    }

    /// The error for a value that is not allowed.
    pub(super) fn not_one_of(&self, keyword: &str, allowed: impl fmt::Display) -> Error {
        let value = self.given(keyword).unwrap_or_default();
        Error::new(format!("{} is `{value}`, which is not a valid {keyword}", self.part(keyword)))
            .hint(format!("the valid values are {allowed}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_keyword_gets_a_suggestion() {
        for (written, meant) in [
            ("hots", Some("host")),
            ("sslmod", Some("sslmode")),
            ("SSLMODE", Some("sslmode")),
            ("database", Some("dbname")),
            ("username", Some("user")),
            ("target_session_attr", Some("target_session_attrs")),
            ("conect_timeout", Some("connect_timeout")),
            ("zzzzzz", None),
        ] {
            assert_eq!(nearest(written), meant, "{written}");
        }
    }

    #[test]
    fn an_unknown_keyword_after_a_password_is_not_repeated() {
        let error = unknown("cret", "the connection string", true);
        assert!(!error.report().contains("cret`"), "{}", error.report());
    }
}
