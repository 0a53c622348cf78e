//! Parses the URL form of a connection string, including SQLAlchemy's `postgresql+driver://`.

use super::parameters::{Parameters, ValueOrigin, known, unknown};
use crate::engine::{Error, Result};

/// The connection string in messages.
const SUBJECT: &str = "the connection URL";

/// Parameters of SQLAlchemy's drivers that do not affect the connection.
const DRIVER_KEYWORDS: &[&str] = &[
    "async_fallback",
    "command_timeout",
    "max_cached_statement_lifetime",
    "max_cacheable_statement_size",
    "prepare_threshold",
    "prepared_statement_cache_size",
    "prepared_statement_name_func",
    "statement_cache_size",
    "tcp_keepalive",
];

/// Returns the text after `://` and whether a driver is named. `None` when the text is not a PostgreSQL URL.
fn scheme(text: &str) -> Option<(&str, bool)> {
    let (scheme, rest) = text.split_once("://")?;
    let (name, driver) = scheme.split_once('+').map_or((scheme, None), |(name, driver)| (name, Some(driver)));
    let well_formed =
        |driver: &str| !driver.is_empty() && driver.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let ours = matches!(name, "postgresql" | "postgres") && driver.is_none_or(well_formed);
    ours.then_some((rest, driver.is_some()))
}

/// Parses a URL. `None` when the text is not a URL.
pub(super) fn parse(text: &str) -> Option<Result<Parameters>> {
    if let Some((rest, driver)) = scheme(text) {
        return Some(Url { rest, driver }.parse());
    }
    let (other, _) = text.split_once("://")?;
    let named = other.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.' | b':'));
    (named && !other.is_empty()).then(|| {
        Err(Error::new(format!("`{other}://` is not a PostgreSQL scheme"))
            .hint("a PostgreSQL URL starts with postgresql://"))
    })
}

struct Url<'a> {
    rest: &'a str,
    driver: bool,
}

impl Url<'_> {
    fn parse(&self) -> Result<Parameters> {
        let mut parameters = Parameters::default();
        let (credentials, hosts, tail) = split(self.rest);
        // An `@` after the hosts may belong to a password that is not percent-encoded.
        let is_split_password = tail.contains('@');
        if let Some(credentials) = credentials {
            self::credentials(credentials, &mut parameters)?;
        }
        self::hosts(hosts, is_split_password, &mut parameters)?;
        let (path, query) = tail.split_once('?').map_or((tail, None), |(path, query)| (path, Some(query)));
        if path.contains('@') && parameters.get("password").is_some() {
            return Err(split_password());
        }
        let database = decode(path.strip_prefix('/').unwrap_or(path), "database name")?;
        if !database.is_empty() {
            parameters.set("dbname", database, ValueOrigin::Text);
        }
        if let Some(query) = query {
            self.query(query, is_split_password, &mut parameters)?;
        }
        Ok(parameters)
    }

    fn query(&self, query: &str, is_split_password: bool, parameters: &mut Parameters) -> Result<()> {
        let mut hosts = Vec::new();
        let mut after_password = is_split_password;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let Some((keyword, value)) = pair.split_once('=') else {
                return Err(match known(pair) {
                    Some(name) if !after_password => Error::new(format!("{SUBJECT} has no `=` after `{name}`")),
                    _ => Error::new(format!("{SUBJECT} has a query parameter without a value")),
                }
                .hint(ENCODE));
            };
            let keyword = decode(keyword, "query")?;
            let (keyword, mapped) = alias(&keyword, value);
            let Some(name) = known(keyword) else {
                if self.driver && DRIVER_KEYWORDS.contains(&keyword) {
                    continue;
                }
                return Err(unknown(keyword, SUBJECT, after_password));
            };
            let value = decode(mapped, &format!("value of `{name}`"))?;
            after_password |= name.contains("password");
            if self.driver && name == "host" {
                hosts.push(value);
            } else {
                parameters.set(name, value, ValueOrigin::Text);
            }
        }
        if !hosts.is_empty() {
            driver_hosts(&hosts.join(","), parameters);
        }
        Ok(())
    }
}

/// Splits a URL into credentials, hosts, and the rest with its `/` or `?`. As in libpq, an `@` before the first `/`
/// ends the credentials. The last `@` is used, because a host never contains one.
fn split(text: &str) -> (Option<&str>, &str, &str) {
    let slash = text.find('/').unwrap_or(text.len());
    let first = text.get(..slash).and_then(|authority| authority.find('@'));
    let start = first.map_or(0, |at| at + 1);
    let end = text.get(start..).and_then(|rest| rest.find(['/', '?'])).map_or(text.len(), |at| start + at);
    let (authority, tail) = text.split_at(end);
    match first {
        None => (None, authority, tail),
        Some(_) => {
            authority.rsplit_once('@').map_or((None, authority, tail), |(before, hosts)| (Some(before), hosts, tail))
        }
    }
}

