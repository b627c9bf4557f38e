//! Every number an operator may turn, with its default. Tests turn them too: leases of a second, cheap passwords.

use std::time::Duration;

use ::printers::Timeouts;
use store::accounts::SessionLife;
use store::files::Quota;
use store::oauth::family::Life;

/// Argon2id parameters; the floor is m = 19 MiB, t = 2, p = 1 (security.md 1.9).
#[derive(Debug, Clone, Copy)]
pub struct PasswordCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
    /// Hashes at the same time, so that a sign-in storm cannot stall the server.
    pub at_once: usize,
}

/// Limits for failed sign-ins in a minute.
#[derive(Debug, Clone, Copy)]
pub struct SignInLimits {
    /// For one account.
    pub account: i64,
    /// From one address (a class shares one).
    pub address: i64,
}

/// How long tokens and codes live, and how often they may be tried (security.md 1.9). Seconds.
#[derive(Debug, Clone, Copy)]
pub struct TokenRules {
    /// The tokens of an application.
    pub life: Life,
    /// An authorization code.
    pub code_s: i64,
    /// A device waits this long for a person.
    pub device_s: i64,
    /// It asks at most this often.
    pub device_interval_s: i64,
    /// Requests that the token endpoint refuses from one address in a minute, and refreshes of one grant.
    pub per_minute: i64,
    /// Wrong device codes in a minute: by one person, from one address.
    pub guesses: SignInLimits,
}

/// The configuration of the use cases.
#[derive(Debug, Clone)]
pub struct Config {
    /// Largest print file in bytes.
    pub upload_max: u64,
    /// Largest model in a library project in bytes.
    pub model_max: u64,
    /// Largest piece of an upload in bytes.
    pub upload_chunk: u64,
    /// An unfinished upload is kept this long.
    pub upload_lives_s: i64,
    /// So many days after a print job has ended its file is forgotten, if no project has it; 0 keeps it for ever.
    pub job_files_days: i64,
    /// Bytes for an organization and for a person.
    pub quota: Quota,
    /// Sessions.
    pub session_life: SessionLife,
    /// A step that needs the password takes one of at most this age.
    pub password_fresh_s: i64,
    /// Invitations live this long.
    pub invitation_lives_s: i64,
    /// Failed sign-ins.
    pub sign_in: SignInLimits,
    /// Tokens.
    pub tokens: TokenRules,
    /// Password hashing.
    pub password_cost: PasswordCost,
    /// Calls to printers.
    pub printer_timeouts: Timeouts,
    /// Lease of a job.
    pub lease: Duration,
    /// The dispatcher looks at least this often.
    pub tick: Duration,
    /// A printing printer is looked at this often.
    pub observe: Duration,
    /// An idle printer is looked at this often.
    pub watch: Duration,
    /// How long a start may take to show before the fence (D6).
    pub read_back: Duration,
    /// Between two readings after the fence (delta of R2).
    pub settle: Duration,
    /// How long a printer's record of an ended print may take to appear.
    pub record: Duration,
    /// A job whose printer could not be reached waits this long before the next try.
    pub again: Duration,
    /// Where letters go out; without it, links are handed over by hand.
    pub mail: Option<crate::MailOut>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            upload_max: 1_000_000_000,
            model_max: 2_000_000_000,
            upload_chunk: 8 * 1024 * 1024,
            upload_lives_s: 24 * 3600,
            job_files_days: 0,
            quota: Quota { organization: 10_000_000_000, person: 2_000_000_000 },
            session_life: SessionLife { idle_s: 12 * 3600, absolute_s: 30 * 24 * 3600 },
            password_fresh_s: 30 * 60,
            invitation_lives_s: 7 * 24 * 3600,
            sign_in: SignInLimits { account: 5, address: 20 },
            tokens: TokenRules {
                life: Life { access_s: 600, refresh_s: 30 * 24 * 3600, grant_s: 90 * 24 * 3600 },
                code_s: 60,
                device_s: 600,
                device_interval_s: 5,
                per_minute: 30,
                guesses: SignInLimits { account: 5, address: 20 },
            },
            password_cost: PasswordCost { memory_kib: 64 * 1024, passes: 3, at_once: 2 },
            printer_timeouts: Timeouts::default(),
            lease: Duration::from_secs(30),
            tick: Duration::from_millis(500),
            observe: Duration::from_secs(2),
            watch: Duration::from_secs(5),
            read_back: Duration::from_secs(20),
            settle: Duration::from_secs(2),
            record: Duration::from_secs(15),
            again: Duration::from_secs(5),
            mail: None,
        }
    }
}
