//! `imprimatur serve`: one process of the factory floor.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use app::{App, Seal};
use http_api::Options;
use sql::{Clock, Db};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::config::{ServeArgs, Settings};
use crate::{Done, pages};

/// Opens everything that a server needs, without serving.
pub(crate) async fn open(settings: &Settings) -> Result<App, String> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&settings.data)
        .map_err(|e| format!("the data folder {} cannot be made: {e}", settings.data.display()))?;
    let db = Db::open(&settings.database(), Clock::default()).await.map_err(|e| e.to_string())?;
    let mut conn = db.read().await.map_err(|e| e.to_string())?;
    let sealed = store::printers::any(&mut conn).await.map_err(|e| e.to_string())?;
    drop(conn);
    let seal = Seal::new(master_key(&settings.data.join("master.key"), sealed)?);
    let blobs = files::BlobStore::open(settings.data.join("files")).await.map_err(|e| e.to_string())?;
    let networks =
        printers::Networks::new(&settings.printer_networks, &settings.printer_exceptions).map_err(|e| e.to_string())?;
    let high_water = files::HighWater::new(settings.data.join("high-water"));
    Ok(App::new(db, (blobs, high_water), seal, networks, settings.app()?))
}

/// The key that printer secrets are sealed with: in the environment (64 hexadecimal digits), or a file of its own.
fn master_key(path: &Path, sealed: bool) -> Result<[u8; 32], String> {
    let read = |text: &str| {
        let mut key = [0; 32];
        hex::decode_to_slice(text.trim(), &mut key).map(|()| key).map_err(|_| {
            format!("the master key has to be 64 hexadecimal digits ({} or IMPRIMATUR_MASTER_KEY)", path.display())
        })
    };
    if let Ok(text) = std::env::var("IMPRIMATUR_MASTER_KEY") {
        return read(&text);
    }
    if let Ok(text) = fs::read_to_string(path) {
        return read(&text);
    }
    if sealed {
        return Err(format!(
            "{} is missing, and the keys of the printers in the database are sealed with it. Bring it back from a backup.",
            path.display()
        ));
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|e| format!("no random numbers: {e}"))?;
    keep_key(path, &key).map_err(|e| format!("the master key {} cannot be written: {e}", path.display()))?;
    Ok(key)
}

/// Writes the key beside its place first: whatever goes wrong in between, there is never half a key under its name, with which
/// no later start would work.
fn keep_key(path: &Path, key: &[u8; 32]) -> std::io::Result<()> {
    let new = path.with_extension(format!("new-{}", std::process::id()));
    let written = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut file| file.write_all(hex::encode(key).as_bytes()).and_then(|()| file.sync_all()))
        // Unlike a rename it fails if another process was quicker: that one's key counts.
        .and_then(|()| fs::hard_link(&new, path));
    let removed = fs::remove_file(&new);
    written?;
    removed?;
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

pub(crate) async fn run(args: ServeArgs) -> Done {
    #[cfg(feature = "fail-points")]
    fail_point::check()?;
    let settings = Settings::load(&args)?;
    settings.check_plain_http()?;
    let listener =
        TcpListener::bind(settings.listen).await.map_err(|e| format!("cannot listen on {}: {e}", settings.listen))?;
    let app = open(&settings).await?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    let url = address_for_people(&settings, address);
    tracing::info!(%url, database = ?app.db().engine(), "serving");
    if app.needs_setup().await.map_err(|e| e.to_string())? {
        let link = app.new_setup_link().await.map_err(|e| e.to_string())?;
        announce(&format!("Nobody is here yet. Set Imprimatur up at (works once):\n  {url}/setup?token={link}"));
    }
    let options = Options {
        secure: settings.secure(),
        hosts: settings.hosts(address),
        public_url: settings.public_url.clone(),
        demo: Vec::new(),
    };
    serve(app, listener, options).await
}

/// Where people open the server.
pub(crate) fn address_for_people(settings: &Settings, listening: SocketAddr) -> String {
    match settings.public_url.trim_end_matches('/') {
        "" => format!("http://{listening}"),
        url => url.to_owned(),
    }
}

/// For the person who started the server: on standard error, so that a log collector keeps it apart from output.
pub(crate) fn announce(text: &str) {
    // A closed terminal is no reason to stop serving.
    let _ = writeln!(std::io::stderr(), "\n{text}\n");
}

/// Serves until Ctrl-C or SIGTERM. Workers stop as at a crash; what they do is made for that.
pub(crate) async fn serve(app: App, listener: TcpListener, options: Options) -> Done {
    app.compare_high_water().await.map_err(|e| e.to_string())?;
    let (stop, stopped) = watch::channel(false);
    let secure = options.secure;
    let router = http_api::router(app.clone(), options.clone())
        .merge(http_oauth::router(app.clone(), options))
        .merge(pages::router(secure));
    let news = app.clone();
    let mut watching = tokio::spawn(async move { news.watch_news(Duration::from_millis(250)).await });
    let keep = app.clone();
    let mut keeping = tokio::spawn(async move { keep.keep_high_water(Duration::from_millis(500)).await });
    let tidy = app.clone();
    let mut tidying = tokio::spawn(async move { tidy.tidy(Duration::from_secs(3600)).await });
    let letters = app.clone();
    let mut mailing = tokio::spawn(async move {
        letters.keep_mailing().await;
        // Without a mail server there is nothing to do.
        std::future::pending::<()>().await;
    });
    let dispatching = tokio::spawn(app::dispatch::run(app.clone(), stopped));
    let http = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>());
    let done = tokio::select! {
        served = http.into_future() => served.map_err(|e| e.to_string()),
        () = signalled() => Ok(()),
        ended = dispatching => match ended {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(error) => Err(format!("the dispatcher broke: {error}")),
        },
        // None of these ends by itself. A server without one of them would go on and say nothing.
        ended = &mut watching => Err(broke("the events", ended)),
        ended = &mut keeping => Err(broke("the high-water mark", ended)),
        ended = &mut tidying => Err(broke("tidying up", ended)),
        ended = &mut mailing => Err(broke("the mail", ended)),
    };
    stop.send_replace(true);
    watching.abort();
    tidying.abort();
    mailing.abort();
    keeping.abort();
    if let Err(error) = app.compare_high_water().await {
        tracing::warn!(%error, "remembering how far the journals have come");
    }
    app.db().close().await;
    done
}

fn broke(what: &str, ended: Result<(), tokio::task::JoinError>) -> String {
    match ended {
        Ok(()) => format!("{what}: ended"),
        Err(error) => format!("{what}: {error}"),
    }
}

async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut term) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = term.recv() => {}
    }
}
