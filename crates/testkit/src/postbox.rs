//! A mail server on loopback, for tests: it speaks SMTP, also over TLS, keeps what it is given, and can refuse or break off. What
//! it hears readable it writes down.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mail::{Authorities, Security};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::certificates::tls_for;

/// How long a letter may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A letter as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// To whom, of the envelope.
    pub to: String,
    /// Head and body, as they were sent.
    pub raw: String,
    /// By TLS.
    pub sealed: bool,
    /// What the sender signed in with, as it came.
    pub signed_in: Option<String>,
}

impl Received {
    /// A line of the head, unfolded.
    #[must_use]
    pub fn header(&self, name: &str) -> String {
        let head = self.raw.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        let prefix = format!("{}:", name.to_lowercase());
        let line = head.lines().find(|line| line.to_lowercase().starts_with(&prefix));
        line.map(|line| line[prefix.len()..].trim().to_owned()).unwrap_or_default()
    }

    /// The whole letter with soft line breaks joined and encoded characters of links read.
    #[must_use]
    pub fn text(&self) -> String {
        self.raw.replace("=\r\n", "").replace("=3D", "=")
    }

    /// The secret of the invitation link in it.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn secret(&self) -> String {
        let text = self.text();
        let rest = text.split("/invite/").nth(1).unwrap_or_else(|| panic!("no link in {text}"));
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
    }
}

/// What the mail server does with a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temper {
    /// Takes it.
    Takes,
    /// Asks to come again.
    Busy,
    /// Refuses the person for ever.
    Refuses,
    /// Keeps it, and breaks off before it says so.
    TakesAndBreaksOff,
    /// Does not let anybody sign in.
    ShutsOut,
}

/// How a farm's servers hand letters in, and to what kind of mail server.
#[derive(Debug, Clone, Copy)]
pub struct Post {
    /// What the farm's configuration says.
    pub security: Security,
    /// The name in the mail server's certificate; it is reached as `localhost`.
    pub named: &'static str,
    /// The farm's configuration names its authority.
    pub trusted: bool,
    /// It offers STARTTLS, where it does not speak TLS from the start.
    pub offers: bool,
}

impl Post {
    /// Nothing is secured; nobody signs in.
    pub const READABLE: Self = Self { security: Security::None, named: "localhost", trusted: false, offers: false };

    /// As it should be.
    #[must_use]
    pub const fn by(security: Security) -> Self {
        Self { security, named: "localhost", trusted: true, offers: true }
    }
}

/// User and password that a farm's servers have for a mail server with TLS.
const CREDENTIALS: (&str, &str) = ("print", "hush hush");

#[derive(Debug)]
struct Inside {
    letters: Vec<Received>,
    temper: Temper,
    tries: usize,
    offers: bool,
    readable: Vec<String>,
}

/// The mail server.
#[derive(Debug)]
pub struct Postbox {
    address: SocketAddr,
    post: Post,
    authority: String,
    inside: Arc<Mutex<Inside>>,
    task: JoinHandle<()>,
}

