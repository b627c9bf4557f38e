//! How a farm is set up: clock, configuration, plan and settings.

use std::time::Duration;

use app::{Config, PasswordCost};
use domain::Plan;

use crate::Post;

/// How a farm is set up. The default: quick configuration, real clock, Professional plan, approval on, no undo window.
#[derive(Debug, Clone)]
pub struct Setup {
    pub(crate) fake_clock: bool,
    pub(crate) config: Config,
    pub(crate) plan: Plan,
    pub(crate) approval: bool,
    pub(crate) undo_window_s: i64,
    pub(crate) empty: bool,
    pub(crate) machines: usize,
    pub(crate) mail: Option<Post>,
    pub(crate) minutes: u64,
    pub(crate) networks: Vec<String>,
}

impl Default for Setup {
    fn default() -> Self {
        Self::new()
    }
}

impl Setup {
    /// The default.
    #[must_use]
    pub fn new() -> Self {
        Self {
            fake_clock: false,
            config: quick(),
            plan: Plan::Professional,
            approval: true,
            undo_window_s: 0,
            empty: false,
            machines: 8,
            mail: None,
            minutes: 2,
            networks: Vec::new(),
        }
    }

    /// For a test that asks so much that two minutes are not enough on a busy machine.
    #[must_use]
    pub fn minutes(self, minutes: u64) -> Self {
        Self { minutes, ..self }
    }

    /// With a mail server on loopback: [`crate::Farm::post`].
    #[must_use]
    pub fn mail(self) -> Self {
        self.mail_by(Post::READABLE)
    }

    /// With a mail server on loopback that speaks TLS.
    #[must_use]
    pub fn mail_by(self, post: Post) -> Self {
        Self { mail: Some(post), ..self }
    }

    /// A clock that stands still until [`crate::Farm::clock`] is advanced. The undo window is 10 seconds, as in a new
    /// organization.
    #[must_use]
    pub fn fake_clock(self) -> Self {
        Self { fake_clock: true, undo_window_s: 10, ..self }
    }

    /// Seconds in which an approval can be undone.
    #[must_use]
    pub fn undo_window(self, seconds: i64) -> Self {
        Self { undo_window_s: seconds, ..self }
    }

    /// Changes the configuration.
    #[must_use]
    pub fn config(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// Room for so many virtual printers: their addresses have to be known before the server starts.
    #[must_use]
    pub fn machines(self, machines: usize) -> Self {
        Self { machines, ..self }
    }

    /// A network in which printers may be, beside the virtual ones.
    #[must_use]
    pub fn network(mut self, network: &str) -> Self {
        self.networks.push(network.to_owned());
        self
    }

    /// Another plan.
    #[must_use]
    pub fn plan(self, plan: Plan) -> Self {
        Self { plan, ..self }
    }

    /// Print job approval off from the start.
    #[must_use]
    pub fn approval_off(self) -> Self {
        Self { approval: false, ..self }
    }

    /// An installation that nobody has set up: no people, no organization.
    #[must_use]
    pub fn empty() -> Self {
        Self { empty: true, ..Self::new() }
    }
}

/// Numbers that make a test quick and the protocol the same.
fn quick() -> Config {
    let ms = Duration::from_millis;
    Config {
        password_cost: PasswordCost { memory_kib: 256, passes: 1, at_once: 2 },
        printer_timeouts: printers::Timeouts { connect: ms(500), call: ms(500), upload: ms(500) },
        lease: ms(1_000),
        tick: ms(50),
        observe: ms(50),
        watch: ms(200),
        read_back: ms(600),
        settle: ms(100),
        record: ms(400),
        again: ms(200),
        ..Config::default()
    }
}
