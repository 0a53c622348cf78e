//! A TCP proxy in front of a test server. It reads the protocol's messages and can cut a connection at any of them.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// The direction of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    ToServer,
    ToClient,
}

/// What the proxy does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Sends it on.
    Forward,
    /// Closes both sides of the connection instead.
    CutBefore,
    /// Sends it on, then closes both sides of the connection.
    CutAfter,
    /// Sends it on, then closes only the client's side: for the server, the client is connected and silent, until the
    /// proxy is dropped or [`Proxy::release`] is called.
    Strand,
    /// Ends the proxy as if the network were gone: cuts all connections, and accepts no new ones.
    CutAll,
}

/// One message of the protocol.
#[derive(Debug, Clone, Copy)]
pub struct ProxyMessage<'a> {
    /// The connection, counted from 0 in the order in which clients connected. Cancel requests count too.
    pub connection: usize,
    /// The `application_name` in the startup message.
    pub application: &'a str,
    pub way: Way,
    /// The number of the message in this connection and direction, from 0. The startup message is number 0.
    pub number: usize,
    /// The number of the message among all that the proxy has seen, from 0.
    pub total: usize,
    /// The type byte of the message. 0 for the startup message and a cancel request.
    pub tag: u8,
    /// The content after the length.
    pub body: &'a [u8],
}

impl ProxyMessage<'_> {
    /// Whether the client sends a statement that contains this text, as a simple query or to be prepared.
    pub fn sends(&self, sql: &str) -> bool {
        let is_statement = self.way == Way::ToServer && matches!(self.tag, b'Q' | b'P');
        is_statement && self.body.windows(sql.len()).any(|window| window == sql.as_bytes())
    }
}

type Rule = dyn Fn(&ProxyMessage<'_>) -> Action + Send + Sync;

/// A running proxy. Dropping it closes all connections.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    socket: PathBuf,
    rule: Box<Rule>,
    connections: AtomicUsize,
    messages: AtomicUsize,
    closed: AtomicBool,
    open: Mutex<HashMap<usize, Arc<Channel>>>,
}

impl Proxy {
    /// Listens on a free loopback port and forwards to the server's socket. `rule` decides about each message, in the
    /// order in which the messages arrive.
    pub fn start(server: &super::Server, rule: impl Fn(&ProxyMessage<'_>) -> Action + Send + Sync + 'static) -> Self {
        let socket = server.socket_folder().join(format!(".s.PGSQL.{}", server.port));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            socket,
            rule: Box::new(rule),
            connections: AtomicUsize::new(0),
            messages: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            open: Mutex::default(),
        });
        let acceptor = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if acceptor.closed.load(Ordering::SeqCst) {
                    return;
                }
                let acceptor = Arc::clone(&acceptor);
                thread::spawn(move || acceptor.serve(client));
            }
        });
        Self { port, shared }
    }

    /// The connection string of a database behind the proxy, for the superuser.
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// The number of messages that the proxy has seen.
    pub fn messages(&self) -> usize {
        self.shared.messages.load(Ordering::SeqCst)
    }

    /// The number of connections that the proxy has accepted.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Closes all connections that are open now, also stranded ones.
    pub fn release(&self) {
        self.shared.cut_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        self.shared.cut_all();
        // Wakes up the thread that accepts connections, so that it ends.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Shared {
    fn cut_all(&self) {
        for (_, channel) in self.open.lock().unwrap().drain() {
            channel.close();
        }
    }

    /// Forwards a connection in both directions until it ends.
    fn serve(&self, mut client: TcpStream) {
        client.set_nodelay(true).unwrap();
        let Ok(startup) = read_startup(&mut client) else { return };
        let Ok(server) = UnixStream::connect(&self.socket) else { return };
        let number = self.connections.fetch_add(1, Ordering::SeqCst);
        let application = application_name(&startup);
        let channel = Arc::new(Channel { number, application, client, server, stranded: AtomicBool::new(false) });
        self.open.lock().unwrap().insert(number, Arc::clone(&channel));
        thread::scope(|scope| {
            scope.spawn(|| self.forward(&channel, Way::ToClient, None));
            self.forward(&channel, Way::ToServer, Some(startup));
        });
        self.open.lock().unwrap().remove(&number);
    }

    /// Forwards messages in one direction until the connection ends. `startup`: the first message, already read.
    fn forward(&self, channel: &Channel, way: Way, startup: Option<Vec<u8>>) {
        let mut next = startup.map(|message| (0, message));
        let mut number = 0;
        while let Ok((tag, message)) = next.take().map_or_else(|| channel.read(way), Ok) {
            if channel.stranded.load(Ordering::SeqCst) {
                continue;
            }
            let described = ProxyMessage {
                connection: channel.number,
                application: &channel.application,
                way,
                number,
                total: self.messages.fetch_add(1, Ordering::SeqCst),
                tag,
                body: &message[if tag == 0 { 4 } else { 5 }..],
            };
            number += 1;
            let action = (self.rule)(&described);
            let is_sent = matches!(action, Action::Forward | Action::CutAfter | Action::Strand);
            // The server's answer must not reach the client before the cut.
            if way == Way::ToServer && matches!(action, Action::CutAfter | Action::Strand) {
                let _ = channel.client.shutdown(Shutdown::Both);
            }
            if is_sent && channel.write(way, &message).is_err() {
                break;
            }
            match action {
                Action::Forward => {}
                Action::CutBefore | Action::CutAfter => break,
                Action::Strand => channel.strand(),
                Action::CutAll => {
                    self.closed.store(true, Ordering::SeqCst);
                    self.cut_all();
                }
            }
        }
        if way == Way::ToClient || !channel.stranded.load(Ordering::SeqCst) {
            channel.close();
        }
    }
}

