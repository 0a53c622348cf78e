//! Opens connections: tries each host in order, with or without TLS, until one accepts with the required attributes.

mod background;
mod errors;
mod messages;
mod probe;
mod startup_pid;
mod turns;
mod wire;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio_postgres::config::{ChannelBinding as WireBinding, SslMode as WireMode, SslNegotiation};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{CancelToken, Client, Config, Connection};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::conninfo::{ChannelBinding, ConnInfo, Endpoint, SessionAttributes};
use super::server_info::{ServerInfo, WriteAccess};
use super::tls::SslMode;
use crate::engine::{Error, ErrorKind, Result};
use errors::ConnectFailure;
use probe::Probe;
use turns::{SharedStream, SharedTls};
use wire::{ServerAddress, Wire};

pub(super) use background::BackgroundTask;
pub use errors::{CONNECTION_LOST, database_error, is_row_security_error};
pub use probe::without_idle_timeouts;
pub use turns::{ConnectionTurns, Turn};

/// The stream above TLS is shared; without TLS, the stream itself is.
type RawStream = SharedStream<Wire>;
type TlsStream = SharedStream<<MakeRustlsConnect as MakeTlsConnect<RawStream>>::Stream>;
/// The connection object. It must be polled so that the client works.
pub(super) type Driver = Connection<RawStream, TlsStream>;

/// An open connection with the required attributes.
pub(super) struct Connected {
    pub client: Client,
    pub server: ServerInfo,
    pub access: WriteAccess,
    pub background: BackgroundTask,
    pub route: CancelRoute,
    /// Whether a connection pooler is between this client and the server process.
    pub is_pooled: bool,
    pub turns: ConnectionTurns,
}

/// The address and the settings to open a second connection that cancels the running statement.
#[derive(Clone)]
pub(super) struct CancelRoute {
    address: ServerAddress,
    host: String,
    connector: MakeRustlsConnect,
    token: CancelToken,
    timeout: Option<Duration>,
}

impl CancelRoute {
    /// Sends a cancel request and waits until the server has processed it.
    pub(super) async fn cancel(mut self) -> Result<()> {
        let limit = self.timeout.unwrap_or(Duration::from_secs(10));
        let failed = |cause: String| {
            Error::of(ErrorKind::Connection, "the server cannot be reached to cancel the statement").because(cause)
        };
        let work = async {
            let (wire, done) = wire::open(&self.address, super::conninfo::Keepalive::default())
                .await
                .map_err(|error| failed(error.to_string()))?
                .watched();
            let tls = connect_tls::<Wire>(&mut self.connector, &self.host);
            self.token.cancel_query_raw(wire, tls).await.map_err(|error| failed(errors::chain(&error)))?;
            done.until_closed().await;
            Ok(())
        };
        tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(failed("timeout".to_owned())))
    }
}

/// Opens a connection.
///
/// # Errors
/// Of kind `Connection` when no host can be reached; `Failed` when a host refuses the connection.
pub(super) async fn connect(conninfo: &ConnInfo, application: &str) -> Result<Connected> {
    let (connector, tls_error) = match conninfo.tls.connector() {
        Ok(connector) => (connector, None),
        // With sslmode=prefer or allow, libpq connects without TLS when TLS cannot be set up.
        Err(error) if conninfo.tls.mode < SslMode::Require => {
            (super::tls::TlsSettings::disabled().connector()?, Some(error))
        }
        Err(error) => return Err(error),
    };
    let attempt = Attempt { conninfo, application, connector, tls: tls_error.is_none() };
    let mut failures = Vec::new();
    for required in passes(conninfo.attributes) {
        failures.clear();
        for endpoint in &conninfo.endpoints {
            match attempt.endpoint(endpoint, required).await {
                Ok(connected) => return Ok(connected),
                Err(error) if error.kind == ErrorKind::Connection => failures.push(error),
                Err(error) => return Err(add_tls_error(error, tls_error)),
            }
        }
    }
    Err(add_tls_error(errors::no_host_accepted(failures, conninfo), tls_error))
}

fn add_tls_error(error: Error, tls_error: Option<Error>) -> Error {
    match tls_error {
        Some(tls_error) => error.because(format!("TLS was not used: {}", tls_error.message)),
        None => error,
    }
}

/// Returns the attributes to search for, in order. `prefer-standby` searches all hosts for a standby before it accepts
/// any server.
fn passes(attributes: SessionAttributes) -> Vec<SessionAttributes> {
    match attributes {
        SessionAttributes::PreferStandby => vec![SessionAttributes::Standby, SessionAttributes::Any],
        other => vec![other],
    }
}

fn connect_tls<S>(connector: &mut MakeRustlsConnect, host: &str) -> <MakeRustlsConnect as MakeTlsConnect<S>>::TlsConnect
where
    MakeRustlsConnect: MakeTlsConnect<S, Error = std::convert::Infallible>,
{
    let Ok(tls) = MakeTlsConnect::<S>::make_tls_connect(connector, host);
    tls
}

