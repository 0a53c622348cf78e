//! Converts parameters into a `ConnInfo`. Errors name the parameter.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::parameters::Parameters;
use super::{ChannelBinding, ConnInfo, DEFAULT_CONNECT_TIMEOUT, Keepalive, SessionAttributes, hosts};
use crate::engine::connection::pgpass::{PasswordFile, Secret};
use crate::engine::connection::tls::{SslMode, TlsSettings, TlsVersion, TrustedRoots};
use crate::engine::connection::variables::Variables;
use crate::engine::{Error, Result};

/// Variables of libpq that set session parameters.
const SETTINGS: &[(&str, &str)] = &[("PGTZ", "timezone"), ("PGDATESTYLE", "datestyle"), ("PGGEQO", "geqo")];

pub(super) fn build(parameters: &Parameters, variables: &Variables) -> Result<ConnInfo> {
    refuse_unsupported_requirements(parameters)?;
    let endpoints = hosts::endpoints(parameters)?;
    let user = user(parameters, variables)?;
    let database = parameters.get("dbname").unwrap_or(&user).to_owned();
    let password = parameters.get("password").map(Secret::new);
    let (password_file, warning) = match password_path(parameters, variables) {
        Some(path) if password.is_none() => PasswordFile::read(&path),
        _ => (PasswordFile::default(), None),
    };
    Ok(ConnInfo {
        endpoints,
        database,
        user,
        password,
        password_file: Arc::new(password_file),
        options: parameters.get("options").map(str::to_owned),
        application: parameters.get("application_name").map(str::to_owned),
        connect_timeout: connect_timeout(parameters)?,
        attributes: choice(parameters, "target_session_attrs", &SessionAttributes::NAMES)?.unwrap_or_default(),
        channel_binding: choice(parameters, "channel_binding", CHANNEL_BINDINGS)?.unwrap_or_default(),
        keepalive: keepalive(parameters)?,
        tls: tls(parameters, variables)?,
        service_file: Arc::default(),
        settings: SETTINGS
            .iter()
            .filter_map(|(variable, setting)| Some((*setting, variables.get(variable)?.to_owned())))
            .collect(),
        warnings: warning.into_iter().collect(),
    })
}

const CHANNEL_BINDINGS: &[(&str, ChannelBinding)] =
    &[("disable", ChannelBinding::Disable), ("prefer", ChannelBinding::Prefer), ("require", ChannelBinding::Require)];

/// Refuses parameters that require a security feature that limbeck does not have.
fn refuse_unsupported_requirements(parameters: &Parameters) -> Result<()> {
    let is_required = |keyword: &str| match keyword {
        "gssencmode" => parameters.get(keyword) == Some("require"),
        _ => parameters.get(keyword).is_some(),
    };
    match ["gssencmode", "require_auth", "requirepeer"].into_iter().find(|keyword| is_required(keyword)) {
        None => Ok(()),
        Some(keyword) => {
            Err(Error::new(format!("{} requires a feature that limbeck does not support", parameters.part(keyword)))
                .hint(format!("remove {keyword}; sslmode=verify-full and channel_binding=require are supported")))
        }
    }
}

fn user(parameters: &Parameters, variables: &Variables) -> Result<String> {
    if let Some(user) = parameters.get("user") {
        return Ok(user.to_owned());
    }
    let named = |name| variables.get(name).filter(|user| !user.is_empty()).map(str::to_owned);
    whoami::username()
        .ok()
        .or_else(|| named("USER"))
        .or_else(|| named("LOGNAME"))
        .ok_or_else(|| Error::new("no user name is set").hint("set one in the URL or in PGUSER"))
}

fn password_path(parameters: &Parameters, variables: &Variables) -> Option<PathBuf> {
    let default = || variables.home.as_ref().map(|home| home.join(".pgpass"));
    parameters.get("passfile").map(PathBuf::from).or_else(default)
}

fn choice<T: Copy>(parameters: &Parameters, keyword: &str, choices: &[(&str, T)]) -> Result<Option<T>> {
    let Some(value) = parameters.get(keyword) else { return Ok(None) };
    let found = choices.iter().find(|(name, _)| *name == value).map(|(_, choice)| *choice);
    let names = || choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    found.map(Some).ok_or_else(|| parameters.not_one_of(keyword, names()))
}

fn integer(parameters: &Parameters, keyword: &str) -> Result<Option<i32>> {
    let Some(value) = parameters.get(keyword) else { return Ok(None) };
    value
        .trim()
        .parse()
        .map(Some)
        .map_err(|_| Error::new(format!("{} is not a whole number", parameters.part(keyword))))
}

