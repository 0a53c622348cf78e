//! From a `ConnInfo` to a connection: hosts in their order, with TLS or without, until one is as asked for.

mod background;
mod errors;
mod probe;
mod wire;

use std::time::Duration;

use tokio_postgres::config::{ChannelBinding as WireBinding, SslMode as WireMode, SslNegotiation};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{CancelToken, Client, Config, Connection};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::conninfo::{ChannelBinding, ConnInfo, Endpoint, SessionAttributes};
use super::server_info::ServerInfo;
use super::tls::SslMode;
use crate::engine::{Error, ErrorKind, Result};
use errors::Failure;
use probe::Probe;
use wire::{Address, Wire};

pub(super) use background::BackgroundTask;
pub use errors::database_error;

type TlsStream = <MakeRustlsConnect as MakeTlsConnect<Wire>>::Stream;
/// What has to be polled for a client to work.
pub(super) type Driver = Connection<Wire, TlsStream>;

/// A connection that is as asked for.
pub(super) struct Connected {
    pub client: Client,
    pub server: ServerInfo,
    pub background: BackgroundTask,
    pub route: Route,
}

/// The way to the server, for a second connection that cancels what the first one does.
#[derive(Clone)]
pub(super) struct Route {
    address: Address,
    host: String,
    connector: MakeRustlsConnect,
    token: CancelToken,
    timeout: Option<Duration>,
}

impl Route {
    /// Sends a cancel request and waits until the server has taken it.
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
            let tls = connect_tls(&mut self.connector, &self.host);
            self.token.cancel_query_raw(wire, tls).await.map_err(|error| failed(errors::chain(&error)))?;
            done.until_closed().await;
            Ok(())
        };
        tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(failed("it does not answer".to_owned())))
    }
}

/// Opens a connection.
///
/// # Errors
/// Of kind `Connection` when no host can be reached, `Failed` when one refuses.
pub(super) async fn connect(conninfo: &ConnInfo, application: &str) -> Result<Connected> {
    let (connector, tls_fault) = match conninfo.tls.connector() {
        Ok(connector) => (connector, None),
        // libpq goes on without TLS where it is only preferred.
        Err(fault) if conninfo.tls.mode < SslMode::Require => {
            (super::tls::TlsSettings::disabled().connector()?, Some(fault))
        }
        Err(fault) => return Err(fault),
    };
    let attempt = Attempt { conninfo, application, connector, tls: tls_fault.is_none() };
    let mut failures = Vec::new();
    for wanted in passes(conninfo.attributes) {
        failures.clear();
        for endpoint in &conninfo.endpoints {
            match attempt.endpoint(endpoint, wanted).await {
                Ok(connected) => return Ok(connected),
                Err(error) if error.kind == ErrorKind::Connection => failures.push(error),
                Err(error) => return Err(with_fault(error, tls_fault)),
            }
        }
    }
    Err(with_fault(errors::none_served(failures, conninfo), tls_fault))
}

fn with_fault(error: Error, fault: Option<Error>) -> Error {
    match fault {
        Some(fault) => error.because(format!("TLS was left out: {}", fault.message)),
        None => error,
    }
}

/// `prefer-standby` looks at every host for a standby before it takes any.
fn passes(attributes: SessionAttributes) -> Vec<SessionAttributes> {
    match attributes {
        SessionAttributes::PreferStandby => vec![SessionAttributes::Standby, SessionAttributes::Any],
        other => vec![other],
    }
}

fn connect_tls(
    connector: &mut MakeRustlsConnect,
    host: &str,
) -> <MakeRustlsConnect as MakeTlsConnect<Wire>>::TlsConnect {
    let Ok(tls) = MakeTlsConnect::<Wire>::make_tls_connect(connector, host);
    tls
}

struct Attempt<'a> {
    conninfo: &'a ConnInfo,
    application: &'a str,
    connector: MakeRustlsConnect,
    /// Whether the connector can be used at all.
    tls: bool,
}

impl Attempt<'_> {
    /// Tries every address of a host.
    async fn endpoint(&self, endpoint: &Endpoint, wanted: SessionAttributes) -> Result<Connected> {
        let judge = |failure: Failure| failure.into_error(self.conninfo, endpoint);
        let addresses = wire::addresses(endpoint).await.map_err(|error| judge(Failure::Lookup(error)))?;
        let mut last = None;
        for address in addresses {
            match self.address(endpoint, &address, wanted).await {
                Ok(connected) => return Ok(connected),
                Err(failure) => {
                    let error = judge(failure);
                    if error.kind != ErrorKind::Connection {
                        return Err(error);
                    }
                    last = Some(error);
                }
            }
        }
        Err(last.unwrap_or_else(|| judge(Failure::NoAddress)))
    }

    /// Tries an address with and without TLS, as `sslmode` has it.
    async fn address(
        &self,
        endpoint: &Endpoint,
        address: &Address,
        wanted: SessionAttributes,
    ) -> Result<Connected, Failure> {
        let mut first = None;
        for mode in self.modes(address) {
            let work = self.once(endpoint, address, *mode, wanted);
            let done = match self.conninfo.connect_timeout {
                Some(limit) => tokio::time::timeout(limit, work).await.unwrap_or(Err(Failure::TimedOut(limit))),
                None => work.await,
            };
            match done {
                Ok(connected) => return Ok(connected),
                Err(failure) if failure.depends_on_tls() => first = first.or(Some(failure)),
                Err(failure) => return Err(first.unwrap_or(failure)),
            }
        }
        Err(first.unwrap_or(Failure::NoAddress))
    }

    fn modes(&self, address: &Address) -> &'static [WireMode] {
        // PostgreSQL has no TLS on Unix sockets, whatever sslmode says.
        if matches!(address, Address::Socket(_)) || !self.tls {
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
        address: &Address,
        mode: WireMode,
        wanted: SessionAttributes,
    ) -> Result<Connected, Failure> {
        let host = endpoint.host_name();
        let mut connector = self.connector.clone();
        let wire = wire::open(address, self.conninfo.keepalive).await.map_err(Failure::Unreachable)?;
        let tls = connect_tls(&mut connector, &host);
        let (client, driver) =
            self.config(endpoint, mode).connect_raw(wire, tls).await.map_err(|error| Failure::refused(error, mode))?;
        let token = client.cancel_token();
        let background = BackgroundTask::spawn(driver);
        let probe =
            Probe::ask(&client, &self.conninfo.settings).await.map_err(|error| Failure::refused(error, mode))?;
        if !probe.is(wanted) {
            return Err(Failure::Unsuitable(wanted));
        }
        let route = Route {
            address: address.clone(),
            host: host.clone(),
            connector,
            token,
            timeout: self.conninfo.connect_timeout,
        };
        Ok(Connected { client, server: probe.server(host, endpoint.port), background, route })
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
