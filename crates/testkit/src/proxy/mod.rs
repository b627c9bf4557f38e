//! A faulty network between a server and one printer: a proxy on loopback that loses, delays, resets, half-closes, swallows
//! and mixes up, by a script that a seed writes. It never repeats a request: nobody could keep the promises then (A1).
//!
//! It understands as much HTTP as the drivers speak (one request a connection, a length, no chunks) and passes the push
//! channel through as bytes.

mod exchange;
mod script;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub use script::{Script, Trouble};

/// How long a peer of ours may take; longer than any time-out of a driver in a test.
const PATIENCE: Duration = Duration::from_secs(3);

/// The proxy; gone when dropped.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    printer: SocketAddr,
    script: Mutex<Option<Script>>,
    /// An answer to an earlier request, for mixing up.
    earlier: Mutex<Option<Vec<u8>>>,
    /// What was done, in order.
    done: Mutex<Vec<Trouble>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FaultProxy {
    /// A healthy one, in front of the printer at `printer`.
    ///
    /// # Panics
    /// The listener is broken.
    #[must_use]
    pub fn start(listener: TcpListener, printer: SocketAddr) -> Self {
        let address = listener.local_addr().unwrap();
        let shared =
            Arc::new(Shared { printer, script: Mutex::default(), earlier: Mutex::default(), done: Mutex::default() });
        let carrying = shared.clone();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let shared = carrying.clone();
                // A connection lives on when the proxy is healed: what is under way stays under way.
                tokio::spawn(async move { carry(client, &shared).await });
            }
        });
        Self { address, shared, task }
    }

    /// Where the printer seems to be.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Trouble by this script from the next connection on.
    pub fn follow(&self, script: Script) {
        *lock(&self.shared.script) = Some(script);
    }

    /// Whether the script has trouble in store for a start that has not come yet.
    #[must_use]
    pub fn waits_for_a_start(&self) -> bool {
        lock(&self.shared.script).as_ref().is_some_and(Script::waits_for_a_start)
    }

    /// No more trouble; what was delayed still comes.
    pub fn heal(&self) {
        *lock(&self.shared.script) = None;
    }

    /// What was done so far; the list starts again.
    #[must_use]
    pub fn take_done(&self) -> Vec<Trouble> {
        std::mem::take(&mut lock(&self.shared.done))
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn next(&self, request: Option<&[u8]>) -> Trouble {
        let trouble = match lock(&self.script).as_mut() {
            Some(script) => script.next(request),
            None => Trouble::None,
        };
        if trouble != Trouble::None {
            lock(&self.done).push(trouble);
        }
        trouble
    }

    /// Delivers the request once and gives the answer.
    async fn deliver(&self, request: &[u8]) -> Option<Vec<u8>> {
        let exchange = async {
            let mut printer = TcpStream::connect(self.printer).await.ok()?;
            printer.write_all(request).await.ok()?;
            exchange::read_answer(&mut printer).await
        };
        let answer = tokio::time::timeout(PATIENCE, exchange).await.ok().flatten()?;
        *lock(&self.earlier) = Some(answer.clone());
        Some(answer)
    }
}

async fn pause(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

/// Ends a connection with a reset instead of a farewell.
fn reset(client: TcpStream) {
    let _ = client.set_zero_linger();
    drop(client);
}

/// One connection. Whatever goes wrong ends it, as a broken network would.
async fn carry(mut client: TcpStream, shared: &Shared) {
    let _ = client.set_nodelay(true);
    let before = shared.next(None);
    if before == Trouble::Refuse {
        return reset(client);
    }
    let Ok(Some(request)) = tokio::time::timeout(PATIENCE, exchange::read_request(&mut client)).await else { return };
    if exchange::is_push(&request) {
        return push(client, &request, shared).await;
    }
    let trouble = shared.next(Some(&request));
    let answer = match trouble {
        Trouble::None | Trouble::Refuse | Trouble::Cut { .. } | Trouble::Deaf { .. } => shared.deliver(&request).await,
        Trouble::Lose => return reset(client),
        Trouble::Silence => return pause(1500).await,
        Trouble::Swallow => {
            shared.deliver(&request).await;
            return reset(client);
        }
        Trouble::SwallowSilently => {
            shared.deliver(&request).await;
            return pause(1500).await;
        }
        Trouble::DelayRequest { ms } => {
            pause(ms).await;
            shared.deliver(&request).await
        }
        Trouble::DeliverLate { ms } => {
            reset(client);
            pause(ms).await;
            shared.deliver(&request).await;
            return;
        }
        Trouble::DelayAnswer { ms } => {
            let answer = shared.deliver(&request).await;
            pause(ms).await;
            answer
        }
        Trouble::HalfRequest => {
            if let Ok(mut printer) = TcpStream::connect(shared.printer).await {
                let _ = printer.write_all(&request[..request.len() / 2]).await;
                let _ = printer.shutdown().await;
                let _ = tokio::time::timeout(PATIENCE, exchange::read_answer(&mut printer)).await;
            }
            return reset(client);
        }
        Trouble::HalfAnswer => shared.deliver(&request).await.map(|mut answer| {
            answer.truncate(answer.len() / 2);
            answer
        }),
        Trouble::AnotherAnswer { delivered } => {
            let another = lock(&shared.earlier).clone();
            if delivered {
                shared.deliver(&request).await;
            }
            another
        }
        Trouble::AnotherAnswerThenDeliver { ms } => {
            let another = lock(&shared.earlier).clone();
            if let Some(another) = another {
                let _ = client.write_all(&another).await;
            }
            let _ = client.shutdown().await;
            pause(ms).await;
            shared.deliver(&request).await;
            return;
        }
    };
    if let Some(answer) = answer {
        let _ = client.write_all(&answer).await;
    }
    let _ = client.shutdown().await;
}

/// The push channel: bytes both ways until one side or the script ends it.
async fn push(mut client: TcpStream, request: &[u8], shared: &Shared) {
    let trouble = shared.next(Some(request));
    let Ok(mut printer) = TcpStream::connect(shared.printer).await else { return reset(client) };
    if printer.write_all(request).await.is_err() {
        return reset(client);
    }
    match trouble {
        Trouble::Lose | Trouble::Refuse => reset(client),
        Trouble::Cut { ms } => {
            let _ =
                tokio::time::timeout(Duration::from_millis(ms), copy_bidirectional(&mut client, &mut printer)).await;
            reset(client);
        }
        Trouble::Deaf { ms } => {
            let _ =
                tokio::time::timeout(Duration::from_millis(50), copy_bidirectional(&mut client, &mut printer)).await;
            pause(ms).await;
            let _ = copy_bidirectional(&mut client, &mut printer).await;
        }
        _ => {
            let _ = copy_bidirectional(&mut client, &mut printer).await;
        }
    }
}