struct Attempt<'a> {
    conninfo: &'a ConnInfo,
    application: &'a str,
    connector: MakeRustlsConnect,
    /// Whether TLS can be used.
    tls: bool,
}

impl Attempt<'_> {
    /// Tries every address of a host.
    async fn endpoint(&self, endpoint: &Endpoint, required: SessionAttributes) -> Result<Connected> {
        let to_error = |failure: ConnectFailure| failure.into_error(self.conninfo, endpoint);
        let addresses = wire::addresses(endpoint).await.map_err(|error| to_error(ConnectFailure::Lookup(error)))?;
        let mut last = None;
        for address in addresses {
            match self.address(endpoint, &address, required).await {
                Ok(connected) => return Ok(connected),
                Err(failure) => {
                    let error = to_error(failure);
                    if error.kind != ErrorKind::Connection {
                        return Err(error);
                    }
                    last = Some(error);
                }
            }
        }
        Err(last.unwrap_or_else(|| to_error(ConnectFailure::NoAddress)))
    }

    /// Tries an address with and without TLS, as `sslmode` requires.
    async fn address(
        &self,
        endpoint: &Endpoint,
        address: &ServerAddress,
        required: SessionAttributes,
    ) -> Result<Connected, ConnectFailure> {
        let mut first = None;
        for mode in self.modes(address) {
            let work = self.once(endpoint, address, *mode, required);
            let done = match self.conninfo.connect_timeout {
                Some(limit) => tokio::time::timeout(limit, work).await.unwrap_or(Err(ConnectFailure::TimedOut(limit))),
                None => work.await,
            };
            match done {
                Ok(connected) => return Ok(connected),
                Err(failure) if failure.depends_on_tls() => first = first.or(Some(failure)),
                Err(failure) => return Err(first.unwrap_or(failure)),
            }
        }
        Err(first.unwrap_or(ConnectFailure::NoAddress))
    }

    fn modes(&self, address: &ServerAddress) -> &'static [WireMode] {
        // PostgreSQL never uses TLS on Unix sockets.
        if matches!(address, ServerAddress::Socket(_)) || !self.tls {
            return &[WireMode::Disable];
        }
        match self.conninfo.tls.mode {
            SslMode::Disable => &[WireMode::Disable],
            SslMode::Allow => &[WireMode::Disable, WireMode::Require],
            SslMode::Prefer => &[WireMode::Prefer, WireMode::Disable],
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => &[WireMode::Require],
        }
    }

    async fn once(
        &self,
        endpoint: &Endpoint,
        address: &ServerAddress,
        mode: WireMode,
        required: SessionAttributes,
    ) -> Result<Connected, ConnectFailure> {
        let host = endpoint.host_name();
        let mut connector = self.connector.clone();
        let wire = wire::open(address, self.conninfo.keepalive).await.map_err(ConnectFailure::Unreachable)?;
        let stream = SharedStream::new(wire);
        let (turns, tls_turns) = (stream.turns(), Arc::new(OnceLock::new()));
        let tls = SharedTls { tls: connect_tls::<RawStream>(&mut connector, &host), turns: tls_turns.clone() };
        let (client, driver) = self
            .config(endpoint, mode)
            .connect_raw(stream, tls)
            .await
            .map_err(|error| ConnectFailure::refused(error, mode))?;
        let token = client.cancel_token();
        let major = probe::major(driver.parameter("server_version").unwrap_or_default());
        let announced = startup_pid::read(&token).await;
        let background = BackgroundTask::spawn(driver);
        let probe = Probe::ask(&client, major, &self.conninfo.settings).await;
        let probe = probe.map_err(|error| ConnectFailure::refused(error, mode))?;
        if !probe.has_attributes(required) {
            return Err(ConnectFailure::Unsuitable(required));
        }
        let route = CancelRoute {
            address: address.clone(),
            host: host.clone(),
            connector,
            token,
            timeout: self.conninfo.connect_timeout,
        };
        let server = probe.server(host, endpoint.port);
        let is_pooled = announced.is_some_and(|announced| announced != server.backend_pid);
        let turns = tls_turns.get().cloned().unwrap_or(turns);
        Ok(Connected { client, server, access: probe.write_access(), background, route, is_pooled, turns })
    }

    fn config(&self, endpoint: &Endpoint, mode: WireMode) -> Config {
        let conninfo = self.conninfo;
        let mut config = Config::new();
        config.user(conninfo.user()).dbname(conninfo.database()).ssl_mode(mode);
        config.application_name(conninfo.application.as_deref().unwrap_or(self.application));
        if let Some(password) = conninfo.password_for(endpoint) {
            config.password(password.reveal());
        }
        if let Some(options) = &conninfo.options {
            config.options(options);
        }
        config.ssl_negotiation(if conninfo.tls.direct { SslNegotiation::Direct } else { SslNegotiation::Postgres });
        config.channel_binding(match conninfo.channel_binding {
            ChannelBinding::Disable => WireBinding::Disable,
            ChannelBinding::Prefer => WireBinding::Prefer,
            ChannelBinding::Require => WireBinding::Require,
        });
        config
    }
}
