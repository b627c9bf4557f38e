//! The armed half: notes each pass, and ends the process at the chosen one.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::{ALL, Point, name};

/// Where passes are written; without it an armed build does not serve.
const PASSES: &str = "FAIL_POINT_PASSES";
/// The point to end at and at which pass of it: `Intent.After:2`. Nothing: no point.
const KILL: &str = "FAIL_POINT_KILL";

struct Orders {
    passes: Mutex<File>,
    kill: Option<(String, u32)>,
    seen: AtomicU32,
}

fn orders() -> Result<&'static Orders, String> {
    static ORDERS: OnceLock<Result<Orders, String>> = OnceLock::new();
    ORDERS.get_or_init(read).as_ref().map_err(Clone::clone)
}

fn read() -> Result<Orders, String> {
    let path = std::env::var(PASSES).map_err(|_| {
        format!(
            "this build kills itself on command (fail points); it serves only under `make crash`, which sets {PASSES}"
        )
    })?;
    let passes = OpenOptions::new().create(true).append(true).open(&path).map_err(|e| format!("{path}: {e}"))?;
    let kill = match std::env::var(KILL) {
        Err(_) => None,
        Ok(text) => {
            let (point, at) = text.split_once(':').unwrap_or((&text, "1"));
            if !ALL.iter().any(|known| name(*known) == point) {
                return Err(format!("there is no fail point {point}"));
            }
            Some((point.to_owned(), at.parse().map_err(|_| format!("{text}: not a number"))?))
        }
    };
    Ok(Orders { passes: Mutex::new(passes), kill, seen: AtomicU32::new(0) })
}

/// Whether this process may serve: it was told where to write.
///
/// # Errors
/// A sentence for whoever started it.
pub fn check() -> Result<(), String> {
    orders().map(drop)
}

/// The process is here. Does not return if it was told to end here.
pub fn reached(point: Point) {
    let Ok(orders) = orders() else { return };
    let here = name(point);
    let ends = orders
        .kill
        .as_ref()
        .is_some_and(|(kill, at)| *kill == here && orders.seen.fetch_add(1, Ordering::SeqCst) + 1 == *at);
    let line = if ends { format!("kill {here}\n") } else { format!("pass {here}\n") };
    let written = orders.passes.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
    if ends || written.is_err() {
        // No destructor, no buffer, no lock is looked after: as SIGKILL would.
        std::process::abort();
    }
}
