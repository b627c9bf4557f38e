//! Which statements a request made, and how many rows each gave or changed, as the database driver logs them. One log for the
//! process: whoever reads it is alone in it, and knows what the server asks when nobody asks it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// A statement, the rows it gave, the rows it changed.
pub type Statement = (String, String, String);

static LOG: Mutex<Vec<Statement>> = Mutex::new(Vec::new());

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
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let take = |name: &str| fields.0.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let text = take("db.statement").or_else(|| take("summary")).unwrap_or_default();
        let number = |name: &str| take(name).unwrap_or_default();
        // SQLite repeats with a question what the last change before it changed.
        let asks = text.starts_with("SELECT") || text.starts_with("WITH");
        let changed = if asks { String::new() } else { number("rows_affected") };
        let line = (text, number("rows_returned"), changed);
        LOG.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

fn drain() -> Vec<Statement> {
    std::mem::take(&mut *LOG.lock().unwrap_or_else(PoisonError::into_inner))
}

/// What a server asks by itself.
pub struct Statements(BTreeSet<String>);

impl Statements {
    /// Looks at an idle server for a second. The log begins with the first of these.
    pub async fn new() -> Self {
        static BEGUN: std::sync::Once = std::sync::Once::new();
        BEGUN.call_once(|| tracing_subscriber::registry().with(Keeper).init());
        drain();
        tokio::time::sleep(Duration::from_secs(1)).await;
        Self(drain().into_iter().map(|(text, ..)| text).collect())
    }

    /// What is asked because of a request.
    pub async fn of<T>(&self, request: impl Future<Output = T>) -> (T, Vec<Statement>) {
        drain();
        let answer = request.await;
        let mut made = drain();
        made.retain(|(text, ..)| !self.0.contains(text));
        (answer, made)
    }
}
