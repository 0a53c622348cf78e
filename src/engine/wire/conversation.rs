//! The conversation between one driver and the server.

use std::convert::Infallible;
use std::io;

use bytes::BytesMut;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;

use super::extended::Prepares;
use super::frame::{Frame, FrameReader, ServerError, TransactionStatus};
use super::observer::{Observer, Refusal, Verdict, WireStatement};
use super::relay::{Exchange, Relay};
use super::socket::WireClient;
use super::{reply, startup};
use crate::core::sql::qualify_names;
use crate::engine::connection::{CONNECTION_LOST, Session, Turn};

/// What a driver learns about the server when it connects.
const PARAMETERS: &str = "SELECT n, current_setting(n, true) FROM unnest(ARRAY['server_version', 'server_encoding',
    'client_encoding', 'application_name', 'is_superuser', 'session_authorization', 'DateStyle', 'IntervalStyle', 'TimeZone',
    'integer_datetimes', 'standard_conforming_strings']) AS t(n)";

/// Why a conversation has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConversationEnd {
    /// The driver has disconnected.
    Left,
    /// The observer has refused a statement, and the driver was disconnected.
    Refused,
    /// The server has closed the connection.
    ServerLost,
    /// The driver does not speak the protocol.
    Invalid(String),
}

type Result<T> = std::result::Result<T, ConversationEnd>;

/// A conversation on one session.
pub struct Conversation<'a, O> {
    session: &'a Session,
    observer: &'a O,
    driver: UnixStream,
    from_driver: FrameReader,
    from_server: FrameReader,
    /// Held while the driver uses the session.
    turn: Option<Turn>,
    pub(super) prepares: Prepares,
    pub(super) status: TransactionStatus,
    /// After an error, until the driver's next Sync.
    pub(super) is_skipping: bool,
    /// Ends the conversation when the driver is idle.
    over: &'a CancellationToken,
}

impl<'a, O: Observer> Conversation<'a, O> {
    /// Speaks with a driver until it disconnects, or until it is idle and `over` is cancelled. `secret`: what the driver
    /// sends to cancel its statement.
    pub async fn hold(
        session: &'a Session,
        observer: &'a O,
        client: WireClient,
        secret: i32,
        over: &'a CancellationToken,
    ) -> ConversationEnd {
        let WireClient { stream, reader, parameters } = client;
        let mut conversation = Self {
            session,
            observer,
            driver: stream,
            from_driver: reader,
            from_server: FrameReader::default(),
            turn: None,
            prepares: Prepares::default(),
            status: TransactionStatus::Idle,
            is_skipping: false,
            over,
        };
        let Err(end) = conversation.converse(&parameters, secret).await;
        if end != ConversationEnd::ServerLost {
            // Another driver may use the session next.
            let mut frames = conversation.prepares.close_all();
            frames.push(Frame::new(b'S', b""));
            let _ = conversation.exchange(&frames, &mut [], 0).await;
        }
        end
    }

    async fn converse(&mut self, parameters: &[(String, String)], secret: i32) -> Result<Infallible> {
        self.start(parameters, secret).await?;
        let mut frames = Vec::new();
        loop {
            let frame = self.next_from_driver().await?;
            match frame.kind {
                b'X' => return Err(ConversationEnd::Left),
                b'Q' => self.query(frame).await?,
                // Within a transaction, Sync in place of Flush changes nothing but the answer, which is left out.
                b'S' | b'H' => self.unit(std::mem::take(&mut frames), frame.kind == b'S').await?,
                b'F' => {
                    self.exchange(&[frame], &mut [], 0).await?;
                    self.send_ready().await?;
                }
                _ => frames.push(frame),
            }
        }
    }

    /// Sets what the driver asks for, and tells it about the session.
    async fn start(&mut self, parameters: &[(String, String)], secret: i32) -> Result<()> {
        let client = self.session.client();
        for (name, value) in startup::settings(parameters) {
            let set = "SELECT pg_catalog.set_config($1, $2, false)";
            if let Err(error) = client.query(set, &[&name, &value]).await {
                return self.disconnect(&format!("{name} = {value}: {error}")).await;
            }
        }
        let mut out = BytesMut::new();
        reply::authenticated().write(&mut out);
        let known = client.query(&qualify_names(PARAMETERS), &[]).await.map_err(|_| ConversationEnd::ServerLost)?;
        for row in &known {
            reply::parameter(row.get(0), row.get::<_, Option<&str>>(1).unwrap_or_default()).write(&mut out);
        }
        reply::key(self.session.server().backend_pid, secret).write(&mut out);
        reply::ready(TransactionStatus::Idle).write(&mut out);
        self.send(&out).await
    }

