//! Counts the client's requests and the server's answers, because somebody else may use the connection only when no answer
//! is outstanding.

/// The code of a request for TLS, which the server answers with one byte.
const SSL_REQUEST: u32 = 80_877_103;

/// Which of the client's requests the server has answered.
#[derive(Debug, Default)]
pub(super) struct Messages {
    sent: Scanner,
    received: Scanner,
    /// Whether the client has sent its startup message. The messages before it have no type.
    is_started: bool,
    /// The length and the code of a message without a type.
    startup: Vec<u8>,
    startup_left: usize,
    /// Bytes of the server without a message around them.
    bare: usize,
    /// The number of requests that will end with `ReadyForQuery`.
    pending: usize,
}

impl Messages {
    pub fn are_complete(&self) -> bool {
        self.is_started && self.pending == 0 && self.sent.is_between() && self.received.is_between()
    }

    pub fn send(&mut self, mut bytes: &[u8]) {
        while !self.is_started && !bytes.is_empty() {
            let rest = self.send_startup(bytes);
            bytes = rest;
        }
        let pending = &mut self.pending;
        self.sent.scan(bytes, |kind, is_whole| {
            // Query, Sync, FunctionCall. A request counts from its first byte.
            if !is_whole && matches!(kind, b'Q' | b'S' | b'F') {
                *pending += 1;
            }
        });
    }

    /// Reads a part of a message without a type, and returns the bytes after it.
    fn send_startup<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        if self.startup_left == 0 {
            let (header, rest) = bytes.split_at(bytes.len().min(8 - self.startup.len()));
            self.startup.extend_from_slice(header);
            if let [a, b, c, d, e, f, g, h] = self.startup[..] {
                let length = u32::from_be_bytes([a, b, c, d]) as usize;
                self.startup_left = length.saturating_sub(8);
                if u32::from_be_bytes([e, f, g, h]) == SSL_REQUEST {
                    self.bare += 1;
                    self.startup.clear();
                } else if self.startup_left == 0 {
                    self.end_startup();
                }
            }
            return rest;
        }
        let (body, rest) = bytes.split_at(bytes.len().min(self.startup_left));
        self.startup_left -= body.len();
        if self.startup_left == 0 {
            self.end_startup();
        }
        rest
    }

    fn end_startup(&mut self) {
        self.is_started = true;
        self.startup = Vec::new();
        self.pending += 1;
    }

    pub fn receive(&mut self, bytes: &[u8]) {
        let bare = bytes.len().min(self.bare);
        self.bare -= bare;
        let pending = &mut self.pending;
        self.received.scan(&bytes[bare..], |kind, is_whole| match kind {
            // After the G of COPY … FROM STDIN, the server ignores the Sync that the client has already sent.
            b'Z' | b'G' if is_whole => *pending = pending.saturating_sub(1),
            _ => {}
        });
    }
}

/// Finds the messages in a stream of bytes.
#[derive(Debug, Default)]
struct Scanner {
    header: [u8; 5],
    filled: usize,
    body_left: usize,
}

impl Scanner {
    /// Whether no message has been read in part.
    fn is_between(&self) -> bool {
        self.filled == 0
    }

    /// Calls `found` with the type of a message after its header (`false`) and after its last byte (`true`).
    fn scan(&mut self, mut bytes: &[u8], mut found: impl FnMut(u8, bool)) {
        while !bytes.is_empty() {
            if self.filled < 5 {
                let count = bytes.len().min(5 - self.filled);
                self.header[self.filled..self.filled + count].copy_from_slice(&bytes[..count]);
                self.filled += count;
                bytes = &bytes[count..];
                if self.filled < 5 {
                    return;
                }
                let [kind, a, b, c, d] = self.header;
                self.body_left = (u32::from_be_bytes([a, b, c, d]) as usize).saturating_sub(4);
                found(kind, false);
            }
            let count = bytes.len().min(self.body_left);
            self.body_left -= count;
            bytes = &bytes[count..];
            if self.body_left == 0 {
                self.filled = 0;
                found(self.header[0], true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [&[kind][..], &length.to_be_bytes(), body].concat()
    }

    fn startup(code: u32, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 8).unwrap();
        [&length.to_be_bytes()[..], &code.to_be_bytes(), body].concat()
    }

    #[test]
    fn a_request_is_pending_until_its_answer_is_complete() {
        let ready = message(b'Z', b"I");
        let start = startup(196_608, b"user\0me\0\0");
        for (sent, received, complete) in [
            (vec![start.clone()], vec![], false),
            (vec![start.clone()], vec![message(b'R', &[0; 4]), ready.clone()], true),
            (vec![start.clone()], vec![ready[..5].to_vec()], false),
            (vec![start.clone(), message(b'Q', b"x\0")], vec![ready.clone()], false),
            (vec![start.clone(), message(b'Q', b"x\0")], vec![ready.clone(), ready.clone()], true),
            (
                vec![start.clone(), message(b'P', b"\0x\0\0\0"), message(b'S', b"")],
                vec![ready.clone(), ready.clone()],
                true,
            ),
            (vec![start.clone(), b"Q\0\0".to_vec()], vec![ready.clone()], false),
            (vec![startup(SSL_REQUEST, b""), start.clone()], vec![b"N".to_vec(), ready.clone()], true),
            (
                vec![start.clone(), message(b'E', b"\0"), message(b'S', b""), message(b'c', b""), message(b'S', b"")],
                vec![ready.clone(), message(b'G', b"\0\0\0"), ready.clone()],
                true,
            ),
        ] {
            for size in [1, 3, 1000] {
                let mut messages = Messages::default();
                sent.concat().chunks(size).for_each(|bytes| messages.send(bytes));
                received.concat().chunks(size).for_each(|bytes| messages.receive(bytes));
                assert_eq!(messages.are_complete(), complete, "{sent:?} {received:?} {size}");
            }
        }
    }
}
