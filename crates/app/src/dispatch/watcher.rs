//! Looks at printers that are not printing for us: state for people, and prints that are not ours. Decides nothing about
//! print jobs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ::printers::{Observation, PrinterState};
use domain::PrinterId;
use store::dispatch::Connection;
use store::printers::{self as rows, Watched};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::trouble::UNUSABLE;
use crate::{App, Error, read, write};

/// How many printers are asked at the same time.
const AT_ONCE: usize = 32;

/// Each printer is looked at by itself: one that answers slowly delays no look at another.
pub(super) async fn run(app: &App) {
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let (mut looks, mut looking) = (JoinSet::new(), HashMap::new());
    loop {
        match all(app).await {
            Ok(printers) => {
                for printer in printers {
                    let id = printer.connection.printer;
                    if looking.contains_key(&id) {
                        continue;
                    }
                    // Taken here: a thousand looks that wait are a thousand in memory.
                    let room = Arc::clone(&room).acquire_owned().await;
                    let app = app.clone();
                    let look = looks.spawn(async move {
                        let _room = room;
                        if let Err(error) = look(&app, &printer).await {
                            tracing::debug!(%error, "looking at a printer");
                        }
                    });
                    looking.insert(id, look);
                }
            }
            Err(error) => tracing::warn!(%error, "looking at printers"),
        }
        tokio::time::sleep(app.config().watch).await;
        while let Some(ended) = looks.try_join_next() {
            if let Err(error) = ended {
                tracing::error!(%error, "looking at a printer");
            }
        }
        looking.retain(|_, look| !look.is_finished());
    }
}

async fn all(app: &App) -> Result<Vec<Watched>, Error> {
    let mut conn = read!(app);
    Ok(rows::watched(&mut conn).await?)
}

async fn look(app: &App, printer: &Watched) -> Result<(), Error> {
    if printer.active {
        return Ok(()); // its worker looks
    }
    let driver = match app.0.drivers.of(&printer.connection, &app.0.seal) {
        Ok(driver) => driver,
        Err(error) => {
            problem(app, printer.connection.printer, UNUSABLE).await;
            return Err(error);
        }
    };
    match driver.observe().await {
        Ok(seen) => {
            if printer.problem.is_some() || printer.observation != words(&seen) {
                app.0.words.forget(printer.connection.printer);
            }
            said(app, printer.connection.printer, &seen).await;
            looked(app, &printer.connection, &seen).await
        }
        Err(fault) => {
            if printer.problem.as_ref() != Some(&fault.stored()) {
                app.0.words.forget(printer.connection.printer);
            }
            problem(app, printer.connection.printer, &fault.stored()).await;
            Ok(())
        }
    }
}

/// A print that is not ours makes the plate dirty (the repository leaves prints of ours alone).
pub(super) async fn looked(app: &App, connection: &Connection, seen: &Observation) -> Result<(), Error> {
    if !matches!(seen.state, PrinterState::Printing | PrinterState::Paused) {
        return Ok(());
    }
    write!(app, |tx| Ok(rows::foreign_print(&mut tx, connection.org, connection.printer).await?))
}

/// Stores what a printer said, only when it is news, and a sign of life every half minute: telemetry must not keep the one writer busy.
pub(super) async fn said(app: &App, printer: PrinterId, seen: &Observation) {
    let Some(text) = words(seen) else { return };
    store_words(app, printer, Some(text), None).await;
}

/// As it is stored.
fn words(seen: &Observation) -> Option<String> {
    let text = serde_json::to_string(&rounded(seen));
    text.inspect_err(|error| tracing::debug!(%error, "an observation")).ok()
}

/// Stores why it cannot be asked: `Fault::stored`, or [`UNUSABLE`].
pub(super) async fn problem(app: &App, printer: PrinterId, stored: &str) {
    store_words(app, printer, None, Some(stored.to_owned())).await;
}

/// Tenths of a degree and of a percent are noise, and so are the seconds of a guess: each would be a commit, and news for every open page.
fn rounded(seen: &Observation) -> Observation {
    let whole = |value: Option<f64>| value.map(f64::round);
    Observation {
        percent: whole(seen.percent),
        time_left_s: seen
            .time_left_s
            .map(|left| left.div_euclid(60).saturating_add(i64::from(left.rem_euclid(60) > 0)) * 60),
        nozzle_c: whole(seen.nozzle_c),
        bed_c: whole(seen.bed_c),
        ..seen.clone()
    }
}

async fn store_words(app: &App, printer: PrinterId, observation: Option<String>, problem: Option<String>) {
    if !app.0.words.changed(printer, observation.as_deref(), problem.as_deref(), Duration::from_secs(30)) {
        return;
    }
    let stored = store_now(app, printer, observation.as_deref(), problem.as_deref()).await;
    if let Err(error) = stored {
        app.0.words.forget(printer);
        tracing::debug!(%error, "storing what a printer said");
    }
}

/// Not through `write!`: telemetry wakes event streams, never the dispatcher.
async fn store_now(
    app: &App,
    printer: PrinterId,
    observation: Option<&str>,
    problem: Option<&str>,
) -> Result<(), Error> {
    let mut tx = app.db().write().await.map_err(store::Error::from)?;
    rows::said(&mut tx, printer, observation, problem).await?;
    tx.commit().await.map_err(store::Error::from)?;
    app.0.news.telemetry();
    Ok(())
}