/// One proxied connection.
struct Channel {
    number: usize,
    application: String,
    client: TcpStream,
    server: UnixStream,
    /// Whether only the client's side was closed. What the server sends is then discarded.
    stranded: AtomicBool,
}

impl Channel {
    fn close(&self) {
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }

    fn strand(&self) {
        self.stranded.store(true, Ordering::SeqCst);
        let _ = self.client.shutdown(Shutdown::Both);
    }

    fn read(&self, way: Way) -> io::Result<(u8, Vec<u8>)> {
        match way {
            Way::ToServer => read_message(&mut &self.client),
            Way::ToClient => read_message(&mut &self.server),
        }
    }

    fn write(&self, way: Way, message: &[u8]) -> io::Result<()> {
        match way {
            Way::ToServer => (&self.server).write_all(message),
            Way::ToClient => (&self.client).write_all(message),
        }
    }
}

/// Reads a message: its type byte, and the whole message.
fn read_message(stream: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut message = vec![0; 5];
    stream.read_exact(&mut message)?;
    let length = u32::from_be_bytes([message[1], message[2], message[3], message[4]]) as usize;
    message.resize(length + 1, 0);
    stream.read_exact(&mut message[5..])?;
    Ok((message[0], message))
}

/// Codes that stand in the place of a protocol version.
const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;

/// Reads the startup message or the cancel request. Refuses encryption.
fn read_startup(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    loop {
        let mut message = vec![0; 8];
        client.read_exact(&mut message)?;
        let word = |at: usize| u32::from_be_bytes([message[at], message[at + 1], message[at + 2], message[at + 3]]);
        let (length, code) = (word(0) as usize, word(4));
        if code == SSL_REQUEST || code == GSS_REQUEST {
            client.write_all(b"N")?;
            continue;
        }
        message.resize(length, 0);
        client.read_exact(&mut message[8..])?;
        return Ok(message);
    }
}

/// The `application_name` in a startup message, or an empty text.
fn application_name(startup: &[u8]) -> String {
    let texts: Vec<&[u8]> = startup[8..].split(|byte| *byte == 0).collect();
    let name = texts.chunks(2).find(|pair| pair[0] == b"application_name").and_then(|pair| pair.get(1));
    name.map(|name| String::from_utf8_lossy(name).into_owned()).unwrap_or_default()
}
