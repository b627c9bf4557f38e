//! A server process, inside of the test: the real HTTP server on loopback, the news watcher, and dispatchers on demand.

use std::net::SocketAddr;
use std::time::Duration;

use app::App;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A running server. Dropping it stops it as a crash would: nothing is finished, nothing is said.
#[derive(Debug)]
pub struct Server {
    pub(crate) address: SocketAddr,
    app: Shown,
    tasks: Vec<JoinHandle<()>>,
}

/// `App` has no `Debug`; a server in a test may be printed.
struct Shown(App);

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("App")
    }
}

impl Server {
    pub(crate) async fn start(app: App, options: http_api::Options) -> Self {
        app.compare_high_water().await.expect("the data folder can be used");
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = http_api::router(app.clone(), options.clone()).merge(http_oauth::router(app.clone(), options));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let http = tokio::spawn(async move {
            axum::serve(listener, service).await.unwrap();
        });
        let news = app.clone();
        let watching = tokio::spawn(async move { news.watch_news(Duration::from_millis(50)).await });
        let letters = app.clone();
        let mailing = tokio::spawn(async move { letters.keep_mailing().await });
        Self { address, app: Shown(app), tasks: vec![http, watching, mailing] }
    }

    /// Use cases without HTTP.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app.0
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts a dispatcher in this server; it runs until the guard is stopped or dropped.
    #[must_use = "the dispatcher stops when this is dropped"]
    pub fn dispatch(&self) -> Dispatching {
        let (stop, stopped) = watch::channel(false);
        let app = self.app().clone();
        let task = tokio::spawn(async move {
            if let Err(error) = app::dispatch::run(app, stopped).await {
                panic!("the dispatcher ended: {error}");
            }
        });
        Dispatching { stop, task: Some(task) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// A running dispatcher. Dropping it is a crash: workers stop wherever they are.
#[derive(Debug)]
pub struct Dispatching {
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

impl Dispatching {
    /// Asks it to stop, as at the end of the process, and waits until it has.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Some(task) = self.task.take() {
            task.await.unwrap();
        }
    }

    /// A crash: stops all workers wherever they are, and waits until they are gone.
    pub async fn crash(mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            drop(task.await);
        }
    }

    /// Whether it still runs; a dispatcher that broke is a failed test.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.task.as_ref().is_some_and(|task| !task.is_finished())
    }
}

impl Drop for Dispatching {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}
