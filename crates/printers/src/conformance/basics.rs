//! The kit's checks before any doubt: who it is, what an upload does, what is shown, what a start does and does not.

use std::time::Duration;

use super::kit::{Broken, GIVEN_UP_AFTER, Kit, Seen, expected_of, failed, plain};
use crate::{Fault, Fence, Reply, Verified};

fn same(text: &str) -> Seen {
    Ok(text.to_owned())
}

impl Kit<'_> {
    pub(super) async fn identity(&self) -> Seen {
        let (first, second) = (self.driver.identify().await, self.driver.identify().await);
        if first.is_err() || first != second {
            return failed("it does not say the same twice");
        }
        let stranger = self.rig.stranger();
        match (stranger.identify().await, stranger.observe().await) {
            (Err(Fault::BadCredential), Err(Fault::BadCredential)) => (),
            _ => return failed("a wrong key is not refused"),
        }
        let name = self.sent(self.rig.long()).await?;
        if !matches!(self.start(&*stranger, &name).await, Reply::Refused(_)) {
            return failed("a start with a wrong key is not refused");
        }
        self.stays_quiet(&name, 0, "after a start with a wrong key").await?;
        same("it says what it is; a wrong key is refused and starts nothing")
    }

    pub(super) async fn upload(&self) -> Seen {
        let name = self.sent(self.rig.long()).await?;
        self.stays_quiet(&name, 0, "after it was only sent").await?;
        let other = self.rig.short();
        let reply = self.driver.upload(&name, &expected_of(other)).await;
        match self.driver.verify(&name, &expected_of(self.rig.long())).await {
            Ok(Verified::Same) => (),
            _ => {
                return failed(format!("a second file of the same name (answer {}) replaces the first", plain(&reply)));
            }
        }
        self.driver.remove(&name).await;
        same("sending starts nothing and overwrites nothing")
    }

    pub(super) async fn read_back(&self) -> Seen {
        let before = self.sent(self.rig.long()).await?;
        let name = self.printing().await?;
        if !matches!(self.driver.cancel(&before).await, Reply::Refused(_)) {
            return failed("a cancel of another file is not refused");
        }
        if !self.runs(&name, Duration::ZERO).await {
            return failed("the name of the running file does not stay");
        }
        self.cancelled(&name).await?;
        let after = self.driver.observe().await;
        if after.map_or(true, |seen| seen.running.is_some()) {
            return failed("after its end a file is still shown as running");
        }
        same("the running file is shown by its name while it prints, and not afterwards")
    }

    /// A1.
    pub(super) async fn one_send(&self) -> Seen {
        let name = self.printed().await?;
        self.settle().await;
        self.idle_without_help().await?;
        match self.rig.starts(&name).await {
            None => return Err(Broken::NotTestable("nobody counts the prints of this printer".to_owned())),
            Some(1) => (),
            Some(n) => return failed(format!("one send was executed {n} times")),
        }
        for ms in GIVEN_UP_AFTER {
            let name = self.sent(self.rig.short()).await?;
            let hasty = self.rig.driver(Some(Duration::from_millis(ms)));
            self.start(&*hasty, &name).await;
            // Long enough that a repeated one would have shown as well.
            self.settle().await;
            self.idle_without_help().await?;
            self.settle().await;
            match self.rig.starts(&name).await {
                Some(0 | 1) => (),
                Some(n) => return failed(format!("a send that was given up was executed {n} times")),
                None => return Err(Broken::NotTestable("nobody counts the prints of this printer".to_owned())),
            }
        }
        same("one send was one print; sends given up after 1 to 100 ms were one or none")
    }

    /// Waits for the end of what prints, without ending it.
    async fn idle_without_help(&self) -> Result<(), Broken> {
        match self.look(|seen| seen.running.is_none(), self.rig.patience() * 2).await {
            Some(_) => Ok(()),
            None => failed("the print of a short file does not end"),
        }
    }

    /// A3, first half.
    pub(super) async fn missing(&self) -> Seen {
        let never = self.rig.name();
        let gone = self.sent(self.rig.long()).await?;
        self.driver.remove(&gone).await;
        for (name, what) in [(&never, "a file that never was there"), (&gone, "a file that was removed")] {
            let reply = self.start(&*self.driver, name).await;
            self.stays_quiet(name, 0, &format!("after a start of {what}")).await?;
            if !matches!(reply, Reply::Refused(_)) {
                return failed(format!("a start of {what} is answered with {}", plain(&reply)));
            }
        }
        same("a start of a file that is not there is refused")
    }

    /// A3, second half.
    pub(super) async fn busy(&self) -> Seen {
        let second = self.sent(self.rig.long()).await?;
        let first = self.printing().await?;
        let reply = self.start(&*self.driver, &second).await;
        self.stays_quiet(&second, 0, "although another file was printing").await?;
        if !self.runs(&first, Duration::ZERO).await {
            return failed("a second start ended the running print");
        }
        self.cancelled(&first).await?;
        self.stays_quiet(&second, 0, "when another print was over").await?;
        match reply {
            Reply::Refused(_) => same("a start while it prints is refused; the running print goes on"),
            _ => same("a start while it prints has no effect, whatever the answer; the running print goes on"),
        }
    }

    /// The fence: nothing of this name can start from now on, whatever is under way.
    pub(super) async fn fence(&self) -> Seen {
        let name = self.sent(self.rig.long()).await?;
        if self.fenced(&*self.driver, &name).await? != Fence::Fenced {
            return failed("a file that does not print is said to be in use");
        }
        let reply = self.start(&*self.driver, &name).await;
        self.stays_quiet(&name, 0, "after its fence").await?;
        if !matches!(reply, Reply::Refused(_)) {
            return failed(format!("a start after the fence is answered with {}", plain(&reply)));
        }
        let running = self.printing().await?;
        if self.fenced(&*self.driver, &running).await? != Fence::InUse || !self.runs(&running, Duration::ZERO).await {
            return failed("the fence of a running file is not answered with: in use");
        }
        self.cancelled(&running).await?;
        let done = self.printed().await?;
        self.settle().await;
        let before = self.rig.starts(&done).await.unwrap_or(1);
        self.fenced(&*self.driver, &done).await?;
        self.start(&*self.driver, &done).await;
        self.stays_quiet(&done, before, "once more after its end and its fence").await?;
        for ms in GIVEN_UP_AFTER {
            self.given_up_and_fenced(Duration::from_millis(ms)).await?;
        }
        same("after the fence nothing of that name starts, also what was under way; in use is said only of what prints")
    }

    /// A start that may still be on its way when the fence comes.
    async fn given_up_and_fenced(&self, patience: Duration) -> Result<(), Broken> {
        let name = self.sent(self.rig.long()).await?;
        self.start(&*self.rig.driver(Some(patience)), &name).await;
        match self.fenced(&*self.driver, &name).await? {
            Fence::InUse => match self.runs(&name, self.rig.settle()).await {
                true => self.cancelled(&name).await,
                false => failed("a file is said to be in use, and does not print"),
            },
            _ => {
                // It may have begun and be over already; from here on no more.
                let before = self.rig.starts(&name).await.unwrap_or(0);
                self.stays_quiet(&name, before, "after its fence, by a start that was still under way").await
            }
        }
    }
}
