//! `imprimatur virtual-printer`: a printer for trying things out. It listens on loopback only.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;
use tokio::net::TcpListener;
use virtual_printer::{Options, Speed, VirtualPrinter};

use crate::Done;
use crate::serve::announce;

#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// Address on this machine.
    #[arg(long, default_value = "127.0.0.1:5001")]
    listen: SocketAddr,
    /// The key that clients must send.
    #[arg(long, default_value = "virtual-printer-key")]
    api_key: String,
    /// Seconds that every print takes.
    #[arg(long, conflicts_with = "times")]
    seconds: Option<f64>,
    /// So many times faster than the file's own estimate.
    #[arg(long, default_value_t = 60.0)]
    times: f64,
    /// Where files and records are kept.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Where every physical start is written down.
    #[arg(long)]
    ledger: Option<PathBuf>,
    /// Records survive a power loss (class A).
    #[arg(long)]
    durable_history: bool,
}

pub(crate) async fn run(args: Args) -> Done {
    let loopback = match args.listen.ip() {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_loopback(),
    };
    if !loopback {
        return Err("a virtual printer listens on loopback only: its controls have no key".into());
    }
    let listener =
        TcpListener::bind(args.listen).await.map_err(|e| format!("cannot listen on {}: {e}", args.listen))?;
    let speed = match args.seconds {
        Some(seconds) => Speed::Whole(Duration::try_from_secs_f64(seconds).map_err(|e| e.to_string())?),
        None => Speed::Times(args.times),
    };
    let options = Options {
        api_key: args.api_key,
        speed,
        durable_history: args.durable_history,
        folder: args.folder,
        ledger: args.ledger,
        ..Options::default()
    };
    let printer = VirtualPrinter::start(listener, options).map_err(|e| e.to_string())?;
    announce(&format!(
        "A virtual printer answers at {0} (key {1}).\n  Its ledger: http://{0}/_virtual/ledger   faults: POST http://{0}/_virtual/faults",
        printer.address(),
        printer.api_key()
    ));
    tokio::signal::ctrl_c().await.map_err(|e| e.to_string())
}