fn positive(parameters: &Parameters, keyword: &str) -> Result<Option<u32>> {
    Ok(integer(parameters, keyword)?.and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0))
}

/// Returns the limit for one address. 0 means no limit, as in libpq. libpq uses at least two seconds, so that the host
/// name can be looked up in time.
fn connect_timeout(parameters: &Parameters) -> Result<Option<Duration>> {
    if integer(parameters, "connect_timeout")?.is_none() {
        return Ok(Some(DEFAULT_CONNECT_TIMEOUT));
    }
    Ok(positive(parameters, "connect_timeout")?.map(|seconds| Duration::from_secs(u64::from(seconds.max(2)))))
}

/// The keepalive settings. Without a value, a dead server is noticed after two minutes; the default of most systems is
/// two hours. 0 means the default of the system, as in libpq.
fn keepalive(parameters: &Parameters) -> Result<Keepalive> {
    let number = |keyword, default| -> Result<Option<u32>> {
        Ok(if integer(parameters, keyword)?.is_none() { Some(default) } else { positive(parameters, keyword)? })
    };
    let seconds = |keyword, default| -> Result<Option<Duration>> {
        Ok(number(keyword, default)?.map(|seconds| Duration::from_secs(u64::from(seconds))))
    };
    Ok(Keepalive {
        off: integer(parameters, "keepalives")? == Some(0),
        idle: seconds("keepalives_idle", 60)?,
        interval: seconds("keepalives_interval", 10)?,
        count: number("keepalives_count", 6)?,
        user_timeout: positive(parameters, "tcp_user_timeout")?.map(|ms| Duration::from_millis(u64::from(ms))),
    })
}

fn tls(parameters: &Parameters, variables: &Variables) -> Result<TlsSettings> {
    let folder = variables.home.as_ref().map(|home| home.join(".postgresql"));
    let file = |keyword: &str, name: &str| match parameters.get(keyword) {
        Some(path) => Some((PathBuf::from(path), true)),
        None => folder.as_ref().map(|folder| (folder.join(name), false)),
    };
    let existing = |keyword: &str, name: &str| {
        file(keyword, name).filter(|(path, named)| *named || path.exists()).map(|(path, _)| path)
    };
    let system = parameters.get("sslrootcert") == Some("system");
    let client = parameters.get("sslcertmode") != Some("disable");
    Ok(TlsSettings {
        mode: ssl_mode(parameters, system)?,
        roots: if system {
            TrustedRoots::System
        } else {
            existing("sslrootcert", "root.crt").map_or_else(|| TrustedRoots::None(folder.clone()), TrustedRoots::File)
        },
        certificate: existing("sslcert", "postgresql.crt").filter(|_| client),
        key: file("sslkey", "postgresql.key").map(|(path, _)| path),
        key_password: parameters.get("sslpassword").map(Secret::new),
        revoked: existing("sslcrl", "root.crl"),
        revoked_folder: parameters.get("sslcrldir").map(|path| Path::new(path).to_owned()),
        server_name: parameters.get("sslsni") != Some("0"),
        direct: choice(parameters, "sslnegotiation", &[("postgres", false), ("direct", true)])?.unwrap_or_default(),
        oldest: version(parameters, "ssl_min_protocol_version")?,
        newest: version(parameters, "ssl_max_protocol_version")?,
    })
}

fn ssl_mode(parameters: &Parameters, system: bool) -> Result<SslMode> {
    let given = choice(parameters, "sslmode", &SslMode::NAMES)?;
    if system && given.is_some_and(|mode| mode != SslMode::VerifyFull) {
        return Err(Error::new(format!("{} is not secure enough for sslrootcert=system", parameters.part("sslmode")))
            .hint("use sslmode=verify-full: anyone can get a certificate that the system trusts"));
    }
    let mode = match given {
        Some(mode) => mode,
        None if system => SslMode::VerifyFull,
        None if parameters.get("requiressl") == Some("1") => SslMode::Require,
        None => SslMode::Prefer,
    };
    if parameters.get("sslnegotiation") == Some("direct") && mode < SslMode::Require {
        return Err(Error::new(format!("{} requires another sslmode", parameters.part("sslnegotiation")))
            .hint("use sslmode=require or verify-full"));
    }
    Ok(mode)
}

fn version(parameters: &Parameters, keyword: &str) -> Result<Option<TlsVersion>> {
    const VERSIONS: &[(&str, TlsVersion)] = &[
        ("TLSv1", TlsVersion::Older),
        ("TLSv1.1", TlsVersion::Older),
        ("TLSv1.2", TlsVersion::Tls12),
        ("TLSv1.3", TlsVersion::Tls13),
    ];
    choice(parameters, keyword, VERSIONS)
}
