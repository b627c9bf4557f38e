//! OctoPrint's answers as types, and their translation into our words. No calls.

use serde::Deserialize;
use serde_json::Value;

use crate::{Outcome, PrinterState, text::clean};

/// `/api/version`. Moonraker imitates it ("OctoPrint (Moonraker …)"), and PrusaLink answers the same path.
#[derive(Deserialize)]
pub(super) struct Version {
    server: String,
    text: String,
}

impl Version {
    /// `OctoPrint 1.11.8`, or nothing if something else answers.
    pub(super) fn product(&self) -> Option<String> {
        let real = self.text.starts_with("OctoPrint") && !self.text.to_ascii_lowercase().contains("moonraker");
        real.then(|| clean(&format!("OctoPrint {}", self.server)))
    }
}

/// `/api/job`: one consistent look at the selected file, its progress and the state in OctoPrint's words.
#[derive(Deserialize)]
pub(super) struct Job {
    job: Option<JobPart>,
    progress: Option<Progress>,
    /// Always there: an answer without it is the answer to another question.
    state: String,
}

#[derive(Deserialize)]
struct JobPart {
    file: Option<JobFile>,
}

#[derive(Deserialize)]
struct JobFile {
    path: Option<String>,
    origin: Option<String>,
}

#[derive(Deserialize)]
struct Progress {
    completion: Option<f64>,
    #[serde(rename = "printTimeLeft")]
    print_time_left: Option<f64>,
}

impl Job {
    /// The selected file, printing or not: the path in OctoPrint's own storage, or marked as another storage's.
    pub(super) fn selected(&self) -> Option<String> {
        let file = self.job.as_ref()?.file.as_ref()?;
        let path = file.path.as_deref()?;
        match file.origin.as_deref() {
            Some("local") | None => Some(path.to_owned()),
            Some(other) => Some(format!("{other}:{path}")),
        }
    }

