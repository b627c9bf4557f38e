//! `make crash`: kills the real server, at random and at every fail point, while people send, decide and clear plates, and
//! printers misbehave. After each round the clients' own record is compared with the database and the printers' ledgers.
//! How to read it: docs/crash-tests.md. The last line is counted, never written down; the exit code is not 0 unless all is well.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test support: a failure here is a failed run")]
#![expect(clippy::print_stdout, reason = "the lines are this program's output")]

mod book;
mod chance;
mod client;
mod database;
mod floor;
mod judge;
mod people;
mod season;
mod servers;
mod tally;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use testkit::Engine;

use crate::chance::Chance;
use crate::judge::Verdict;
use crate::season::Season;
use crate::tally::Tally;

/// So many rounds share an installation; then another begins, so that long runs stay quick.
const SEASON: u64 = 100;

#[derive(Debug, Parser)]
struct Args {
    /// Rounds: two thirds on SQLite with one process, one third on PostgreSQL with two.
    #[arg(long, default_value_t = 150)]
    rounds: u64,
    /// The seed of every choice; printed. The same seed gives the same choices (not the same timing).
    #[arg(long)]
    seed: Option<u64>,
    /// Only this engine: `sqlite` or `postgres`.
    #[arg(long)]
    engine: Option<String>,
    /// The server, built with `--features fail-points`.
    #[arg(long)]
    binary: PathBuf,
}

/// What a run has found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    verdict: Verdict,
    /// Invariants, panics, servers that ended by themselves.
    broken: BTreeSet<String>,
    rounds: u64,
    kills: u64,
    accepted: usize,
    starts: usize,
}

impl Findings {
    fn is_clean(&self) -> bool {
        self.verdict.is_clean() && self.broken.is_empty()
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let args = Args::parse();
    match servers::is_armed(&args.binary) {
        Ok(true) => {}
        Ok(false) => {
            println!("{} has no fail points: build it with --features fail-points", args.binary.display());
            return ExitCode::FAILURE;
        }
        Err(error) => {
            println!("{error}");
            return ExitCode::FAILURE;
        }
    }
    let seed = args.seed.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0 >> 16);
    println!("seed {seed} (again: make crash ROUNDS={} SEED={seed})", args.rounds);
    let chance = Chance::new(seed);
    let (mut tally, mut findings) = (Tally::default(), Findings::default());
    let sqlite = args.rounds.div_ceil(3) * 2;
    let plan = match args.engine.as_deref() {
        Some("sqlite") => vec![(Engine::Sqlite, args.rounds)],
        Some("postgres") => vec![(Engine::Postgres, args.rounds)],
        Some(other) => {
            println!("{other} is neither sqlite nor postgres");
            return ExitCode::FAILURE;
        }
        None => vec![(Engine::Sqlite, sqlite), (Engine::Postgres, args.rounds.saturating_sub(sqlite))],
    };
    let engines: Vec<Engine> = plan.iter().map(|(engine, _)| *engine).collect();
    let mut trouble = None;
    for (engine, rounds) in plan {
        let started = Instant::now();
        if let Err(error) = run(engine, rounds, &args.binary, &chance, &mut tally, &mut findings).await {
            trouble = Some(format!("{engine:?}: {error}"));
            break;
        }
        println!(
            "{engine:?}: {} rounds, {} kills, {} accepted jobs and {} physical starts so far; {:.1} s",
            findings.rounds,
            findings.kills,
            findings.accepted,
            findings.starts,
            started.elapsed().as_secs_f64()
        );
    }
    println!("\n{}", tally.table());
    report(&args, &engines, &tally, &findings, trouble)
}

async fn run(
    engine: Engine,
    rounds: u64,
    binary: &std::path::Path,
    chance: &Chance,
    tally: &mut Tally,
    findings: &mut Findings,
) -> Result<(), String> {
    // More rounds, each aimed at what is missing, if fail points were not the end of a server on this engine yet.
    let most = rounds + rounds.max(30);
    let mut done = 0;
    while done < rounds {
        let mut season = Season::open(engine, binary.to_owned(), chance.branch()).await?;
        let mut this = 0;
        loop {
            let more = done >= rounds;
            let goes_on = if more { done < most && !tally.missing(engine).is_empty() } else { this < SEASON };
            if !goes_on {
                break;
            }
            let went = season.round(more, tally, findings).await;
            (this, done, findings.rounds) = (this + 1, done + 1, findings.rounds + 1);
            if let Err(error) = went {
                return Err(format!("round {done}: {error}{}", kept(&mut season)));
            }
            if !findings.is_clean() {
                return Err(format!("round {done} found something{}", kept(&mut season)));
            }
        }
        season.close(tally, findings).await.map_err(|error| format!("{error}{}", kept(&mut season)))?;
        if !findings.is_clean() {
            return Err(format!("the end found something{}", kept(&mut season)));
        }
    }
    Ok(())
}

fn kept(season: &mut Season) -> String {
    season.keep().map_or_else(String::new, |folder| format!(" (logs and data are kept in {})", folder.display()))
}

fn report(args: &Args, engines: &[Engine], tally: &Tally, findings: &Findings, trouble: Option<String>) -> ExitCode {
    let verdict = &findings.verdict;
    for (what, faults) in [
        ("LOST", &verdict.lost),
        ("PRINTED TWICE", &verdict.twice),
        ("UNAPPROVED", &verdict.unapproved),
        ("BROKEN", &findings.broken),
    ] {
        faults.iter().for_each(|fault| println!("{what}: {fault}"));
    }
    let mut good = findings.is_clean();
    if let Some(trouble) = trouble {
        println!("STOPPED: {trouble}");
        good = false;
    }
    for engine in engines {
        let missing = tally.missing(*engine);
        if !missing.is_empty() {
            let rounds = args.rounds;
            println!("NEVER HIT on {engine:?}: {} (too few rounds? {rounds} were asked for)", missing.join(", "));
            good = false;
        }
    }
    for point in tally.unlisted() {
        println!("UNLISTED FAIL POINT: {point}");
        good = false;
    }
    println!("{}", verdict.line(findings.rounds));
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
