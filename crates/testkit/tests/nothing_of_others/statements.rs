//! Which statements a request made, without those that the server makes when nobody asks it.

use std::collections::BTreeSet;
use std::time::Duration;

use testkit::statements::{Logged, keep, take};

/// What a server asks by itself.
pub struct Statements(BTreeSet<String>);

impl Statements {
    /// Looks at an idle server until a second shows nothing that the ones before it did not.
    pub async fn new() -> Self {
        keep();
        drop(take());
        let mut known = BTreeSet::new();
        for second in 0..10 {
            let before = known.len();
            tokio::time::sleep(Duration::from_secs(1)).await;
            known.extend(take().into_iter().map(|line| line.text));
            if second > 0 && known.len() == before {
                break;
            }
        }
        Self(known)
    }

    /// What is asked because of a request.
    pub async fn of<T>(&self, request: impl Future<Output = T>) -> (T, Vec<Logged>) {
        drop(take());
        let answer = request.await;
        let mut made = take();
        made.retain(|line| !line.notice && !self.0.contains(&line.text));
        (answer, made)
    }
}
