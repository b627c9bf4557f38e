//! A gate in front of every commit: a test stops one transaction when it has all its locks and nothing is committed yet.
//! Like the fake clock it is put in by tests only; a database that was opened without one has no gate.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

/// The transaction that will be stopped next, if any: whom to tell that it is here, and what it waits for.
type Next = Option<(oneshot::Sender<()>, oneshot::Receiver<()>)>;

/// Stops a commit. Clones are the same gate.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<Mutex<Next>>);

/// One commit that is stopped, or will be. Dropped, it lets the transaction go.
#[derive(Debug)]
pub struct Stop {
    here: oneshot::Receiver<()>,
    go: oneshot::Sender<()>,
}

impl Gate {
    /// The next transaction that comes to its commit is stopped there; those after it pass.
    #[must_use = "the transaction goes on when this is dropped"]
    pub fn stop_next(&self) -> Stop {
        let (came, here) = oneshot::channel();
        let (go, wait) = oneshot::channel();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((came, wait));
        Stop { here, go }
    }

    pub(crate) async fn pass(&self) {
        let next = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((came, wait)) = next
            && came.send(()).is_ok()
        {
            // Whether it is told to go or the test has ended: it goes.
            let _ = wait.await;
        }
    }
}

impl Stop {
    /// Waits until a transaction stands at the gate: all its statements are done, all its locks taken.
    pub async fn arrived(&mut self) {
        let _ = (&mut self.here).await;
    }

    /// Lets it commit.
    pub fn go(self) {
        let _ = self.go.send(());
    }
}
