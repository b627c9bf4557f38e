//! The figures of docs/performance.md, measured at the real binary over HTTP. Run by `make bench`:
//!
//! `figures --binary PATH --crowd PATH [--postgres ADDRESS] [--rounds N] [--only start|lists|write|upload|prints] [--pages WORDS]`. `--crowd` is a SQLite file that the example `crowd`
//! has filled; WORDS, parted by commas, are parts of names of list pages: only those are measured then; ADDRESS is a database filled in the same way. Both are changed only by sessions and what the server notes of itself.
//!
//! Each row is printed with its target and `met` or `missed`. It is a report: nothing here fails because something is slow.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program to look at; a failure names its line")]

mod client;
mod lists;
mod prints;
mod report;
mod server;
mod writes;

use std::path::PathBuf;

use report::Report;

/// What to measure, and with what.
pub struct Plan {
    binary: PathBuf,
    crowd: PathBuf,
    postgres: Option<String>,
    rounds: usize,
    only: Option<String>,
    /// Parts of the names of the list pages that are measured; none: all, and everything else.
    pages: Vec<String>,
    /// Data folders that last as long as the measurements.
    folder: tempfile::TempDir,
}

fn plan() -> Result<Plan, String> {
    let (mut binary, mut crowd, mut postgres, mut rounds, mut only) = (None, None, None, 5, None);
    let mut pages = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--binary" => binary = Some(PathBuf::from(value)),
            "--crowd" => crowd = Some(PathBuf::from(value)),
            "--postgres" => postgres = Some(value),
            "--rounds" => rounds = value.parse().map_err(|_| format!("{value} is no number"))?,
            "--only" => only = Some(value),
            "--pages" => pages = value.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect(),
            _ => return Err(format!("there is no {name}")),
        }
    }
    let need = |value: Option<PathBuf>, name: &str| value.ok_or_else(|| format!("{name} is missing"));
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    Ok(Plan {
        binary: need(binary, "--binary")?,
        crowd: need(crowd, "--crowd")?,
        postgres,
        rounds,
        only,
        pages,
        folder,
    })
}

#[tokio::main]
async fn main() -> Result<(), String> {
    let plan = plan()?;
    let mut report = Report::default();
    if !plan.pages.is_empty() {
        lists::some_pages(&plan, &mut report).await;
        report.end();
        return Ok(());
    }
    let wanted = |name: &str| plan.only.as_deref().is_none_or(|only| only == name);
    if wanted("start") {
        lists::start(&plan, &mut report).await;
    }
    if wanted("lists") {
        lists::lists(&plan, &mut report).await;
    }
    if wanted("write") {
        writes::write(&plan, &mut report).await;
    }
    if wanted("upload") {
        writes::upload(&plan, &mut report).await;
    }
    if wanted("prints") {
        prints::approve_to_start(&plan, &mut report).await;
    }
    report.end();
    Ok(())
}
