//! The conformance kit on a real OctoPrint. What it sees is the recorded report that grants the family its class; if it sees
//! something else, the record (and with it the class) is wrong.
//!
//! Run by `make test`, or by hand: `scripts/octoprint.py -- cargo test -p printers --test conformance_real`; with
//! `UPDATE_GOLDEN=1` the record is written anew.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod story;

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::RemoteName;
use printers::{
    Driver, Timeouts, class_of,
    conformance::{Report, Rig, examine},
};
use serde_json::{Value, json};
use story::{driver, gcode, name, timeouts};
use tempfile::NamedTempFile;

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run this through `make test` (scripts/octoprint.py starts a real OctoPrint)")
    })
}

struct RealRig {
    address: String,
    key: String,
    short: NamedTempFile,
    long: NamedTempFile,
}

impl RealRig {
    async fn post(&self, path: &str, body: Value) -> u16 {
        let request = reqwest::Client::new().post(format!("http://{}{path}", self.address));
        request.header("X-Api-Key", &self.key).json(&body).send().await.unwrap().status().as_u16()
    }

    /// Prints on record of the file at this path.
    async fn recorded(&self, path: &str) -> usize {
        let request = reqwest::Client::new().get(format!("http://{}/api/files/local/{path}", self.address));
        let answer = request.header("X-Api-Key", &self.key).send().await.unwrap();
        let file: Value = answer.json().await.unwrap_or_default();
        let count = |key: &str| file["prints"][key].as_u64().unwrap_or(0);
        usize::try_from(count("success") + count("failure")).unwrap()
    }
}

#[async_trait]
impl Rig for RealRig {
    fn driver(&self, patience: Option<Duration>) -> Arc<dyn Driver> {
        let limits = patience.map_or_else(timeouts, |time| Timeouts {
            connect: Duration::from_secs(1),
            call: time,
            upload: time,
        });
        driver(&self.address, &self.key, limits)
    }

    fn stranger(&self) -> Arc<dyn Driver> {
        driver(&self.address, "0123456789abcdef0123456789abcdef", timeouts())
    }

    fn name(&self) -> RemoteName {
        name(1)
    }

    fn short(&self) -> &Path {
        self.short.path()
    }

    fn long(&self) -> &Path {
        self.long.path()
    }

    fn settle(&self) -> Duration {
        Duration::from_millis(1500)
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(30)
    }

    /// By OctoPrint's own record, read without the driver: it counts every print that came to an end.
    async fn starts(&self, name: &RemoteName) -> Option<usize> {
        Some(self.recorded(name.as_str()).await + self.recorded(&format!("imp-fenced/{name}")).await)
    }

    async fn power_cut(&self) -> bool {
        let url = format!("{}/kill", variable("IMPRIMATUR_TEST_OCTOPRINT_CONTROL"));
        reqwest::Client::new().post(url).send().await.unwrap().error_for_status().unwrap();
        true
    }

    async fn break_link(&self) -> bool {
        self.post("/api/printer/command", json!({"command": "!!DEBUG:drop_connection"})).await == 204
    }

    async fn mend_link(&self) {
        self.post("/api/connection", json!({"command": "connect"})).await;
    }
}

#[tokio::test]
async fn a_real_octoprint_is_seen_to_do_what_its_record_says() {
    let rig = RealRig {
        address: variable("IMPRIMATUR_TEST_OCTOPRINT").trim_start_matches("http://").to_owned(),
        key: variable("IMPRIMATUR_TEST_OCTOPRINT_KEY"),
        short: gcode(20, 20),
        long: gcode(1200, 100),
    };
    let report = examine("octoprint", &rig).await;
    println!("{report}");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/conformance/octoprint.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, report.to_string()).unwrap();
        return;
    }
    let recorded = std::fs::read_to_string(path).unwrap();
    assert_eq!(report.to_string(), recorded, "if this is meant: UPDATE_GOLDEN=1");
    assert_eq!(Some(class_of("octoprint")), Report::parse(&recorded).unwrap().class(), "the class is the record's");
}
