//! Configuration: a file (`imprimatur.toml`), the environment (`IMPRIMATUR_...`), and the command line, in this order.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::Deserialize;

/// What the command line can say.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArgs {
    /// Configuration file.
    #[arg(long, default_value = "imprimatur.toml")]
    pub config: PathBuf,
    /// Folder for the embedded database, the files and the master key.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Address to listen on.
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// `postgres://...`, or a path for SQLite; by default SQLite in the data folder.
    #[arg(long)]
    pub database: Option<String>,
    /// The address people open, such as `https://print.school.org`; with https, cookies are bound to TLS.
    #[arg(long)]
    pub public_url: Option<String>,
    /// Serve plain HTTP on an address that is not loopback. Passwords then travel readable on your network.
    #[arg(long)]
    pub allow_plain_http: bool,
}

/// The settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    pub data: PathBuf,
    pub listen: SocketAddr,
    pub database: Option<String>,
    pub public_url: String,
    pub allow_plain_http: bool,
    /// Networks in which printers may be, such as 192.168.0.0/16.
    pub printer_networks: Vec<String>,
    /// Exact host:port on this machine that may be used as printers.
    pub printer_exceptions: Vec<String>,
    pub upload_max_mb: u64,
    pub model_max_mb: u64,
    pub quota_organization_mb: i64,
    pub quota_person_mb: i64,
    /// Days after its end that a print job's file is kept; 0 is for ever.
    pub job_files_days: i64,
    pub sign_in_failures_per_minute: i64,
    pub sign_in_failures_per_address: i64,
    pub lease_ms: u64,
    pub tick_ms: u64,
    pub observe_ms: u64,
    pub watch_ms: u64,
    pub read_back_ms: u64,
    pub settle_ms: u64,
    pub record_ms: u64,
    pub again_ms: u64,
    pub printer_connect_ms: u64,
    pub printer_call_ms: u64,
    pub printer_upload_ms: u64,
    pub password_memory_kib: u32,
    /// Name or address of the mail server; without it nothing is mailed, and invitation links are handed over by hand.
    pub smtp_host: Option<String>,
    /// By default the usual one of `smtp_security`.
    pub smtp_port: Option<u16>,
    /// `starttls`, `tls`, or `none` for a mail server on this machine.
    pub smtp_security: String,
    pub smtp_user: Option<String>,
    pub smtp_password: Option<Secret>,
    /// The sender, such as `Imprimatur <print@school.org>`.
    pub smtp_from: Option<String>,
    /// A PEM file with certificate authorities that are trusted for the mail server, beside the system's.
    pub smtp_ca: Option<PathBuf>,
}

/// A setting that is never printed.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Default for Settings {
    fn default() -> Self {
        let app = app::Config::default();
        let ms = |d: Duration| u64::try_from(d.as_millis()).unwrap_or(0);
        Self {
            data: "data".into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8631)),
            database: None,
            public_url: String::new(),
            allow_plain_http: false,
            printer_networks: printers::network::PRIVATE.iter().map(|&n| n.to_owned()).collect(),
            printer_exceptions: Vec::new(),
            upload_max_mb: app.upload_max / 1_000_000,
            model_max_mb: app.model_max / 1_000_000,
            quota_organization_mb: app.quota.organization / 1_000_000,
            quota_person_mb: app.quota.person / 1_000_000,
            job_files_days: app.job_files_days,
            sign_in_failures_per_minute: app.sign_in.account,
            sign_in_failures_per_address: app.sign_in.address,
            lease_ms: ms(app.lease),
            tick_ms: ms(app.tick),
            observe_ms: ms(app.observe),
            watch_ms: ms(app.watch),
            read_back_ms: ms(app.read_back),
            settle_ms: ms(app.settle),
            record_ms: ms(app.record),
            again_ms: ms(app.again),
            printer_connect_ms: ms(app.printer_timeouts.connect),
            printer_call_ms: ms(app.printer_timeouts.call),
            printer_upload_ms: ms(app.printer_timeouts.upload),
            password_memory_kib: app.password_cost.memory_kib,
            smtp_host: None,
            smtp_port: None,
            smtp_security: "starttls".into(),
            smtp_user: None,
            smtp_password: None,
            smtp_from: None,
            smtp_ca: None,
        }
    }
}

