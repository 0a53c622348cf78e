//! Messages of the PostgreSQL protocol, as far as the wire reads and writes them.

use std::io;

use bytes::{Buf, BufMut, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// The longest message that the wire accepts. PostgreSQL's own limit is 1 GB.
const LENGTH_LIMIT: usize = 1 << 30;

/// A message with a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    /// The message without its type and length.
    pub body: BytesMut,
}

impl Frame {
    /// Makes a message.
    pub fn new(kind: u8, body: &[u8]) -> Self {
        Self { kind, body: body.into() }
    }

    /// Appends the message to a buffer.
    pub fn write(&self, buffer: &mut BytesMut) {
        buffer.put_u8(self.kind);
        // A body is at most LENGTH_LIMIT bytes long.
        buffer.put_u32(u32::try_from(self.body.len() + 4).unwrap_or(u32::MAX));
        buffer.put_slice(&self.body);
    }
}

/// Reads messages from a stream.
#[derive(Debug, Default)]
pub struct FrameReader {
    buffer: BytesMut,
}

impl FrameReader {
    /// Returns the next message. `None`: the stream has ended. Can be cancelled without losing a message.
    pub async fn next(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Frame>> {
        loop {
            if let Some(frame) = self.take()? {
                return Ok(Some(frame));
            }
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Reads more bytes. The end of the stream is an error.
    pub async fn fill(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
        match stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Whether a part of a message has been read.
    pub fn has_part(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// Returns the next message if it has been read completely.
    pub fn take(&mut self) -> io::Result<Option<Frame>> {
        let [kind, a, b, c, d, ..] = self.buffer[..] else { return Ok(None) };
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if !(4..LENGTH_LIMIT).contains(&length) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a message has an invalid length"));
        }
        if self.buffer.len() < length + 1 {
            self.buffer.reserve(length + 1 - self.buffer.len());
            return Ok(None);
        }
        self.buffer.advance(5);
        Ok(Some(Frame { kind, body: self.buffer.split_to(length - 4) }))
    }

    /// Reads a message without a type: a startup message or a cancel request.
    pub async fn startup(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<BytesMut>> {
        loop {
            if let [a, b, c, d, ..] = self.buffer[..] {
                let length = u32::from_be_bytes([a, b, c, d]) as usize;
                if !(8..10_000).contains(&length) {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "the startup message has an invalid length",
                    ));
                }
                if self.buffer.len() >= length {
                    self.buffer.advance(4);
                    return Ok(Some(self.buffer.split_to(length - 4)));
                }
            }
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }
}

/// Takes fields from the body of a message.
pub struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    /// A text that ends with a zero byte.
    pub fn text(&mut self) -> Option<&'a str> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let text = std::str::from_utf8(&self.0[..end]).ok()?;
        self.0 = &self.0[end + 1..];
        Some(text)
    }

    /// A 16-bit count.
    pub fn count(&mut self) -> Option<usize> {
        self.bytes(2).map(|bytes| usize::from(u16::from_be_bytes([bytes[0], bytes[1]])))
    }

    /// A 32-bit number.
    pub fn number(&mut self) -> Option<u32> {
        self.bytes(4).map(|bytes| u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// The next bytes.
    pub fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }
}

/// The state of the transaction as `ReadyForQuery` reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TransactionStatus {
    /// No transaction is open.
    #[default]
    Idle,
    InTransaction,
    /// The transaction failed, and only accepts ROLLBACK.
    Failed,
}

impl TransactionStatus {
    /// Reads the body of `ReadyForQuery`.
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        match body.first() {
            Some(b'T') => Self::InTransaction,
            Some(b'E') => Self::Failed,
            _ => Self::Idle,
        }
    }
}

/// An error that the server sent to the driver.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerError {
    pub severity: String,
    /// SQLSTATE.
    pub code: String,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// The 1-based position in the statement, in characters.
    pub position: Option<usize>,
}

impl ServerError {
    /// Reads the body of `ErrorResponse` or `NoticeResponse`.
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        let mut error = Self::default();
        let mut fields = Fields(body);
        while let Some(kind) = fields.bytes(1).and_then(<[u8]>::first).filter(|kind| **kind != 0) {
            let Some(text) = fields.text() else { break };
            match kind {
                b'V' => text.clone_into(&mut error.severity),
                b'S' if error.severity.is_empty() => text.clone_into(&mut error.severity),
                b'C' => text.clone_into(&mut error.code),
                b'M' => text.clone_into(&mut error.message),
                b'D' => error.detail = Some(text.to_owned()),
                b'H' => error.hint = Some(text.to_owned()),
                b'P' => error.position = text.parse().ok(),
                _ => {}
            }
        }
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_are_read_in_parts() {
        let mut bytes = BytesMut::new();
        let frames = [Frame::new(b'Q', b"SELECT 1\0"), Frame::new(b'S', b""), Frame::new(b'd', &[7; 5000])];
        for frame in &frames {
            frame.write(&mut bytes);
        }
        let mut stream = tokio_test_stream(&bytes);
        let mut reader = FrameReader::default();
        for frame in frames {
            assert_eq!(reader.next(&mut stream).await.unwrap(), Some(frame));
        }
        assert_eq!(reader.next(&mut stream).await.unwrap(), None);
    }

    fn tokio_test_stream(bytes: &[u8]) -> tokio::io::DuplexStream {
        let (mut ours, theirs) = tokio::io::duplex(7);
        let bytes = bytes.to_vec();
        tokio::spawn(async move { tokio::io::AsyncWriteExt::write_all(&mut ours, &bytes).await });
        theirs
    }

    #[test]
    fn a_length_that_cannot_be_true_is_refused() {
        for length in [0_u32, 3, u32::MAX] {
            let mut reader = FrameReader::default();
            reader.buffer.extend_from_slice(&[&[b'Q'][..], &length.to_be_bytes(), b"x"].concat());
            assert!(reader.take().is_err(), "{length}");
        }
    }

    #[test]
    fn the_fields_of_an_error_are_read() {
        let error = ServerError::read(b"SFEHLER\0VERROR\0C42P01\0Mno table\0Dd\0Hh\0P15\0\0");
        let text = |text: &str| text.to_owned();
        assert_eq!(
            error,
            ServerError {
                severity: text("ERROR"),
                code: text("42P01"),
                message: text("no table"),
                detail: Some(text("d")),
                hint: Some(text("h")),
                position: Some(15)
            }
        );
    }
}