fn split_password() -> Error {
    Error::new(format!("{SUBJECT} cannot be parsed: its password seems to contain an unencoded `/` or `?`"))
        .hint(ENCODE)
}

/// Translates `ssl=true` of JDBC and `ssl=…` of asyncpg to libpq's parameters.
fn alias<'a>(keyword: &'a str, value: &'a str) -> (&'a str, &'a str) {
    match (keyword, value) {
        ("ssl", "true") => ("sslmode", "require"),
        ("ssl", "false") => ("sslmode", "disable"),
        ("ssl", other) => ("sslmode", other),
        other => other,
    }
}

const ENCODE: &str = "write the special characters of a password as %XX: @ is %40, / is %2F, ? is %3F, % is %25";

fn credentials(text: &str, parameters: &mut Parameters) -> Result<()> {
    let (user, password) = text.split_once(':').map_or((text, None), |(user, password)| (user, Some(password)));
    let user = decode(user, "user name")?;
    if !user.is_empty() {
        parameters.set("user", user, ValueOrigin::Text);
    }
    if let Some(password) = password.filter(|password| !password.is_empty()) {
        parameters.set("password", decode(password, "password")?, ValueOrigin::Text);
    }
    Ok(())
}

fn hosts(text: &str, is_split_password: bool, parameters: &mut Parameters) -> Result<()> {
    let mut names = Vec::new();
    let mut ports = Vec::new();
    for one in text.split(',') {
        let (name, port) = host_and_port(one)?;
        if !port.bytes().all(|b| b.is_ascii_digit()) {
            return Err(if is_split_password {
                split_password()
            } else {
                Error::new(format!("{SUBJECT} has a port that is not a number")).hint(ENCODE)
            });
        }
        names.push(decode(name, "host name")?);
        ports.push(port);
    }
    if names.len() > 1 || names.iter().any(|name| !name.is_empty()) {
        parameters.set("host", names.join(","), ValueOrigin::Text);
    }
    if ports.len() > 1 || ports.iter().any(|port| !port.is_empty()) {
        parameters.set("port", ports.join(","), ValueOrigin::Text);
    }
    Ok(())
}

fn host_and_port(text: &str) -> Result<(&str, &str)> {
    let Some(inner) = text.strip_prefix('[') else {
        return Ok(text.split_once(':').unwrap_or((text, "")));
    };
    let Some((address, rest)) = inner.split_once(']') else {
        return Err(Error::new(format!("{SUBJECT} has an IPv6 address without its closing `]`")));
    };
    if address.is_empty() {
        return Err(Error::new(format!("{SUBJECT} has an empty IPv6 address")));
    }
    match rest.strip_prefix(':') {
        Some(port) => Ok((address, port)),
        None if rest.is_empty() => Ok((address, "")),
        None => Err(Error::new(format!("{SUBJECT} has something other than a port after an IPv6 address"))),
    }
}

/// Adds SQLAlchemy's `?host=one:5432&host=two:5433`.
fn driver_hosts(text: &str, parameters: &mut Parameters) {
    let mut names = Vec::new();
    let mut ports = Vec::new();
    for one in text.split(',') {
        match one.rsplit_once(':') {
            Some((name, port)) if !name.contains(':') && port.bytes().all(|b| b.is_ascii_digit()) => {
                names.push(name);
                ports.push(port);
            }
            _ => {
                names.push(one);
                ports.push("");
            }
        }
    }
    parameters.set("host", names.join(","), ValueOrigin::Text);
    if ports.iter().any(|port| !port.is_empty()) {
        parameters.set("port", ports.join(","), ValueOrigin::Text);
    }
}