    /// Waits for the driver. Forwards what the server sends meanwhile, such as notifications.
    async fn next_from_driver(&mut self) -> Result<Frame> {
        loop {
            self.take_turn().await;
            let Some(turn) = &mut self.turn else { continue };
            tokio::select! {
                () = self.over.cancelled() => return Err(ConversationEnd::Left),
                frame = self.from_driver.next(&mut self.driver) => return match frame {
                    Ok(Some(frame)) => Ok(frame),
                    Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                        Err(ConversationEnd::Invalid(error.to_string()))
                    }
                    Ok(None) | Err(_) => Err(ConversationEnd::Left),
                },
                frame = self.from_server.next(turn) => {
                    let Ok(Some(frame)) = frame else { return self.lose_server().await };
                    if frame.kind == b'N' {
                        self.observer.notice(ServerError::read(&frame.body));
                    }
                    let mut out = BytesMut::new();
                    frame.write(&mut out);
                    self.send(&out).await?;
                }
            }
        }
    }

    pub(super) fn verdict(&self, statement: &WireStatement) -> Verdict {
        match self.status {
            // The server rejects everything but the end of the transaction.
            TransactionStatus::Failed if self.observer.examine(statement) != Verdict::Substitute => Verdict::Forward,
            _ => self.observer.examine(statement),
        }
    }

    /// Lets the observer run something else, and answers as if the statement had run.
    pub(super) async fn substitute(&mut self, statements: &[WireStatement]) -> Result<()> {
        let Some(statement) = statements.last() else { return Ok(()) };
        self.release_turn().await?;
        match self.observer.substitute(statement).await {
            Ok(status) => self.status = status,
            Err(refusal) => return self.refuse(refusal).await,
        }
        let mut out = BytesMut::new();
        reply::complete(&statement.text).write(&mut out);
        self.send(&out).await
    }

    /// Lets the observer decide about the last of these statements, which is held.
    pub(super) async fn admit(&mut self, statements: &[WireStatement]) -> Result<()> {
        let Some(statement) = statements.last() else { return Ok(()) };
        self.release_turn().await?;
        if statement.sql().is_none() {
            let mut literals = Vec::with_capacity(statement.parameters.len());
            for parameter in &statement.parameters {
                literals.push(match parameter.literal() {
                    Some(literal) => literal,
                    None => match parameter.ask_for_literal(self.session.client()).await {
                        Ok(literal) => literal,
                        Err(error) => return self.disconnect(&format!("a parameter cannot be read: {error}")).await,
                    },
                });
            }
            statement.bind(&literals);
        }
        match self.observer.admit(statement).await {
            Ok(()) => Ok(()),
            Err(refusal) => self.refuse(refusal).await,
        }
    }

    pub(super) async fn complete(&mut self, statements: &[WireStatement], exchange: &Exchange) -> Result<()> {
        let Some(statement) = statements.last().filter(|_| !exchange.is_failed) else { return Ok(()) };
        self.release_turn().await?;
        match self.observer.complete(statement, exchange.rows.last().copied().flatten()).await {
            Ok(()) => Ok(()),
            Err(refusal) => self.refuse(refusal).await,
        }
    }

    /// Runs a statement of the wire itself, whose answer the driver does not get.
    pub(super) async fn run_own(&mut self, sql: &str) -> Result<()> {
        self.release_turn().await?;
        match self.session.client().batch_execute(sql).await {
            Ok(()) => {
                self.status = if sql == "BEGIN" { TransactionStatus::InTransaction } else { TransactionStatus::Idle };
                Ok(())
            }
            Err(error) => self.disconnect(&error.to_string()).await,
        }
    }

    /// Sends messages to the server, and its answers to the driver, except `ReadyForQuery`.
    pub(super) async fn exchange(
        &mut self,
        frames: &[Frame],
        statements: &mut [WireStatement],
        repeated: usize,
    ) -> Result<Exchange> {
        self.take_turn().await;
        let Some(turn) = &mut self.turn else { return Err(ConversationEnd::ServerLost) };
        let relay = Relay {
            observer: self.observer,
            driver: &mut self.driver,
            from_driver: &mut self.from_driver,
            server: turn,
            from_server: &mut self.from_server,
            prepares: &mut self.prepares,
        };
        let exchanged = self.observer.watch(relay.run(frames, statements, repeated)).await;
        let Ok(exchange) = exchanged else { return self.lose_server().await };
        self.status = self.observer.shown_status(exchange.status);
        for (statement, rows) in statements.iter().zip(&exchange.rows) {
            self.observer.executed(statement, *rows, exchange.status);
        }
        if exchange.is_driver_gone { Err(ConversationEnd::Left) } else { Ok(exchange) }
    }

    async fn take_turn(&mut self) {
        if self.turn.is_none() {
            self.turn = Some(self.session.turns().take().await);
        }
    }

    /// Gives the session to limbeck's client.
    async fn release_turn(&mut self) -> Result<()> {
        let Some(mut turn) = self.turn.take() else { return Ok(()) };
        let mut out = BytesMut::new();
        while self.from_server.has_part() {
            match self.from_server.next(&mut turn).await {
                Ok(Some(frame)) => frame.write(&mut out),
                _ => return self.lose_server().await,
            }
        }
        drop(turn);
        self.prepares.lose_unnamed();
        if out.is_empty() { Ok(()) } else { self.send(&out).await }
    }

    pub(super) async fn send_ready(&mut self) -> Result<()> {
        let mut out = BytesMut::new();
        reply::ready(self.status).write(&mut out);
        self.send(&out).await
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.driver.write_all(bytes).await.map_err(|_| ConversationEnd::Left)
    }

    async fn refuse<T>(&mut self, refusal: Refusal) -> Result<T> {
        self.disconnect(&refusal.0).await
    }

    /// Ends the conversation with an error for the driver.
    async fn disconnect<T>(&mut self, message: &str) -> Result<T> {
        let mut out = BytesMut::new();
        reply::fatal(message).write(&mut out);
        let _ = self.send(&out).await;
        Err(ConversationEnd::Refused)
    }

    async fn lose_server<T>(&mut self) -> Result<T> {
        let mut out = BytesMut::new();
        reply::fatal(CONNECTION_LOST).write(&mut out);
        let _ = self.send(&out).await;
        Err(ConversationEnd::ServerLost)
    }
}
