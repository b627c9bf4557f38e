//! The network side: connections that can be cut at any moment, and a door that can be shut.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use futures_util::task::AtomicWaker;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

#[derive(Default)]
struct Wire {
    cut: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

/// One client's connection, as a request handler sees it.
#[derive(Clone)]
pub(crate) struct Line(Arc<Wire>);

impl Line {
    /// Breaks the connection: nothing more is read or written.
    pub(crate) fn cut(&self) {
        self.0.cut.store(true, Ordering::SeqCst);
        self.0.reader.wake();
        self.0.writer.wake();
    }
}

/// Whether the printer is there for the network.
#[derive(Default)]
pub(crate) struct Gate {
    state: Mutex<GateState>,
}

#[derive(Default)]
struct GateState {
    lines: Vec<Weak<Wire>>,
    away_until: Option<Instant>,
    silent: bool,
}

impl Gate {
    fn lock(&self) -> std::sync::MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Breaks every connection.
    pub(crate) fn cut_all(&self) {
        for wire in std::mem::take(&mut self.lock().lines) {
            if let Some(wire) = wire.upgrade() {
                Line(wire).cut();
            }
        }
    }

    /// Breaks every connection and takes no other for a while.
    pub(crate) fn away(&self, time: Duration, silent: bool) {
        {
            let mut state = self.lock();
            state.away_until = Some(Instant::now() + time);
            state.silent = silent;
        }
        self.cut_all();
    }

    /// How long the door stays shut, and whether a caller hears nothing instead of a closed connection.
    fn shut(&self) -> Option<(Duration, bool)> {
        let state = self.lock();
        let left = state.away_until?.checked_duration_since(Instant::now())?;
        Some((left, state.silent))
    }

    fn connected(&self) -> Line {
        let line = Line(Arc::default());
        let mut state = self.lock();
        state.lines.retain(|wire| wire.strong_count() > 0);
        state.lines.push(Arc::downgrade(&line.0));
        line
    }
}

/// A listener behind a gate.
pub(crate) struct GatedListener {
    listener: TcpListener,
    gate: Arc<Gate>,
}

impl GatedListener {
    pub(crate) fn new(listener: TcpListener, gate: Arc<Gate>) -> Self {
        Self { listener, gate }
    }
}

impl Listener for GatedListener {
    type Io = Cuttable;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = Listener::accept(&mut self.listener).await;
            let _ = stream.set_nodelay(true);
            match self.gate.shut() {
                None => return (Cuttable { stream, line: self.gate.connected() }, address),
                Some((_, false)) => drop(stream),
                Some((left, true)) => {
                    tokio::spawn(async move {
                        tokio::time::sleep(left).await;
                        drop(stream);
                    });
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, GatedListener>> for Line {
    fn connect_info(stream: IncomingStream<'_, GatedListener>) -> Self {
        stream.io().line.clone()
    }
}

/// A stream that can be cut.
pub(crate) struct Cuttable {
    stream: TcpStream,
    line: Line,
}

impl Cuttable {
    fn is_cut(&self) -> bool {
        self.line.0.cut.load(Ordering::SeqCst)
    }
}

fn broken<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
}

impl AsyncRead for Cuttable {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.line.0.reader.register(cx.waker());
        if self.is_cut() {
            return broken();
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.line.0.writer.register(cx.waker());
        if self.is_cut() {
            return broken();
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_cut() {
            return broken();
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
