//! Forwards one exchange: the messages of the driver, and the answers of the server up to `ReadyForQuery`.

use std::io;

use bytes::BytesMut;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;

use super::extended::Prepares;
use super::frame::{Fields, Frame, FrameReader, ServerError, TransactionStatus};
use super::observer::{Observer, WireStatement};
use crate::engine::connection::Turn;

/// How many bytes of answers are collected before they are written.
const WRITE_SIZE: usize = 64 * 1024;
/// The longest data of `COPY … FROM STDIN` that is recorded.
const COPY_LIMIT: usize = 1 << 20;

/// The result of an exchange.
#[derive(Debug, Default)]
pub struct Exchange {
    /// For each statement that has run: the number of rows that the server reports.
    pub rows: Vec<Option<u64>>,
    pub is_failed: bool,
    pub status: TransactionStatus,
    /// The driver has disconnected.
    pub is_driver_gone: bool,
    /// The driver has sent the Sync that ends COPY in the extended protocol.
    pub has_sync: bool,
}

/// The two streams of an exchange.
pub struct Relay<'a, O> {
    pub observer: &'a O,
    pub driver: &'a mut UnixStream,
    pub from_driver: &'a mut FrameReader,
    pub server: &'a mut Turn,
    pub from_server: &'a mut FrameReader,
    pub prepares: &'a mut Prepares,
}

/// The state of an exchange.
struct State<'s> {
    exchange: Exchange,
    statements: &'s mut [WireStatement],
    /// Answers that the driver has not got yet.
    out: BytesMut,
    /// The number of next `ParseComplete` and `BindComplete` that belong to messages that the wire has repeated.
    repeated: usize,
    /// Whether the exchange is one message of the simple protocol.
    is_simple: bool,
    /// Whether the driver sends the data of COPY. In the extended protocol, a Sync follows the end of the data; the server
    /// ignores one before it.
    copies_in: bool,
    /// Whether the driver or an error has ended the data.
    is_copied: bool,
    copied: Vec<u8>,
}

impl<O: Observer> Relay<'_, O> {
    /// Forwards the messages and all answers except `ReadyForQuery`.
    pub async fn run(
        mut self,
        frames: &[Frame],
        statements: &mut [WireStatement],
        repeated: usize,
    ) -> io::Result<Exchange> {
        let mut bytes = BytesMut::new();
        for frame in frames {
            frame.write(&mut bytes);
        }
        self.server.write_all(&bytes).await?;
        self.server.flush().await?;
        let mut state = State {
            exchange: Exchange::default(),
            statements,
            out: BytesMut::new(),
            repeated,
            is_simple: frames.first().is_some_and(|frame| frame.kind == b'Q'),
            copies_in: false,
            is_copied: false,
            copied: Vec::new(),
        };
        loop {
            if let Some(frame) = self.from_server.take()? {
                if frame.kind == b'Z' {
                    state.exchange.status = TransactionStatus::read(&frame.body);
                    if state.exchange.status == TransactionStatus::Idle {
                        self.prepares.lose_portal();
                    }
                    self.write(&mut state).await;
                    return Ok(state.exchange);
                }
                self.answer(&frame, &mut state);
                if state.out.len() >= WRITE_SIZE {
                    self.write(&mut state).await;
                }
                continue;
            }
            self.write(&mut state).await;
            self.read_more(&mut state).await?;
        }
    }

    /// Waits for the server, and during COPY also for the driver.
    async fn read_more(&mut self, state: &mut State<'_>) -> io::Result<()> {
        if !state.copies_in {
            return self.from_server.fill(self.server).await;
        }
        tokio::select! {
            filled = self.from_server.fill(self.server) => filled,
            frame = self.from_driver.next(self.driver) => {
                let mut bytes = BytesMut::new();
                if let Ok(Some(frame)) = frame {
                    if frame.kind == b'd' && state.copied.len() + frame.body.len() <= COPY_LIMIT {
                        state.copied.extend_from_slice(&frame.body);
                    }
                    state.is_copied |= matches!(frame.kind, b'c' | b'f');
                    if frame.kind == b'S' && state.is_copied {
                        state.copies_in = false;
                        state.exchange.has_sync = true;
                    }
                    frame.write(&mut bytes);
                } else {
                    // CopyFail and Sync let the server end the statement.
                    state.exchange.is_driver_gone = true;
                    state.copies_in = false;
                    Frame::new(b'f', b"the driver has disconnected\0").write(&mut bytes);
                    Frame::new(b'S', b"").write(&mut bytes);
                }
                self.server.write_all(&bytes).await?;
                self.server.flush().await
            }
        }
    }

    /// Reads an answer of the server, and adds it to those for the driver.
    fn answer(&mut self, frame: &Frame, state: &mut State<'_>) {
        match frame.kind {
            b'1' | b'2' if state.repeated > 0 => {
                state.repeated -= 1;
                return;
            }
            b'C' => {
                state.exchange.rows.push(rows_of_tag(&frame.body));
                state.copies_in &= !state.is_simple;
                let copied = std::mem::take(&mut state.copied);
                let place = state.exchange.rows.len() - 1;
                if let Some(statement) = state.statements.get_mut(place).filter(|_| !copied.is_empty()) {
                    statement.copy_data = String::from_utf8(copied).ok();
                }
            }
            b'I' | b's' => state.exchange.rows.push(None),
            b'E' => {
                state.exchange.is_failed = true;
                state.copies_in &= !state.is_simple;
                state.is_copied = true;
                let failed = state.statements.get(state.exchange.rows.len());
                self.observer.failed(failed, ServerError::read(&frame.body));
            }
            b'N' => self.observer.notice(ServerError::read(&frame.body)),
            b'G' => state.copies_in = true,
            _ => {}
        }
        self.prepares.receive(frame);
        frame.write(&mut state.out);
    }

    /// Writes the collected answers. If the driver has gone, the rest of the answers is read all the same.
    async fn write(&mut self, state: &mut State<'_>) {
        if !state.out.is_empty() && !state.exchange.is_driver_gone {
            state.exchange.is_driver_gone = self.driver.write_all(&state.out).await.is_err();
        }
        state.out.clear();
    }
}

/// The number of rows in the tag of `CommandComplete`, e.g. `INSERT 0 5`.
fn rows_of_tag(body: &[u8]) -> Option<u64> {
    Fields(body).text()?.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_a_tag_are_read() {
        for (tag, rows) in [("INSERT 0 5", Some(5)), ("UPDATE 0", Some(0)), ("CREATE TABLE", None), ("COPY 7", Some(7))]
        {
            assert_eq!(rows_of_tag(&[tag.as_bytes(), b"\0"].concat()), rows, "{tag}");
        }
    }
}