impl Settings {
    /// Reads file and environment, then the command line.
    pub fn load(args: &ServeArgs) -> Result<Self, String> {
        let mut settings: Self = Figment::new()
            .merge(Toml::file(&args.config))
            .merge(Env::prefixed("IMPRIMATUR_").ignore(&["master_key"]).filter(|key| !key.starts_with("test_")))
            .extract()
            .map_err(|e| format!("the configuration cannot be read: {e}"))?;
        if let Some(data) = &args.data {
            settings.data.clone_from(data);
        }
        if let Some(listen) = args.listen {
            settings.listen = listen;
        }
        if args.database.is_some() {
            settings.database.clone_from(&args.database);
        }
        if let Some(url) = &args.public_url {
            settings.public_url.clone_from(url);
        }
        settings.allow_plain_http |= args.allow_plain_http;
        Ok(settings)
    }

    /// Behind TLS: decided by the address that people open.
    pub fn secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// Plain HTTP leaves loopback only when the operator says so (architecture: TLS).
    pub fn check_plain_http(&self) -> Result<(), String> {
        if self.listen.ip().is_loopback() || self.secure() || self.allow_plain_http {
            return Ok(());
        }
        Err(format!(
            "{} is not loopback, and without TLS passwords travel readable. Put a TLS proxy in front and set \
             public_url = \"https://...\", or set allow_plain_http = true.",
            self.listen
        ))
    }

    /// Names under which people may reach this server; empty: any. Without this check a page of another site could point
    /// its own name at this address and read what needs no sign-in (DNS rebinding).
    pub fn hosts(&self, address: SocketAddr) -> Vec<String> {
        let port = address.port();
        let mut hosts = vec![
            format!("127.0.0.1:{port}"),
            format!("localhost:{port}"),
            format!("[::1]:{port}"),
            address.to_string(),
        ];
        if let Some(authority) = self.public_url.split_once("://").map(|(_, rest)| rest) {
            hosts.push(authority.split('/').next().unwrap_or(authority).to_lowercase());
        } else if !address.ip().is_loopback() {
            return Vec::new();
        }
        hosts
    }

    /// Address of the database.
    pub fn database(&self) -> String {
        self.database.clone().unwrap_or_else(|| self.data.join("imprimatur.db").display().to_string())
    }

    /// The way letters go out, if there is one; a sentence for the operator if it is only half said.
    fn mail(&self) -> Result<Option<app::MailOut>, String> {
        let Some(host) = &self.smtp_host else { return Ok(None) };
        let security = mail::Security::parse(&self.smtp_security)
            .ok_or_else(|| format!("smtp_security is starttls, tls or none; not {:?}", self.smtp_security))?;
        if self.public_url.is_empty() {
            return Err("smtp_host needs public_url: letters link to the address that people open".into());
        }
        let from = self.smtp_from.clone().ok_or("smtp_host needs smtp_from: who letters are from")?;
        let credentials = match (&self.smtp_user, &self.smtp_password) {
            (None, None) => None,
            (Some(user), Some(Secret(password))) => Some((user.clone(), password.clone())),
            _ => return Err("smtp_user and smtp_password belong together: set both, or none".into()),
        };
        let port = self.smtp_port.unwrap_or_else(|| security.port());
        let authorities = match &self.smtp_ca {
            Some(_) if security == mail::Security::None => {
                return Err(
                    "smtp_ca is for smtp_security = \"starttls\" or \"tls\": without TLS no certificate is looked at"
                        .into(),
                );
            }
            Some(path) => read_authorities(path)?,
            None => mail::Authorities::default(),
        };
        let settings = mail::Settings { host: host.clone(), port, security, credentials, from, authorities };
        Ok(Some(app::MailOut {
            mailer: mail::Mailer::new(&settings)?,
            public_url: self.public_url.clone(),
            look: Duration::from_secs(2),
        }))
    }

