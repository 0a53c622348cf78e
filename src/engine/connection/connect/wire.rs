//! The byte stream of a connection: TCP or a Unix socket.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::sync::oneshot;

use super::super::conninfo::{Endpoint, Host, Keepalive};

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ServerAddress {
    Tcp(SocketAddr),
    Socket(PathBuf),
}

/// Returns every address of a host, in the order of the resolver.
pub(super) async fn addresses(endpoint: &Endpoint) -> io::Result<Vec<ServerAddress>> {
    let port = endpoint.port;
    match (&endpoint.host, endpoint.address) {
        (_, Some(address)) => Ok(vec![ServerAddress::Tcp((address, port).into())]),
        (Host::Socket(folder), None) => Ok(vec![ServerAddress::Socket(folder.join(format!(".s.PGSQL.{port}")))]),
        (Host::Name(name), None) => Ok(lookup_host((name.as_str(), port)).await?.map(ServerAddress::Tcp).collect()),
    }
}

/// Connects to an address.
pub(super) async fn open(address: &ServerAddress, keepalive: Keepalive) -> io::Result<Wire> {
    let stream: Box<dyn Duplex> = match address {
        ServerAddress::Socket(path) => Box::new(UnixStream::connect(path).await?),
        ServerAddress::Tcp(address) => {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            set_keepalive(&stream, keepalive)?;
            Box::new(stream)
        }
    };
    Ok(Wire { stream: Some(stream), on_drop: None })
}

/// Turns on TCP keepalive. A migration may send nothing for hours, and firewalls drop idle connections.
fn set_keepalive(stream: &TcpStream, keepalive: Keepalive) -> io::Result<()> {
    let socket = SockRef::from(stream);
    if !keepalive.off {
        socket.set_keepalive(true)?;
        let mut settings = TcpKeepalive::new();
        if let Some(idle) = keepalive.idle {
            settings = settings.with_time(idle);
        }
        if let Some(interval) = keepalive.interval {
            settings = settings.with_interval(interval);
        }
        if let Some(count) = keepalive.count {
            settings = settings.with_retries(count);
        }
        socket.set_tcp_keepalive(&settings)?;
    }
    #[cfg(target_os = "linux")]
    if let Some(limit) = keepalive.user_timeout {
        socket.set_tcp_user_timeout(Some(limit))?;
    }
    Ok(())
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A stream in both directions. A [`Remainder`] receives it after its user drops it.
pub(in crate::engine::connection) struct Wire {
    stream: Option<Box<dyn Duplex>>,
    on_drop: Option<oneshot::Sender<Box<dyn Duplex>>>,
}

impl Wire {
    /// Returns the stream and a handle that receives it when its user drops it.
    pub(super) fn watched(mut self) -> (Self, Remainder) {
        let (sender, remainder) = oneshot::channel();
        self.on_drop = Some(sender);
        (self, Remainder(remainder))
    }

    fn stream(&mut self) -> io::Result<Pin<&mut (dyn Duplex + 'static)>> {
        self.stream.as_mut().map(|stream| Pin::new(&mut **stream)).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if let (Some(sender), Some(stream)) = (self.on_drop.take(), self.stream.take()) {
            let _ = sender.send(stream);
        }
    }
}

/// A stream that its user has dropped.
pub(super) struct Remainder(oneshot::Receiver<Box<dyn Duplex>>);

impl Remainder {
    /// Waits until the server closes the stream. The server does this after it has processed a cancel request.
    pub(super) async fn until_closed(self) {
        let Ok(mut stream) = self.0.await else { return };
        let mut rest = [0; 256];
        while stream.read(&mut rest).await.is_ok_and(|length| length > 0) {}
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn keepalive_settings_are_set_on_the_socket() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let given = Keepalive {
            off: false,
            idle: Some(Duration::from_secs(50)),
            interval: Some(Duration::from_secs(7)),
            count: Some(3),
            user_timeout: Some(Duration::from_millis(1234)),
        };
        for (keepalive, expected) in [
            (given, (true, Some(Duration::from_secs(50)), Some(Duration::from_millis(1234)))),
            (Keepalive { off: true, ..Keepalive::default() }, (false, None, None)),
        ] {
            let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            set_keepalive(&stream, keepalive).unwrap();
            let socket = SockRef::from(&stream);
            assert_eq!(socket.keepalive().unwrap(), expected.0);
            if expected.0 {
                assert_eq!(socket.tcp_keepalive_time().ok(), expected.1);
                assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(7));
                assert_eq!(socket.tcp_keepalive_retries().unwrap(), 3);
            }
            #[cfg(target_os = "linux")]
            assert_eq!(socket.tcp_user_timeout().unwrap(), expected.2);
        }
    }
}
