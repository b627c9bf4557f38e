//! What the tests against the virtual and against a real OctoPrint share.
#![allow(dead_code)]

pub mod codes;
pub mod peer;
pub mod rig;

use std::{
    io::Write,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::RemoteName;
use printers::{Address, Driver, Evidence, Expected, Networks, Observation, PrinterState, Timeouts};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

/// Short enough for tests, long enough for a busy machine.
pub fn timeouts() -> Timeouts {
    Timeouts { connect: Duration::from_secs(2), call: Duration::from_secs(10), upload: Duration::from_secs(20) }
}

/// A driver for an address on this machine.
pub fn driver(address: &str, key: &str, timeouts: Timeouts) -> Arc<dyn Driver> {
    let networks = Networks::new(&["10.0.0.0/8"], &[address]).unwrap();
    let address = Address::parse(address, 80).unwrap();
    printers::connect("octoprint", address, key.to_owned(), Arc::new(networks), timeouts).unwrap()
}

/// A name that was never used.
pub fn name(number: i64) -> RemoteName {
    let random = uuid::Uuid::new_v4();
    let random = random.as_bytes();
    RemoteName::new(number, [random[0], random[1], random[2], random[3]], 1, "gcode")
}

/// G-code that takes `moves` times `dwell_ms`.
pub fn gcode(moves: usize, dwell_ms: usize) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    writeln!(file, "G28\nG90\nM83").unwrap();
    for i in 0..moves {
        writeln!(file, "G1 X{} Y{} E0.01 F6000\nG4 P{dwell_ms}", i % 200, i * 7 % 200).unwrap();
    }
    file.flush().unwrap();
    file
}

pub fn expected(path: &Path) -> Expected<'_> {
    let bytes = std::fs::read(path).unwrap();
    Expected { size: bytes.len() as u64, sha256: domain::Sha256(Sha256::digest(&bytes).into()), path }
}

/// Looks until `wanted` holds.
pub async fn until(driver: &dyn Driver, what: &str, wanted: impl Fn(&Observation) -> bool) -> Observation {
    let since = Instant::now();
    let mut last = None;
    while since.elapsed() < Duration::from_secs(30) {
        match driver.observe().await {
            Ok(seen) if wanted(&seen) => return seen,
            seen => last = Some(seen),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never {what}; last: {last:?}");
}

pub async fn until_running(driver: &dyn Driver, name: &RemoteName) -> Observation {
    until(driver, "running", |seen| seen.running.as_deref() == Some(name.as_str())).await
}

pub async fn until_idle(driver: &dyn Driver) -> Observation {
    until(driver, "idle", |seen| seen.state == PrinterState::Idle).await
}

/// Asks until there is evidence of an end: OctoPrint writes its record a moment after the print.
pub async fn until_ended(driver: &dyn Driver, name: &RemoteName) -> Evidence {
    let since = Instant::now();
    loop {
        let evidence = driver.evidence_since(name, None).await.unwrap();
        if matches!(evidence, Evidence::Ended(_)) || since.elapsed() > Duration::from_secs(30) {
            return evidence;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
