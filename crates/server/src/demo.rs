//! `imprimatur demo`: the main job in a minute, on loopback only. Passwords are random per data folder.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use app::demo::{DemoJob, DemoPerson, DemoPrinter};
use domain::Role;
use http_api::{DemoSignIn, Options};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use virtual_printer::{Handle, Options as PrinterOptions, Speed, VirtualPrinter};

use crate::Done;
use crate::config::Settings;
use crate::serve::{self, announce};

const ORGANIZATION: &str = "Riverside Makerspace";

/// What has to stay the same when the demo is started again.
#[derive(Debug, Serialize, Deserialize)]
struct Memory {
    passwords: Vec<String>,
    printer_key: String,
    printer_ports: Vec<u16>,
}

const PEOPLE: [(&str, &str, Role); 3] = [
    ("ines@demo.example", "Ines Adler", Role::Admin),
    ("tom@demo.example", "Tom Berger", Role::Member),
    ("lena@demo.example", "Lena Vogt", Role::Guest),
];

const PRINTERS: [&str; 2] = ["Bench 1", "Bench 2"];

fn jobs() -> Vec<DemoJob> {
    vec![
        DemoJob {
            file: "boat.gcode",
            name: "Harbour boat",
            note: "For the physics demo on Friday. Any colour is fine.",
            bytes: include_bytes!("../../../samples/cura_ender3_boat.gcode").to_vec(),
            printer: 0,
        },
        DemoJob {
            file: "vase.gcode",
            name: "Spiral vase",
            note: "Third try, now with a brim.",
            bytes: include_bytes!("../../../samples/prusa_mini_vase.gcode").to_vec(),
            printer: 1,
        },
        DemoJob {
            file: "calibration-cube.gcode",
            name: "Calibration cube",
            note: "To check the new nozzle.",
            bytes: include_bytes!("../../../samples/um3_calcube.gcode").to_vec(),
            printer: 0,
        },
    ]
}

fn password() -> Result<String, String> {
    use base64::Engine as _;
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).map_err(|e| format!("no random numbers: {e}"))?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

/// Remembers what a first start chose; a second start reads it.
async fn memory(data: &Path) -> Result<Memory, String> {
    let path = data.join("demo.json");
    if let Ok(text) = fs::read_to_string(&path) {
        return serde_json::from_str(&text)
            .map_err(|e| format!("{}: {e}. `make demo-reset` starts over.", path.display()));
    }
    let mut passwords = Vec::new();
    for _ in PEOPLE {
        passwords.push(password()?);
    }
    let mut printer_ports = Vec::new();
    let mut kept = Vec::new();
    for _ in PRINTERS {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|e| e.to_string())?;
        printer_ports.push(listener.local_addr().map_err(|e| e.to_string())?.port());
        kept.push(listener); // both stay bound until both are known, so that they differ
    }
    let memory = Memory { passwords, printer_key: password()?, printer_ports };
    fs::create_dir_all(data).map_err(|e| format!("{}: {e}", data.display()))?;
    let text = serde_json::to_string_pretty(&memory).map_err(|e| e.to_string())?;
    fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(memory)
}

pub(crate) async fn run(data: PathBuf, port: u16) -> Done {
    let memory = memory(&data).await?;
    let mut printers = Vec::new();
    for (name, port) in PRINTERS.iter().zip(&memory.printer_ports) {
        printers.push(printer(&data, name, *port, &memory.printer_key).await?);
    }
    let settings = Settings {
        data: data.clone(),
        listen: SocketAddr::from(([127, 0, 0, 1], port)),
        printer_networks: Vec::new(),
        printer_exceptions: printers.iter().map(|p| p.address().to_string()).collect(),
        observe_ms: 1_000,
        watch_ms: 2_000,
        // The virtual printers answer at once; nobody should have to wait in a demo.
        read_back_ms: 5_000,
        again_ms: 2_000,
        ..Settings::default()
    };
    let listener = TcpListener::bind(settings.listen).await.map_err(|e| {
        format!(
            "cannot listen on {}: {e}. Is another demo running? `make demo PORT=8632` takes another port.",
            settings.listen
        )
    })?;
    let app = serve::open(&settings).await?;
    let people: Vec<_> = PEOPLE
        .iter()
        .zip(&memory.passwords)
        .map(|((email, name, role), password)| DemoPerson {
            email: (*email).into(),
            name: (*name).into(),
            role: *role,
            password: password.clone(),
        })
        .collect();
    if !app.demo_exists().await.map_err(|e| e.to_string())? {
        let printers: Vec<_> = PRINTERS
            .iter()
            .zip(&printers)
            .map(|(name, printer)| DemoPrinter {
                name: (*name).into(),
                address: printer.address().to_string(),
                api_key: memory.printer_key.clone(),
            })
            .collect();
        app.seed_demo(ORGANIZATION, &people, &printers, jobs()).await.map_err(|e| e.to_string())?;
    }
    let mut text = format!("{ORGANIZATION} is open at http://{}\n\n", settings.listen);
    for person in &people {
        text.push_str(&format!(
            "  {:<7} {:<12} {:<18} {}\n",
            person.role.name(),
            person.name,
            person.email,
            person.password
        ));
    }
    text.push_str(
        "\nSign in as the Member, approve a job with the blue tick and watch it print. Ctrl-C stops; the data stays.\n\
         `make demo-reset` starts over.",
    );
    announce(&text);
    let demo = people
        .iter()
        .map(|p| DemoSignIn { role: p.role.word(), email: p.email.clone(), password: p.password.clone() })
        .collect();
    serve::serve(
        app,
        listener,
        Options { secure: false, hosts: settings.hosts(settings.listen), demo, public_url: String::new() },
    )
    .await
}

async fn printer(data: &Path, name: &str, port: u16, key: &str) -> Result<Handle, String> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|e| {
        format!("the virtual printer {name} needs port {port}, which is taken: {e}. `make demo-reset` chooses others.")
    })?;
    let folder = data.join("printers").join(name.replace(' ', "-").to_lowercase());
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let options = PrinterOptions {
        api_key: key.to_owned(),
        speed: Speed::Whole(Duration::from_secs(60)),
        ledger: Some(folder.join("ledger.jsonl")),
        folder: Some(folder),
        ..PrinterOptions::default()
    };
    VirtualPrinter::start(listener, options).map_err(|e| e.to_string())
}
