//! The messages that the wire sends to a driver itself.

use bytes::{BufMut, BytesMut};

use super::frame::{Frame, TransactionStatus};

/// `AuthenticationOk`: the folder of the socket is private, so no password is needed.
pub fn authenticated() -> Frame {
    Frame::new(b'R', &0_u32.to_be_bytes())
}

/// `ParameterStatus`.
pub fn parameter(name: &str, value: &str) -> Frame {
    let mut body = BytesMut::new();
    put_text(&mut body, name);
    put_text(&mut body, value);
    Frame { kind: b'S', body }
}

/// `BackendKeyData`: what the driver sends to cancel its statement.
pub fn key(pid: i32, secret: i32) -> Frame {
    let mut body = BytesMut::new();
    body.put_i32(pid);
    body.put_i32(secret);
    Frame { kind: b'K', body }
}

/// `ReadyForQuery`.
pub fn ready(status: TransactionStatus) -> Frame {
    Frame::new(
        b'Z',
        match status {
            TransactionStatus::Idle => b"I",
            TransactionStatus::InTransaction => b"T",
            TransactionStatus::Failed => b"E",
        },
    )
}

/// `CommandComplete` of a statement that did not run, with the first word of its text as its tag.
pub fn complete(text: &str) -> Frame {
    let word = text.split_whitespace().next().unwrap_or_default().trim_end_matches(';').to_uppercase();
    let mut body = BytesMut::new();
    put_text(&mut body, &word);
    Frame { kind: b'C', body }
}

/// `ErrorResponse` that ends the connection.
pub fn fatal(message: &str) -> Frame {
    let mut body = BytesMut::new();
    // XX000 would look like a fault of the server; 57P01 is what a server sends that ends a session.
    for (field, text) in [(b'S', "FATAL"), (b'V', "FATAL"), (b'C', "57P01"), (b'M', message)] {
        body.put_u8(field);
        put_text(&mut body, text);
    }
    body.put_u8(0);
    Frame { kind: b'E', body }
}

/// A text with the zero byte after it. Zero bytes inside are removed.
pub fn put_text(body: &mut BytesMut, text: &str) {
    body.extend(text.bytes().filter(|byte| *byte != 0));
    body.put_u8(0);
}
