//! Sends the letters that follow from the journal. Every server process does; a claim in the database decides which one sends a
//! letter. Nothing of a letter is logged, only its id.

use std::collections::HashMap;
use std::time::Duration;

use domain::OrgId;
use mail::{Fault, Mailer};
use store::mail::{self as outbox, Content, Ended};

use crate::letters::{Desk, write as write_letter};
use crate::{App, Error, read, write};

/// A letter is claimed for so long: longer than a mail server may take.
const LEASE_S: i64 = 120;
/// The position in the database moves with letters, and at least after so many rows.
const UNWRITTEN: i64 = 500;
/// After a change, the next look waits so long: many changes come together.
const AFTER_CHANGE: Duration = Duration::from_millis(100);

/// Where letters go out, and what they link to.
#[derive(Debug, Clone)]
pub struct MailOut {
    /// The mail server.
    pub mailer: Mailer,
    /// The address people open, such as `https://print.school.org`.
    pub public_url: String,
    /// Looks at least this often: letters wait for the end of an undo window.
    pub look: Duration,
}

impl App {
    /// Sends letters until the process ends; nothing without a mail server.
    pub async fn keep_mailing(&self) {
        let Some(out) = self.config().mail.clone() else { return };
        let mut seen = HashMap::new();
        let mut changes = self.0.news.changes();
        loop {
            if let Err(error) = self.collect_letters(&mut seen).await {
                tracing::warn!(%error, "looking for letters to send");
            }
            loop {
                match self.send_letter(&out).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        tracing::warn!(%error, "sending letters");
                        break;
                    }
                }
            }
            tokio::select! {
                changed = changes.changed() => match changed {
                    Ok(()) => tokio::time::sleep(AFTER_CHANGE.min(out.look)).await,
                    Err(_) => return,
                },
                () = tokio::time::sleep(out.look) => {}
            }
            changes.mark_unchanged();
        }
    }

    /// Makes letters of what is new in the journals.
    async fn collect_letters(&self, seen: &mut HashMap<OrgId, i64>) -> Result<(), Error> {
        let (found, looked) = {
            let mut conn = read!(self);
            outbox::look(&mut conn, seen).await?
        };
        let unwritten = |(org, seq): (&OrgId, &i64)| seq - seen.get(org).copied().unwrap_or(0) >= UNWRITTEN;
        if !found.is_empty() || looked.iter().any(unwritten) {
            let collected: Result<(), Error> = async {
                let mut tx = self.db().write().await.map_err(store::Error::from)?;
                outbox::collect(&mut tx, &found, &looked).await?;
                Ok(tx.commit().await.map_err(store::Error::from)?)
            }
            .await;
            collected?;
        }
        seen.extend(looked);
        Ok(())
    }

    /// Sends the letter that is due first; `false` if none is.
    async fn send_letter(&self, out: &MailOut) -> Result<bool, Error> {
        {
            let mut conn = read!(self);
            if !outbox::any_due(&mut conn).await? {
                return Ok(false);
            }
        }
        let claimed = {
            let mut tx = self.db().write().await.map_err(store::Error::from)?;
            let claimed = outbox::claim(&mut tx, LEASE_S).await?;
            tx.commit().await.map_err(store::Error::from)?;
            claimed
        };
        let Some(claimed) = claimed else { return Ok(false) };
        let content = {
            let mut conn = read!(self);
            outbox::content(&mut conn, &claimed).await?
        };
        let mut sealed = None;
        let ended = match &content {
            None => Ok(None),
            Some(content) => {
                let base = out.public_url.trim_end_matches('/');
                let mut desk = Desk { public_url: base, link: String::new() };
                if let Content::Invitation { id, sealed: secret, .. } = content {
                    desk.link = format!("{base}/invite/{}", self.mailed_secret(*id, secret)?);
                    sealed = Some(secret.as_slice());
                }
                out.mailer.send(claimed.id, &write_letter(content, &desk)).await.map(Some)
            }
        };
        let after_s = 30_i64.saturating_mul(1 << claimed.attempts.clamp(0, 7));
        let problem = ended.as_ref().err().map(ToString::to_string).unwrap_or_default();
        let how = match &ended {
            Ok(None) => Ended::Dropped,
            Ok(Some(())) => Ended::Sent,
            Err(Fault::Never(_)) => Ended::Failed(&problem),
            Err(Fault::Later(_)) => Ended::Later(&problem, after_s),
        };
        if ended.is_err() {
            tracing::warn!(letter = %claimed.id, attempt = claimed.attempts, problem, "a letter did not go out");
        }
        let remembered: Result<(), Error> =
            write!(self, |tx| Ok(outbox::ended(&mut tx, &claimed, sealed, how.clone()).await?));
        remembered?;
        Ok(true)
    }
}
