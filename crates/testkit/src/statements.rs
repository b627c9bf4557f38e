//! The statements that a process of tests made of its databases, as the driver logs them, with how many rows each gave or changed;
//! and what PostgreSQL tells its client. One log for the process: whoever reads it is alone in it.

use std::collections::HashMap;
use std::sync::{Mutex, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// The statement; or the text of a notice.
    pub text: String,
    /// Rows that it gave.
    pub returned: String,
    /// Rows that it changed; nothing for a question.
    pub changed: String,
    /// It is no statement: PostgreSQL told it.
    pub notice: bool,
}

static LOG: Mutex<Vec<Logged>> = Mutex::new(Vec::new());

struct Keeper;

#[derive(Default)]
struct Fields(HashMap<&'static str, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Keeper {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let notice = match event.metadata().target() {
            "sqlx::query" => false,
            "sqlx::postgres::notice" => true,
            _ => return,
        };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let take = |name: &str| fields.0.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let text = take("db.statement").or_else(|| take("summary")).or_else(|| take("message")).unwrap_or_default();
        let number = |name: &str| take(name).unwrap_or_default();
        // SQLite repeats with a question what the last change before it changed.
        let changed = if asks(&text) { String::new() } else { number("rows_affected") };
        let line = Logged { text, returned: number("rows_returned"), changed, notice };
        LOG.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

/// Whether a statement only reads.
#[must_use]
pub fn asks(statement: &str) -> bool {
    statement.starts_with("SELECT") || statement.starts_with("WITH")
}

/// The log begins with the first call.
pub fn keep() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| tracing_subscriber::registry().with(Keeper).init());
}

/// What was logged since the last time.
#[must_use]
pub fn take() -> Vec<Logged> {
    std::mem::take(&mut *LOG.lock().unwrap_or_else(PoisonError::into_inner))
}