    /// The numbers of the use cases, and the mail server.
    pub fn app(&self) -> Result<app::Config, String> {
        let mut config = app::Config::default();
        let ms = Duration::from_millis;
        config.upload_max = self.upload_max_mb.saturating_mul(1_000_000);
        config.model_max = self.model_max_mb.saturating_mul(1_000_000);
        config.quota.organization = self.quota_organization_mb.saturating_mul(1_000_000);
        config.quota.person = self.quota_person_mb.saturating_mul(1_000_000);
        config.job_files_days = self.job_files_days;
        config.sign_in.account = self.sign_in_failures_per_minute;
        config.sign_in.address = self.sign_in_failures_per_address;
        config.lease = ms(self.lease_ms);
        config.tick = ms(self.tick_ms);
        config.observe = ms(self.observe_ms);
        config.watch = ms(self.watch_ms);
        config.read_back = ms(self.read_back_ms);
        config.settle = ms(self.settle_ms);
        config.record = ms(self.record_ms);
        config.again = ms(self.again_ms);
        config.printer_timeouts.connect = ms(self.printer_connect_ms);
        config.printer_timeouts.call = ms(self.printer_call_ms);
        config.printer_timeouts.upload = ms(self.printer_upload_ms);
        config.password_cost.memory_kib = self.password_memory_kib;
        config.mail = self.mail()?;
        Ok(config)
    }
}

/// The certificates of `smtp_ca`; a sentence for the operator if there are none.
fn read_authorities(path: &std::path::Path) -> Result<mail::Authorities, String> {
    let pem = std::fs::read(path).map_err(|e| format!("smtp_ca {}: the file cannot be read: {e}", path.display()))?;
    mail::Authorities::parse(&pem).map_err(|why| format!("smtp_ca {}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Settings {
        Figment::new().merge(Toml::string(text)).extract().unwrap()
    }

    #[test]
    fn mail_is_set_up_whole_or_not_at_all() {
        assert!(settings("").app().unwrap().mail.is_none());
        let host = "smtp_host = \"mail.school.org\"\n";
        let from = "smtp_from = \"Imprimatur <print@school.org>\"\n";
        let url = "public_url = \"https://print.school.org\"\n";
        for (text, says) in [
            (host.to_owned(), "public_url"),
            (format!("{host}{url}"), "smtp_from"),
            (format!("{host}{url}{from}smtp_user = \"print\""), "belong together"),
            (format!("{host}{url}{from}smtp_security = \"ssl\""), "starttls, tls or none"),
            (format!("{host}{url}{from}smtp_security = \"none\""), "another one"),
            (format!("{host}{url}smtp_from = \"print\""), "not an address"),
        ] {
            let refused = settings(&text).app().unwrap_err();
            assert!(refused.contains(says), "{text}: {refused}");
        }
        let whole = format!("{host}{url}{from}smtp_user = \"print\"\nsmtp_password = \"hush\"");
        let settings = settings(&whole);
        assert!(settings.app().unwrap().mail.is_some());
        assert!(!format!("{settings:?}").contains("hush"));
    }

    #[test]
    fn an_extra_authority_is_read_at_the_start_or_the_operator_is_told_why_not() {
        let folder = tempfile::tempdir().unwrap();
        let (missing, text) = (folder.path().join("missing.pem"), folder.path().join("notes.txt"));
        std::fs::write(&text, "the certificate is in the other mail").unwrap();
        let whole = "smtp_host = \"mail.school.org\"\npublic_url = \"https://print.school.org\"\nsmtp_from = \"print@school.org\"\n";
        for (path, more, says) in [
            (&missing, "", "cannot be read"),
            (&folder.path().to_owned(), "", "cannot be read"),
            (&text, "", "no certificate in PEM"),
            (&text, "smtp_security = \"none\"\n", "without TLS"),
        ] {
            let refused = settings(&format!("{whole}{more}smtp_ca = {path:?}\n")).app().unwrap_err();
            assert!(refused.contains("smtp_ca") && refused.contains(says), "{refused}");
        }
    }
}
