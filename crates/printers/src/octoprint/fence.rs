//! The fence and what OctoPrint remembers afterwards: the two answers that decide whether a job may be tried again.
//!
//! OctoPrint writes its record at the end of a print, in a thread of its own, under the path the file had then. So the
//! record can be missing although the print ran: the machine lost power, the file was moved between the end and the
//! record, or the print failed while it was starting or paused. Absence counts only together with the push channel,
//! which tells every start while it is open.

use domain::RemoteName;
use reqwest::multipart::Form;
use serde_json::json;

use super::{FENCED, OctoPrint, answers::Moved, fenced, push::Seen, resource};
use crate::{Evidence, Fault, Fence, Outcome, PrinterState, Witness};

impl OctoPrint {
    /// Moves the file away. Not a delete: that takes the record of its prints along.
    pub(super) async fn fence_file(&self, name: &RemoteName) -> Result<Fence, Fault> {
        // 201 also if the folder exists. Without it a move answers 500.
        let folder = self.http.post_form("/api/files/local", Form::new().text("foldername", FENCED), 0).await?;
        if folder.status != 201 {
            return Ok(Fence::Unreachable);
        }
        let command = json!({"command": "move", "destination": fenced(name)});
        let answer = self.http.post(&resource(name.as_str()), &command).await?;
        match answer.status {
            // The answer names the file: a yes to something else, such as an upload, is no fence.
            201 if answer.json::<Moved>().is_some_and(|moved| moved.path == fenced(name)) => Ok(Fence::Fenced),
            // Is it the file that is missing, and is it OctoPrint that says so?
            404 => {
                self.identified().await?;
                Ok(if self.file(name.as_str()).await?.is_none() { Fence::Fenced } else { Fence::Unreachable })
            }
            // In use (also by OctoPrint's own analysis of the file), or the destination exists already.
            409 => {
                if self.is_running(name).await? {
                    return Ok(Fence::InUse);
                }
                let moved = self.file(&fenced(name)).await?.is_some() && self.file(name.as_str()).await?.is_none();
                Ok(if moved { Fence::Fenced } else { Fence::Unreachable })
            }
            _ => Ok(Fence::Unreachable),
        }
    }

    /// Does our file run now, under its own or its fenced name? In a race a file can be moved while its print starts.
    async fn is_running(&self, name: &RemoteName) -> Result<bool, Fault> {
        let (state, job, _) = self.look().await?;
        let busy = |state| matches!(state, PrinterState::Printing | PrinterState::Paused);
        Ok(busy(state) && job.state().is_none_or(busy) && self.is_selected(&job, name))
    }

    fn is_selected(&self, job: &super::answers::Job, name: &RemoteName) -> bool {
        job.selected().is_some_and(|path| path == name.as_str() || path == fenced(name))
    }

    async fn recorded(&self, name: &RemoteName) -> Result<Option<Outcome>, Fault> {
        for path in [name.to_string(), fenced(name)] {
            if let Some(outcome) = self.file(&path).await?.and_then(|file| file.outcome()) {
                return Ok(Some(outcome));
            }
        }
        Ok(None)
    }

    pub(super) async fn evidence(&self, name: &RemoteName, witness: Option<&dyn Witness>) -> Result<Evidence, Fault> {
        if self.is_running(name).await? {
            return Ok(Evidence::Running);
        }
        if let Some(outcome) = self.recorded(name).await? {
            return Ok(Evidence::Ended(outcome));
        }
        // The round trip comes after the reads: the process that answers it has run since before the witness was made,
        // and has told every start until now.
        let alive = self.push.round_trip().await;
        match self.push.seen(name) {
            Some(Seen::Ended(outcome)) => return Ok(Evidence::Ended(outcome)),
            Some(Seen::Touched) => return Ok(Evidence::NotSeen { complete: false }),
            None => (),
        }
        // A start may have come between the first look and now, and a selected file was touched by a start.
        let job = self.job().await?;
        let selected = self.is_selected(&job, name);
        let complete = alive && !selected && witness.is_some_and(Witness::unbroken);
        Ok(Evidence::NotSeen { complete })
    }
}