/// Decodes percent-encoding. `part` is named in the error, which never contains the text.
fn decode(text: &str, part: &str) -> Result<String> {
    let fault = |problem: &str| Error::new(format!("the {part} in {SUBJECT} {problem}")).hint(ENCODE);
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err(fault("has a `%` without two hexadecimal digits"));
        };
        match u8::try_from(high * 16 + low) {
            Ok(0) | Err(_) => return Err(fault("has a forbidden %00")),
            Ok(byte) => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).map_err(|_| fault("is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(&'static str, String)> {
        let parameters = parse(text).unwrap().unwrap();
        super::super::parameters::KEYWORDS
            .iter()
            .filter_map(|(name, _)| parameters.given(name).map(|value| (*name, value.to_owned())))
            .collect()
    }

    #[test]
    fn urls_are_parsed_like_libpq() {
        let table: &[(&str, &[(&str, &str)])] = &[
            ("postgresql://", &[]),
            ("postgresql://localhost", &[("host", "localhost")]),
            ("postgres://localhost:5433", &[("host", "localhost"), ("port", "5433")]),
            ("postgresql://localhost/mydb", &[("dbname", "mydb"), ("host", "localhost")]),
            ("postgresql://user@localhost", &[("host", "localhost"), ("user", "user")]),
            ("postgresql://user:secret@localhost", &[("host", "localhost"), ("password", "secret"), ("user", "user")]),
            (
                "postgresql:///mydb?host=localhost&port=5433",
                &[("dbname", "mydb"), ("host", "localhost"), ("port", "5433")],
            ),
            (
                "postgresql://[2001:db8::1234]:5433/database",
                &[("dbname", "database"), ("host", "2001:db8::1234"), ("port", "5433")],
            ),
            ("postgresql://[::1]/", &[("host", "::1")]),
            ("postgresql:///dbname?host=/var/lib/postgresql", &[("dbname", "dbname"), ("host", "/var/lib/postgresql")]),
            ("postgresql://%2Fvar%2Flib%2Fpostgresql/dbname", &[("dbname", "dbname"), ("host", "/var/lib/postgresql")]),
            ("postgresql://a:1,b,c:3/db", &[("dbname", "db"), ("host", "a,b,c"), ("port", "1,,3")]),
            ("postgresql://:5433/db", &[("dbname", "db"), ("port", "5433")]),
            (
                "postgresql://me:p%40ss%2Fw%25rd%3F@h/db",
                &[("dbname", "db"), ("host", "h"), ("password", "p@ss/w%rd?"), ("user", "me")],
            ),
            ("postgresql://me:p@s:s@h/db", &[("dbname", "db"), ("host", "h"), ("password", "p@s:s"), ("user", "me")]),
            (
                "postgresql://h/db?user=me&password=a%26b",
                &[("dbname", "db"), ("host", "h"), ("password", "a&b"), ("user", "me")],
            ),
            ("postgresql://h?ssl=true", &[("host", "h"), ("sslmode", "require")]),
            ("postgresql://h/%ED%95%A8%EC%88%98", &[("dbname", "함수"), ("host", "h")]),
            (
                "postgresql+psycopg2://me:x@h:5433/db",
                &[("dbname", "db"), ("host", "h"), ("password", "x"), ("port", "5433"), ("user", "me")],
            ),
            (
                "postgresql+asyncpg://h/db?ssl=verify-full&prepared_statement_cache_size=0",
                &[("dbname", "db"), ("host", "h"), ("sslmode", "verify-full")],
            ),
            (
                "postgresql+psycopg2://me@/db?host=a:1&host=b:2",
                &[("dbname", "db"), ("host", "a,b"), ("port", "1,2"), ("user", "me")],
            ),
            ("postgresql://me:a?b@h/db", &[("dbname", "db"), ("host", "h"), ("password", "a?b"), ("user", "me")]),
            ("postgresql://me@h?application_name=a@b", &[("application_name", "a@b"), ("host", "h"), ("user", "me")]),
            ("postgresql://h/a@b", &[("dbname", "a@b"), ("host", "h")]),
        ];
        for (text, expected) in table {
            let expected: Vec<_> = expected.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn text_without_a_scheme_is_not_a_url() {
        for text in ["host=localhost", "", "dbname=a://b c", "mydb"] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn errors_name_the_part_and_hide_the_password() {
        for (text, says) in [
            ("mysql://me:hunter2@h/db", "`mysql://` is not a PostgreSQL scheme"),
            ("jdbc:postgresql://h/db?password=hunter2", "`jdbc:postgresql://` is not a PostgreSQL scheme"),
            ("postgresql://me:hunter2%@h/db", "the password in"),
            ("postgresql://me:hunter2%zz@h/db", "the password in"),
            ("postgresql://me:hunter2%00@h/db", "the password in"),
            ("postgresql://me:hunter2%ff@h/db", "the password in"),
            ("postgresql://me:hunter2/more@h/db", "its password seems to contain"),
            ("postgresql://me:p@hunter2/more@h/db", "its password seems to contain"),
            ("postgresql://me:p@1?hunter2=x@h/db", "unknown keyword after the password"),
            ("postgresql://h/db?password=a&hunter2=b", "unknown keyword after the password"),
            ("postgresql://h/db?password=a&hunter2", "without a value"),
            ("postgresql://me:hunter2@h:54x/db", "port that is not a number"),
            ("postgresql://me:hunter2@[::1/db", "without its closing"),
            ("postgresql://me:hunter2@[::1]x/db", "something other than a port"),
            ("postgresql://me:hunter2@h/db?sslmod=require", "unknown keyword `sslmod`"),
            ("postgresql://me:hunter2@h/db?prepared_statement_cache_size=0", "unknown keyword"),
        ] {
            let report = parse(text).unwrap().err().unwrap().report();
            assert!(report.contains(says), "{text}: {report}");
            assert!(!report.contains("hunter2"), "{text}: {report}");
        }
    }
}