impl Drop for Postbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Postbox {
    /// Starts one.
    pub(crate) async fn start(post: Post) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let offers = post.offers && post.security == Security::StartTls;
        let inside = Inside { letters: Vec::new(), temper: Temper::Takes, tries: 0, offers, readable: Vec::new() };
        let inside = Arc::new(Mutex::new(inside));
        let (acceptor, authority) = tls_for(post.named);
        let shared = inside.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (inside, acceptor) = (shared.clone(), acceptor.clone());
                // Whoever breaks off is served no further; the next one is.
                tokio::spawn(async move { drop(serve(stream, &inside, &acceptor, post.security).await) });
            }
        });
        Self { address, post, authority, inside, task }
    }

    /// The way out for servers of a farm.
    pub(crate) fn way_out(&self) -> app::MailOut {
        let (readable, authority) = (self.post.security == Security::None, self.authority.as_bytes());
        let settings = mail::Settings {
            host: if readable { self.address.ip().to_string() } else { "localhost".to_owned() },
            port: self.address.port(),
            security: self.post.security,
            credentials: (!readable).then(|| (CREDENTIALS.0.to_owned(), CREDENTIALS.1.to_owned())),
            from: "Imprimatur <print@farm.example>".into(),
            authorities: if self.post.trusted {
                Authorities::parse(authority).unwrap()
            } else {
                Authorities::default()
            },
        };
        app::MailOut {
            mailer: mail::Mailer::new(&settings).unwrap(),
            public_url: "https://print.farm.example/".into(),
            look: Duration::from_millis(50),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it does with letters from now on.
    pub fn is(&self, temper: Temper) {
        self.lock().temper = temper;
    }

    /// It offers STARTTLS from now on.
    pub fn offers_starttls(&self) {
        self.lock().offers = true;
    }

    /// Every line that was said to it without TLS.
    #[must_use]
    pub fn readable(&self) -> Vec<String> {
        self.lock().readable.clone()
    }

    /// Everything that came.
    #[must_use]
    pub fn letters(&self) -> Vec<Received> {
        self.lock().letters.clone()
    }

    /// How often somebody tried to hand a letter in.
    #[must_use]
    pub fn tries(&self) -> usize {
        self.lock().tries
    }

    /// Waits until so many letters are here; all of them.
    ///
    /// # Panics
    /// They do not come within twenty seconds.
    pub async fn wait(&self, many: usize) -> Vec<Received> {
        self.until(|inside| inside.letters.len() >= many, &format!("{many} letters")).await;
        self.letters()
    }

    /// Waits until so many tries were made.
    ///
    /// # Panics
    /// They are not within twenty seconds.
    pub async fn wait_tries(&self, many: usize) {
        self.until(|inside| inside.tries >= many, &format!("{many} tries")).await;
    }

    async fn until(&self, fits: impl Fn(&Inside) -> bool, what: &str) {
        let until = tokio::time::Instant::now() + PATIENCE;
        while !fits(&self.lock()) {
            assert!(tokio::time::Instant::now() < until, "never {what}: {:#?}", self.lock());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// A line without its end; `None` at the end.
async fn line_of(wire: &mut BufReader<Box<dyn Wire>>) -> std::io::Result<Option<String>> {
    let mut line = String::new();
    let some = wire.read_line(&mut line).await? > 0;
    Ok(some.then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}

async fn serve(
    stream: TcpStream,
    inside: &Mutex<Inside>,
    acceptor: &TlsAcceptor,
    security: Security,
) -> std::io::Result<()> {
    let lock = || inside.lock().unwrap_or_else(PoisonError::into_inner);
    let mut sealed = security == Security::Tls;
    let mut wire: BufReader<Box<dyn Wire>> = match sealed {
        true => BufReader::new(Box::new(acceptor.accept(stream).await?)),
        false => BufReader::new(Box::new(stream)),
    };
    wire.write_all(b"220 postbox\r\n").await?;
    wire.flush().await?;
    let (mut to, mut signed_in) = (String::new(), None);
    while let Some(line) = line_of(&mut wire).await? {
        if !sealed {
            lock().readable.push(line.clone());
        }
        let word = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        let answer = match &*word {
            // It would take a password readable too: who says it readable is at fault.
            "EHLO" | "HELO" if security != Security::None && !sealed && lock().offers => {
                "250-postbox\r\n250-AUTH PLAIN LOGIN\r\n250-STARTTLS\r\n250 8BITMIME\r\n"
            }
            "EHLO" | "HELO" if security != Security::None => "250-postbox\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME\r\n",
            "EHLO" | "HELO" => "250-postbox\r\n250 8BITMIME\r\n",
            "STARTTLS" if !sealed && lock().offers => {
                wire.write_all(b"220 go on\r\n").await?;
                wire = BufReader::new(Box::new(acceptor.accept(wire.into_inner()).await?));
                sealed = true;
                continue;
            }
            "AUTH" => match lock().temper {
                Temper::ShutsOut => "535 not you\r\n",
                _ => {
                    signed_in = Some(line.clone());
                    "235 come in\r\n"
                }
            },
            "MAIL" => "250 ok\r\n",
            "RCPT" => {
                lock().tries += 1;
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                match lock().temper {
                    Temper::Busy => "451 come again\r\n",
                    Temper::Refuses => "550 nobody of this name\r\n",
                    Temper::Takes | Temper::TakesAndBreaksOff | Temper::ShutsOut => "250 ok\r\n",
                }
            }
            "DATA" => {
                wire.write_all(b"354 go on\r\n").await?;
                wire.flush().await?;
                let mut raw = String::new();
                while let Some(line) = line_of(&mut wire).await? {
                    if line == "." {
                        break;
                    }
                    raw.push_str(line.strip_prefix('.').unwrap_or(&line));
                    raw.push_str("\r\n");
                }
                if !sealed {
                    lock().readable.extend(raw.lines().map(str::to_owned));
                }
                let letter = Received { to: to.clone(), raw, sealed, signed_in: signed_in.clone() };
                lock().letters.push(letter);
                if lock().temper == Temper::TakesAndBreaksOff {
                    return Ok(());
                }
                "250 kept\r\n"
            }
            "RSET" | "NOOP" => "250 ok\r\n",
            "QUIT" => {
                wire.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "502 what\r\n",
        };
        wire.write_all(answer.as_bytes()).await?;
        wire.flush().await?;
    }
    Ok(())
}
