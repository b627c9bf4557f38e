//! A mail server on loopback, for tests: it speaks SMTP, keeps what it is given, and can refuse or break off.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How long a letter may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A letter as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// To whom, of the envelope.
    pub to: String,
    /// Head and body, as they were sent.
    pub raw: String,
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
}

#[derive(Debug)]
struct Inside {
    letters: Vec<Received>,
    temper: Temper,
    tries: usize,
}

/// The mail server.
#[derive(Debug)]
pub struct Postbox {
    address: SocketAddr,
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
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let inside = Arc::new(Mutex::new(Inside { letters: Vec::new(), temper: Temper::Takes, tries: 0 }));
        let shared = inside.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let inside = shared.clone();
                // Whoever breaks off is served no further; the next one is.
                tokio::spawn(async move { drop(serve(stream, &inside).await) });
            }
        });
        Self { address, inside, task }
    }

    /// The way out for servers of a farm.
    pub(crate) fn way_out(&self) -> app::MailOut {
        let settings = mail::Settings {
            host: self.address.ip().to_string(),
            port: self.address.port(),
            security: mail::Security::None,
            credentials: None,
            from: "Imprimatur <print@farm.example>".into(),
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

async fn serve(stream: TcpStream, inside: &Mutex<Inside>) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let temper = || inside.lock().unwrap_or_else(PoisonError::into_inner).temper;
    writer.write_all(b"220 postbox\r\n").await?;
    let mut to = String::new();
    while let Some(line) = lines.next_line().await? {
        let word = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        let answer = match &*word {
            "EHLO" | "HELO" => "250-postbox\r\n250 8BITMIME\r\n",
            "MAIL" => "250 ok\r\n",
            "RCPT" => {
                inside.lock().unwrap_or_else(PoisonError::into_inner).tries += 1;
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                match temper() {
                    Temper::Busy => "451 come again\r\n",
                    Temper::Refuses => "550 nobody of this name\r\n",
                    Temper::Takes | Temper::TakesAndBreaksOff => "250 ok\r\n",
                }
            }
            "DATA" => {
                writer.write_all(b"354 go on\r\n").await?;
                let mut raw = String::new();
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    raw.push_str(line.strip_prefix('.').unwrap_or(&line));
                    raw.push_str("\r\n");
                }
                inside.lock().unwrap_or_else(PoisonError::into_inner).letters.push(Received { to: to.clone(), raw });
                if temper() == Temper::TakesAndBreaksOff {
                    return Ok(());
                }
                "250 kept\r\n"
            }
            "RSET" | "NOOP" => "250 ok\r\n",
            "QUIT" => {
                writer.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "502 what\r\n",
        };
        writer.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}
