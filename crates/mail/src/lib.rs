//! One letter to one mail server, by SMTP. Knows neither the database nor what a letter tells, and logs nothing: a letter may
//! hold the secret of a link.

mod authorities;
mod fault;

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use uuid::Uuid;

pub use authorities::Authorities;
pub use fault::Fault;

/// A server may take this long for one letter.
pub const LONGEST: Duration = Duration::from_secs(45);

/// How the way to the mail server is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Not at all; for a server on this machine only.
    None,
    /// Plain at first, then TLS or nothing.
    StartTls,
    /// TLS from the start.
    Tls,
}

impl Security {
    /// Reads the word of the configuration.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "none" => Some(Self::None),
            "starttls" => Some(Self::StartTls),
            "tls" => Some(Self::Tls),
            _ => None,
        }
    }
    /// The port that mail servers have for it.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::None => 25,
            Self::StartTls => 587,
            Self::Tls => 465,
        }
    }
}

/// Where letters are handed in, and from whom they are.
#[derive(Clone)]
pub struct Settings {
    /// Name or address of the mail server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The way there.
    pub security: Security,
    /// User and password, if it wants them.
    pub credentials: Option<(String, String)>,
    /// Such as `Imprimatur <print@school.org>`.
    pub from: String,
    /// Who may sign the mail server's certificate, beside those whom the system trusts.
    pub authorities: Authorities,
}

/// A letter.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Address.
    pub to: String,
    /// Name.
    pub to_name: Option<String>,
    /// One line.
    pub subject: String,
    /// For programs that show text.
    pub text: String,
    /// For the others.
    pub html: String,
}

/// Hands letters in. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mailer(from {})", self.from)
    }
}

impl Mailer {
    /// Checks the settings; connects to nobody.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        let from: Mailbox =
            settings.from.parse().map_err(|e| format!("smtp_from {:?} is not an address: {e}", settings.from))?;
        let host = settings.host.as_str();
        let local = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        let tls = match settings.security {
            Security::None if local => Tls::None,
            Security::None => {
                return Err(format!(
                    "smtp_security = \"none\" is for a mail server on this machine; {host} is another one, and invitations \
                     would travel readable. Use \"starttls\" or \"tls\"."
                ));
            }
            Security::StartTls => Tls::Required(parameters(host, &settings.authorities)?),
            Security::Tls => Tls::Wrapper(parameters(host, &settings.authorities)?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(settings.port)
            .tls(tls)
            .timeout(Some(Duration::from_secs(20)));
        if let Some((user, password)) = &settings.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(Self { transport: builder.build(), from })
    }

    /// Hands a letter in; a repeated one has the same `id`, so that a mailbox may see that it is the same.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn send(&self, id: Uuid, letter: &Letter) -> Result<(), Fault> {
        let message = self.message(id, letter).map_err(Fault::Never)?;
        let sent = tokio::time::timeout(LONGEST, self.transport.send(message)).await;
        match sent {
            Err(_) => Err(Fault::Later("The mail server takes too long.".into())),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(fault::of(&error)),
        }
    }

    fn message(&self, id: Uuid, letter: &Letter) -> Result<Message, String> {
        let address: Address = letter.to.parse().map_err(|_| "The address cannot be written to.".to_owned())?;
        let parts = MultiPart::alternative()
            .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(letter.text.clone()))
            .singlepart(SinglePart::builder().header(ContentType::TEXT_HTML).body(letter.html.clone()));
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(letter.to_name.as_deref().map(one_line), address))
            .subject(one_line(&letter.subject))
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .multipart(parts)
            .map_err(|_| "The letter cannot be written.".to_owned())
    }
}

/// For the head of a letter: a line break would begin another line of it.
fn one_line(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn parameters(host: &str, authorities: &Authorities) -> Result<TlsParameters, String> {
    let builder = authorities.trusted_by(TlsParameters::builder(host.to_owned()));
    builder.build().map_err(|e| format!("TLS to the mail server {host} cannot be set up: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(host: &str, security: Security) -> Settings {
        Settings {
            host: host.into(),
            port: security.port(),
            security,
            credentials: Some(("print".into(), "a secret".into())),
            from: "Imprimatur <print@school.org>".into(),
            authorities: Authorities::default(),
        }
    }

    #[test]
    fn readable_mail_stays_on_this_machine() {
        for host in ["127.0.0.1", "::1", "localhost"] {
            assert!(Mailer::new(&settings(host, Security::None)).is_ok(), "{host}");
        }
        for host in ["mail.school.org", "192.168.1.5", "127.0.0.1.school.org"] {
            let refused = Mailer::new(&settings(host, Security::None)).unwrap_err();
            assert!(refused.contains("starttls"), "{refused}");
            assert!(Mailer::new(&settings(host, Security::StartTls)).is_ok(), "{host}");
            assert!(Mailer::new(&settings(host, Security::Tls)).is_ok(), "{host}");
        }
    }

    #[test]
    fn what_is_printed_of_a_mailer_holds_no_password() {
        let mailer = Mailer::new(&settings("localhost", Security::None)).unwrap();
        assert_eq!(format!("{mailer:?}"), "Mailer(from Imprimatur <print@school.org>)");
        let wrong = Settings { from: "nobody".into(), ..settings("localhost", Security::None) };
        assert!(Mailer::new(&wrong).unwrap_err().contains("smtp_from"));
    }

    #[test]
    fn a_name_cannot_add_lines_to_the_head_of_a_letter() {
        let mailer = Mailer::new(&settings("localhost", Security::None)).unwrap();
        let letter = Letter {
            to: "lena@school.org".into(),
            to_name: Some("Lena\r\nBcc: all@school.org".into()),
            subject: "Approved: a\r\nBcc: all@school.org".into(),
            text: "t".into(),
            html: "<p>t</p>".into(),
        };
        let message = mailer.message(Uuid::nil(), &letter).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap();
        assert!(head.contains("Bcc") && !head.lines().any(|line| line.starts_with("Bcc")), "{head}");
        assert_eq!(message_count(&mailer, "not an address"), 0);
    }

    fn message_count(mailer: &Mailer, to: &str) -> usize {
        let letter = Letter { to: to.into(), to_name: None, subject: "s".into(), text: "t".into(), html: "h".into() };
        usize::from(mailer.message(Uuid::nil(), &letter).is_ok())
    }
}