    /// What the state text means. The texts are fixed English in every version; unknown ones say nothing.
    pub(super) fn state(&self) -> Option<PrinterState> {
        let text = self.state.as_str();
        let busy =
            ["Starting", "Printing", "Pausing", "Resuming", "Finishing", "Cancelling", "Sending", "Transferring"];
        let not_ready = ["Offline", "Error", "Opening", "Detecting", "Connecting"];
        let starts = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
        match text {
            "Operational" => Some(PrinterState::Idle),
            "Paused" => Some(PrinterState::Paused),
            _ if starts(&busy) => Some(PrinterState::Printing),
            _ if starts(&not_ready) => Some(PrinterState::NotReady),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> String {
        clean(&self.state)
    }

    pub(super) fn percent(&self) -> Option<f64> {
        self.progress
            .as_ref()?
            .completion
            .filter(|percent| percent.is_finite())
            .map(|percent| percent.clamp(0.0, 100.0))
    }

    pub(super) fn time_left_s(&self) -> Option<i64> {
        let left = self.progress.as_ref()?.print_time_left?;
        // A printer's estimate beyond a year is no estimate.
        (0.0..31_536_000.0).contains(&left).then_some(left as i64)
    }
}

/// `/api/printer`.
#[derive(Deserialize)]
pub(super) struct Printer {
    state: Flagged,
    #[serde(default)]
    temperature: Value,
}

#[derive(Deserialize)]
struct Flagged {
    #[serde(default)]
    flags: Flags,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Flags {
    operational: bool,
    printing: bool,
    cancelling: bool,
    pausing: bool,
    resuming: bool,
    finishing: bool,
    paused: bool,
}

impl Printer {
    pub(super) fn state(&self) -> PrinterState {
        let flags = &self.state.flags;
        if flags.printing || flags.cancelling || flags.pausing || flags.resuming || flags.finishing {
            PrinterState::Printing
        } else if flags.paused {
            PrinterState::Paused
        } else if flags.operational {
            PrinterState::Idle
        } else {
            PrinterState::NotReady
        }
    }

    /// `tool0` or `bed`.
    pub(super) fn celsius(&self, part: &str) -> Option<f64> {
        self.temperature.get(part)?.get("actual")?.as_f64().filter(|c| c.is_finite())
    }
}

/// `/api/files/local/<path>`.
#[derive(Deserialize)]
pub(super) struct File {
    /// Whose these facts are: an answer about another file says nothing about ours.
    pub(super) path: String,
    pub(super) size: Option<u64>,
    pub(super) hash: Option<String>,
    prints: Option<Prints>,
}

#[derive(Deserialize)]
struct Prints {
    last: Option<LastPrint>,
}

#[derive(Deserialize)]
struct LastPrint {
    success: Option<bool>,
}

impl File {
    /// How the last print of this file ended. Ours are printed at most once, so the last is the only one.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        match self.prints.as_ref()?.last.as_ref()?.success? {
            true => Some(Outcome::Finished),
            false => Some(Outcome::Failed),
        }
    }
}

/// What a move answers: where the file is now.
#[derive(Deserialize)]
pub(super) struct Moved {
    pub(super) path: String,
}

/// `/api/login`, passive.
#[derive(Deserialize)]
pub(super) struct Login {
    pub(super) name: Option<String>,
    pub(super) session: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(json: &str) -> Job {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_job_without_a_file_and_one_on_the_sd_card_are_not_ours() {
        let none = job(
            r#"{"job":{"file":{"name":null,"path":null,"origin":null}},"progress":{"completion":null},"state":"Operational"}"#,
        );
        assert_eq!((none.selected(), none.state()), (None, Some(PrinterState::Idle)));
        let sd =
            job(r#"{"job":{"file":{"path":"imp-1-00000000-1.gcode","origin":"sdcard"}},"state":"Printing from SD"}"#);
        assert_eq!(sd.selected().as_deref(), Some("sdcard:imp-1-00000000-1.gcode"));
        assert_eq!(sd.state(), Some(PrinterState::Printing));
    }

    #[test]
    fn odd_numbers_are_dropped() {
        let odd = job(r#"{"progress":{"completion":250.0,"printTimeLeft":-5},"state":"Printing"}"#);
        assert_eq!((odd.percent(), odd.time_left_s()), (Some(100.0), None));
        assert_eq!(job(r#"{"state":"Something new"}"#).state(), None);
    }

    #[test]
    fn an_answer_to_another_question_is_not_read_as_one_to_ours() {
        let version = r#"{"api":"0.1","server":"1.11.8","text":"OctoPrint 1.11.8"}"#;
        assert!(serde_json::from_str::<Job>(version).is_err());
        assert!(serde_json::from_str::<File>(version).is_err());
        assert!(serde_json::from_str::<Moved>(version).is_err());
        assert!(serde_json::from_str::<Printer>(r#"{"job":{},"progress":{},"state":"Operational"}"#).is_err());
    }

    #[test]
    fn imitations_are_not_octoprint() {
        let product = |text: &str| Version { server: "1.5.0".into(), text: text.into() }.product();
        assert_eq!(product("OctoPrint 1.5.0").as_deref(), Some("OctoPrint 1.5.0"));
        assert_eq!(product("OctoPrint (Moonraker v0.3.1)"), None);
        assert_eq!(product("PrusaLink 0.8.1"), None);
    }

    #[test]
    fn the_record_of_a_print_is_read() {
        let file = |json: &str| serde_json::from_str::<File>(json).unwrap().outcome();
        assert_eq!(file(r#"{"path":"a","size":3,"hash":"x"}"#), None);
        assert_eq!(
            file(r#"{"path":"a","prints":{"success":1,"failure":0,"last":{"success":true,"date":1.0}}}"#),
            Some(Outcome::Finished)
        );
        assert_eq!(
            file(r#"{"path":"a","prints":{"success":0,"failure":1,"last":{"success":false}}}"#),
            Some(Outcome::Failed)
        );
    }
}
