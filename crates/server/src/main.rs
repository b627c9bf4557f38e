//! The binary `imprimatur`. Reads configuration, puts the parts together, starts them. No rule of the product lives here.

mod check;
mod config;
mod demo;
mod pages;
mod serve;
mod virtual_printer;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Let it be printed: the open, self-hosted factory floor for 3D printers.
#[derive(Debug, Parser)]
#[command(name = "imprimatur", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the API and the browser app, and dispatches print jobs.
    Serve(config::ServeArgs),
    /// Serves a demo on loopback: one organization, three people, two virtual printers, three held print jobs.
    Demo {
        /// Where its data is kept.
        #[arg(long, default_value = "data/demo")]
        data: PathBuf,
        /// Port on 127.0.0.1.
        #[arg(long, default_value_t = 8631)]
        port: u16,
    },
    /// Runs a virtual printer that speaks the OctoPrint protocol on loopback.
    VirtualPrinter(virtual_printer::Args),
    /// Prints the OpenAPI document.
    Openapi,
    /// Checks the journal and the invariants of the database.
    Check(config::ServeArgs),
    /// The operator's own door, on the machine itself: `admin found NAME`, `admin plan ORGANIZATION PLAN`.
    Admin {
        #[command(flatten)]
        args: config::ServeArgs,
        #[command(subcommand)]
        command: check::AdminCommand,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter =
        tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info,sqlx=warn,hyper=warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let done = match Cli::parse().command {
        Command::Serve(args) => serve::run(args).await,
        Command::Demo { data, port } => demo::run(data, port).await,
        Command::VirtualPrinter(args) => virtual_printer::run(args).await,
        Command::Openapi => openapi(),
        Command::Check(args) => check::run(args).await,
        Command::Admin { args, command } => check::admin(args, command).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("imprimatur: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// A sentence for the operator.
type Done = Result<(), String>;

#[expect(clippy::print_stdout, reason = "the document is this command's output")]
fn openapi() -> Done {
    let text = serde_json::to_string_pretty(&http_api::openapi()).map_err(|e| e.to_string())?;
    println!("{text}");
    Ok(())
}
