//! The start of a driver's connection: requests for encryption, the startup message, and cancel requests.

use std::io;

use bytes::{Buf, BytesMut};
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;

use super::frame::{Fields, FrameReader};

const CANCEL_REQUEST: u32 = 80_877_102;
const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;

/// What a driver asks for first.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// A session with these parameters: `user`, `database`, `application_name`, `options`, …
    Session(Vec<(String, String)>),
    /// To cancel the statement of a session.
    Cancel { pid: i32, secret: i32 },
}

/// Reads the first request. Declines encryption: the socket is local and private. `None`: the driver has disconnected.
pub async fn read_request(stream: &mut UnixStream, reader: &mut FrameReader) -> io::Result<Option<Request>> {
    while let Some(mut body) = reader.startup(stream).await? {
        match body.get_u32() {
            SSL_REQUEST | GSS_REQUEST => stream.write_all(b"N").await?,
            CANCEL_REQUEST if body.len() >= 8 => {
                return Ok(Some(Request::Cancel { pid: body.get_i32(), secret: body.get_i32() }));
            }
            _ => return Ok(Some(Request::Session(read_parameters(&body)))),
        }
    }
    Ok(None)
}

fn read_parameters(body: &BytesMut) -> Vec<(String, String)> {
    let mut fields = Fields(body);
    let mut parameters = Vec::new();
    while let Some(name) = fields.text().filter(|name| !name.is_empty()) {
        let Some(value) = fields.text() else { break };
        parameters.push((name.to_owned(), value.to_owned()));
    }
    parameters
}

/// The settings of the session that a driver asks for, besides those that limbeck's own session has decided.
pub fn settings(parameters: &[(String, String)]) -> Vec<(String, String)> {
    let mut settings = Vec::new();
    for (name, value) in parameters {
        match name.as_str() {
            // limbeck decides where and as whom the session is.
            "user" | "database" | "replication" | "application_name" => {}
            "options" => settings.extend(read_options(value)),
            name if name.starts_with("_pq_.") => {}
            name => settings.push((name.to_owned(), value.clone())),
        }
    }
    settings
}

/// Reads `-c name=value` and `--name=value` from the options of a connection.
fn read_options(options: &str) -> Vec<(String, String)> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut characters = options.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => word.extend(characters.next()),
            space if space.is_ascii_whitespace() => words.push(std::mem::take(&mut word)),
            other => word.push(other),
        }
    }
    words.push(word);
    let mut settings = Vec::new();
    let mut words = words.into_iter().filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        let setting = match (word.strip_prefix("--"), word.strip_prefix("-c")) {
            (Some(long), _) => Some(long.to_owned()),
            (None, Some("")) => words.next(),
            (None, Some(short)) => Some(short.to_owned()),
            (None, None) => None,
        };
        if let Some((name, value)) = setting.as_deref().and_then(|setting| setting.split_once('=')) {
            settings.push((name.replace('-', "_"), value.to_owned()));
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_of_a_driver_are_read() {
        let pairs = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
        };
        for (parameters, expected) in [
            (&[("user", "u"), ("database", "d")][..], &[][..]),
            (&[("client_encoding", "utf-8")], &[("client_encoding", "utf-8")]),
            (&[("options", "-c search_path=a,b -cwork_mem=1MB")], &[("search_path", "a,b"), ("work_mem", "1MB")]),
            (
                &[("options", r"--lock-timeout=5s  -c TimeZone=Europe/\ x")],
                &[("lock_timeout", "5s"), ("TimeZone", "Europe/ x")],
            ),
            (&[("options", "-c")], &[]),
        ] {
            assert_eq!(settings(&pairs(parameters)), pairs(expected), "{parameters:?}");
        }
    }

    #[tokio::test]
    async fn encryption_is_declined_and_the_session_follows() {
        let (mut driver, mut ours) = UnixStream::pair().unwrap();
        let message = |code: u32, body: &[u8]| {
            [&u32::try_from(body.len() + 8).unwrap().to_be_bytes()[..], &code.to_be_bytes(), body].concat()
        };
        for bytes in [message(GSS_REQUEST, b""), message(SSL_REQUEST, b""), message(196_608, b"user\0me\0\0")] {
            driver.write_all(&bytes).await.unwrap();
        }
        let request = read_request(&mut ours, &mut FrameReader::default()).await.unwrap();
        assert_eq!(request, Some(Request::Session(vec![("user".into(), "me".into())])));
        let mut answers = [0; 2];
        tokio::io::AsyncReadExt::read_exact(&mut driver, &mut answers).await.unwrap();
        assert_eq!(&answers, b"NN");
    }
}
