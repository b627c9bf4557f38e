//! The farm: one database, one folder of files, servers, people and virtual printers.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use app::{App, Seal};
use domain::{AccountId, Micros, OrgId, Role};
use http_api::Options;
use serde_json::json;
use sql::{Clock, Db, Gate, Row, Val, params};
use store::organizations::{self, Founding};
use store::{invariants, new_id};
use tokio::net::TcpListener;
use uuid::Uuid;
use virtual_printer::{Handle, Options as MachineOptions, VirtualPrinter};

use crate::actor::PASSWORD;
use crate::database::Place;
use crate::{Actor, Dispatching, Engine, FaultProxy, Postbox, Server, Setup};

/// Where a fake clock starts: 2026-01-01.
const START: Micros = Micros(1_767_225_600_000_000);

/// A whole installation in a test.
#[derive(Debug)]
pub struct Farm {
    server: Server,
    setup: Setup,
    clock: Clock,
    gate: Gate,
    people: HashMap<&'static str, Actor>,
    org: Uuid,
    machines: Mutex<Vec<TcpListener>>,
    exceptions: Vec<String>,
    blobs: files::BlobStore,
    high_water: files::HighWater,
    folder: tempfile::TempDir,
    post: Option<Postbox>,
    place: Kept,
}

/// The database's address; dropped last, when nothing uses it any more.
struct Kept(Place);

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.address)
    }
}

/// Runs one test on one engine; then checks what must hold after every test.
///
/// # Panics
/// The test fails, or takes longer than two minutes (or what [`Setup::minutes`] says).
pub async fn run(engine: Engine, setup: Setup, body: impl AsyncFnOnce(&Farm)) {
    let minutes = setup.minutes;
    let farm = Farm::start(engine, setup).await;
    let done = tokio::time::timeout(Duration::from_secs(60 * minutes), body(&farm)).await;
    assert!(done.is_ok(), "this test takes {minutes} minutes at most");
    farm.check().await;
}

impl Farm {
    /// Starts a farm.
    ///
    /// # Panics
    /// It cannot be started.
    pub async fn start(engine: Engine, setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (mut setup, mut post) = (setup, None);
        if let Some(wanted) = setup.mail {
            let postbox = Postbox::start(wanted).await;
            setup.config.mail = Some(postbox.way_out());
            post = Some(postbox);
        }
        let mut machines = Vec::new();
        for _ in 0..setup.machines {
            machines.push(TcpListener::bind(("127.0.0.1", 0)).await.unwrap());
        }
        let exceptions: Vec<String> = machines.iter().map(|m| m.local_addr().unwrap().to_string()).collect();
        let clock = if setup.fake_clock { Clock::fake(START) } else { Clock::default() };
        let place = Place::new(engine, folder.path()).await;
        let gate = Gate::default();
        let db = Db::open(&place.address, clock.clone()).await.expect("the database opens").with_gate(gate.clone());
        let blobs = files::BlobStore::open(folder.path().join("files")).await.unwrap();
        let high_water = files::HighWater::new(folder.path().join("high-water"));
        let stored = (blobs.clone(), high_water.clone());
        let server = Server::start(app(db, stored, &exceptions, &setup), Options::default()).await;
        let mut farm = Self {
            server,
            setup,
            clock,
            gate,
            people: HashMap::new(),
            org: Uuid::nil(),
            machines: Mutex::new(machines),
            exceptions,
            blobs,
            high_water,
            folder,
            post,
            place: Kept(place),
        };
        if !farm.setup.empty {
            farm.settle().await;
        }
        farm
    }

    /// A farm whose clock a test turns.
    ///
    /// # Panics
    /// It cannot be started.
    pub async fn with_fake_clock(engine: Engine) -> Self {
        Self::start(engine, Setup::new().fake_clock()).await
    }

    /// Sets up through the public API, as people would; only the second organization is the operator's work.
    async fn settle(&mut self) {
        let admin = self.someone("Ada Admin");
        let link = self.app().new_setup_link().await.unwrap();
        let body = json!({
            "token": link, "organization": "The farm", "name": admin.name, "email": admin.email, "password": PASSWORD,
            "approval": self.setup.approval,
        });
        let session = admin.post("/setup", body).await.ok();
        let admin = Actor { id: session["account"]["id"].as_str().unwrap().parse().unwrap(), ..admin };
        self.org = session["organization"]["id"].as_str().unwrap().parse().unwrap();
        if self.setup.undo_window_s != 10 {
            admin.settings(json!({ "undo_window_s": self.setup.undo_window_s })).await.done();
        }
        self.people.insert("admin", admin);
        let member = self.person("Mo Member", Role::Member).await;
        let guest = self.person("Gil Guest", Role::Guest).await;
        let newcomer = self.newcomer_named("Nia Newcomer").await;
        let stranger = self.stranger_named("Sam Stranger").await;
        self.people.extend([("member", member), ("guest", guest), ("newcomer", newcomer), ("stranger", stranger)]);
        if self.setup.plan != domain::Plan::Professional {
            self.set_plan(self.setup.plan).await;
        }
    }

    fn known(&self, who: &str) -> Actor {
        self.people.get(who).cloned().unwrap_or_else(|| panic!("an empty farm has no {who}"))
    }

    /// The Admin who set the organization up.
    #[must_use]
    pub fn admin(&self) -> Actor {
        self.known("admin")
    }

    /// A Member of the organization.
    #[must_use]
    pub fn member(&self) -> Actor {
        self.known("member")
    }

    /// A Guest of the organization.
    #[must_use]
    pub fn guest(&self) -> Actor {
        self.known("guest")
    }

    /// The Admin of another organization.
    #[must_use]
    pub fn stranger(&self) -> Actor {
        self.known("stranger")
    }

    /// An account without an organization.
    #[must_use]
    pub fn newcomer(&self) -> Actor {
        self.known("newcomer")
    }

    /// Somebody without a session.
    #[must_use]
    pub fn nobody(&self) -> Actor {
        Actor::nobody(&self.server.url())
    }

    /// A name and an address that nobody has used yet; no account is made.
    #[must_use]
    pub fn someone(&self, name: &str) -> Actor {
        let email = format!("{}@farm.example", name.to_lowercase().replace(' ', "."));
        Actor { name: name.into(), email, ..self.nobody() }
    }

    /// A new account without an organization.
    ///
    /// # Panics
    /// It is refused.
    pub async fn newcomer_named(&self, name: &str) -> Actor {
        let person = self.someone(name);
        let body = json!({ "email": person.email, "name": person.name, "password": PASSWORD });
        let session = person.post("/accounts", body).await.ok();
        Actor { id: session["account"]["id"].as_str().unwrap().parse().unwrap(), ..person }
    }

    /// One more person in the organization, by an invitation of the Admin.
    ///
    /// # Panics
    /// It is refused.
    pub async fn person(&self, name: &str, role: Role) -> Actor {
        let person = self.newcomer_named(name).await;
        let secret = self.admin().invite(role.word()).await;
        person.accept(&secret).await.done();
        person
    }

    /// The Admin of one more organization.
    ///
    /// # Panics
    /// It is refused.
    pub async fn stranger_named(&self, name: &str) -> Actor {
        let person = self.newcomer_named(name).await;
        let mut tx = self.db().write().await.unwrap();
        let (leave, plan) = (operator(), domain::Plan::Professional);
        let title = format!("The organization of {name}");
        let org = organizations::create(&mut tx, &leave, &title, plan, true, AccountId(person.id)).await.unwrap();
        tx.commit().await.unwrap();
        person.post("/session/organization", json!({ "organization": org.0 })).await.done();
        person
    }

    /// The operator changes the plan.
    ///
    /// # Panics
    /// The database refuses.
    pub async fn set_plan(&self, plan: domain::Plan) {
        let mut tx = self.db().write().await.unwrap();
        organizations::set_plan(&mut tx, &operator(), OrgId(self.org), plan).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// As the operator.
    ///
    /// # Panics
    /// The database.
    pub async fn set_limits(&self, people: Option<i64>, printers: Option<i64>, storage_mb: Option<i64>) {
        let mut tx = self.db().write().await.unwrap();
        let limits = store::limits::Limits { people, printers, storage_mb };
        store::limits::set(&mut tx, &operator(), OrgId(self.org), limits).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// What the mail server received.
    ///
    /// # Panics
    /// The farm has none: [`Setup::mail`].
    #[must_use]
    pub fn post(&self) -> &Postbox {
        self.post.as_ref().expect("Setup::mail")
    }

    /// The organization.
    #[must_use]
    pub fn org(&self) -> Uuid {
        self.org
    }

    /// The clock: [`Clock::advance`] moves a fake one.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The gate in front of the first server's commits: stops a transaction that has all its locks.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The first server.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Use cases of the first server without HTTP.
    #[must_use]
    pub fn app(&self) -> &App {
        self.server.app()
    }

    /// The database of the first server.
    #[must_use]
    pub fn db(&self) -> &Db {
        self.app().db()
    }

    /// Starts a dispatcher in the first server.
    #[must_use = "the dispatcher stops when this is dropped"]
    pub fn dispatch(&self) -> Dispatching {
        self.server.dispatch()
    }

    /// Another server process on the same PostgreSQL database and the same files.
    ///
    /// # Panics
    /// On SQLite, which serves one process.
    pub async fn second_server(&self) -> Server {
        let db =
            Db::open(&self.place.0.address, self.clock.clone()).await.expect("PostgreSQL serves several processes");
        self.serve(db, Options::default()).await
    }

    /// A server as after a restart: nothing in memory, the same database, the same files. The first one still answers.
    pub async fn restarted(&self) -> Server {
        self.serve(self.db().clone(), Options::default()).await
    }

    /// A server that believes to be behind TLS, on the same database.
    pub async fn behind_tls(&self) -> Server {
        self.serve(self.db().clone(), Options { secure: true, ..Options::default() }).await
    }

    async fn serve(&self, db: Db, options: Options) -> Server {
        let stored = (self.blobs.clone(), self.high_water.clone());
        Server::start(app(db, stored, &self.exceptions, &self.setup), options).await
    }

    /// Which engine this farm runs on.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self.db().engine() {
            sql::EngineName::Sqlite => Engine::Sqlite,
            sql::EngineName::Postgres => Engine::Postgres,
        }
    }

    /// The address of the database.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.place.0.address
    }

    /// The test's folder.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Switches a virtual printer on. At most eight in a farm, or as many as [`Setup::machines`] says.
    ///
    /// # Panics
    /// There are no more.
    #[must_use]
    pub fn virtual_printer(&self) -> Handle {
        self.virtual_printer_with(MachineOptions::default())
    }

    /// The same, with options.
    ///
    /// # Panics
    /// There are no more.
    #[must_use]
    pub fn virtual_printer_with(&self, options: MachineOptions) -> Handle {
        VirtualPrinter::start(self.listener(), options).unwrap()
    }

    /// At one of the addresses that the servers may contact.
    fn listener(&self) -> TcpListener {
        let listener = self.machines.lock().unwrap_or_else(PoisonError::into_inner).pop();
        listener.expect("there is no room for one more virtual printer: Setup::machines")
    }

    /// Like [`Farm::bench`], behind a network that can be made faulty.
    ///
    /// # Panics
    /// It is refused.
    pub async fn bench_behind_a_proxy(&self, name: &str) -> (Uuid, Handle, FaultProxy) {
        let own = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let machine = VirtualPrinter::start(own, MachineOptions::default()).unwrap();
        let proxy = FaultProxy::start(self.listener(), machine.address());
        let request = json!({
            "name": name, "family": "octoprint", "address": proxy.address().to_string(), "api_key": machine.api_key(),
            "share_with_organization": true,
        });
        let added = self.admin().post("/printers", request).await.ok();
        let printer = added["id"].as_str().unwrap().parse().unwrap();
        self.admin().clear_plate(printer).await;
        (printer, machine, proxy)
    }

    /// A virtual printer that the Admin added, shared with everybody, with a clear plate: its id and the machine.
    ///
    /// # Panics
    /// It is refused.
    pub async fn bench(&self, name: &str) -> (Uuid, Handle) {
        let machine = self.virtual_printer();
        let printer = self.admin().add_printer(name, &machine, true).await;
        self.admin().clear_plate(printer).await;
        (printer, machine)
    }

    /// A statement, past everything that guards the database. How many rows changed.
    ///
    /// # Panics
    /// The database refuses.
    pub async fn exec(&self, statement: &'static str, values: &[Val]) -> u64 {
        let mut tx = self.db().write().await.unwrap();
        let changed = tx.exec(statement, values).await.unwrap();
        tx.commit().await.unwrap();
        changed
    }

    /// A query, past everything that guards the database.
    ///
    /// # Panics
    /// The database refuses.
    pub async fn rows(&self, query: &'static str, values: &[Val]) -> Vec<Row> {
        self.db().read().await.unwrap().all(query, values).await.unwrap()
    }

    /// A number out of the database: the column `n` of one row.
    ///
    /// # Panics
    /// There is no such row.
    pub async fn number(&self, query: &'static str, values: &[Val]) -> i64 {
        self.db().read().await.unwrap().one(query, values).await.unwrap().get("n").unwrap()
    }

    /// Waits until a number out of the database is zero.
    ///
    /// # Panics
    /// It is not within twenty seconds.
    pub async fn until_zero(&self, query: &'static str) {
        let until = tokio::time::Instant::now() + Duration::from_secs(20);
        while self.number(query, &[]).await != 0 {
            assert!(tokio::time::Instant::now() < until, "never zero: {query}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A library project, straight into the database; shared with nobody.
    pub async fn project(&self, owner: &Actor, name: &str) -> Uuid {
        let id = new_id();
        let insert = "INSERT INTO project (id, org, name, created_by, created_at) VALUES ($1, $2, $3, $4, 0)";
        self.exec(insert, params![id, self.org, name, owner.id]).await;
        id
    }

    /// Shares a project with a team, or with everybody by [`Farm::org`], straight into the database.
    pub async fn share_project(&self, project: Uuid, grantee: Uuid) {
        let insert = "INSERT INTO project_share (project, grantee, granted_by, granted_at) VALUES ($1, $2, $3, 0)";
        self.exec(insert, params![project, grantee, self.admin().id]).await;
    }

    /// Makes a print job one that came from this project, straight into the database.
    pub async fn from_project(&self, job: &serde_json::Value, project: Uuid) {
        let id: Uuid = job["id"].as_str().unwrap().parse().unwrap();
        self.exec("UPDATE print_job SET project = $2 WHERE id = $1", params![id, project]).await;
    }

    /// A team with these people in it, straight into the database.
    pub async fn team(&self, name: &str, people: &[&Actor]) -> Uuid {
        let id = new_id();
        let insert =
            "INSERT INTO team (id, org, name, name_key, created_by, created_at) VALUES ($1, $2, $3, $4, $5, 0)";
        self.exec(insert, params![id, self.org, name, name.to_lowercase(), self.admin().id]).await;
        for person in people {
            let insert = "INSERT INTO team_member (team, account, added_at) VALUES ($1, $2, 0)";
            self.exec(insert, params![id, person.id]).await;
        }
        id
    }

    /// What the invariants and the journal's chain say against the database as it is.
    ///
    /// # Panics
    /// The database does not answer.
    pub async fn broken(&self) -> Vec<String> {
        invariants::broken(&mut self.db().snapshot().await.unwrap()).await.unwrap()
    }

    /// What must hold at any time: the invariants, and the journal's chain.
    ///
    /// # Panics
    /// It does not hold.
    pub async fn check(&self) {
        let broken = self.broken().await;
        assert!(broken.is_empty(), "{broken:#?}");
    }
}

/// The operator's own door, which no request reaches.
#[expect(clippy::disallowed_methods, reason = "a test is the operator of its farm")]
fn operator() -> Founding {
    Founding::by_operator()
}

fn app(db: Db, stored: (files::BlobStore, files::HighWater), exceptions: &[String], setup: &Setup) -> App {
    let networks = printers::Networks::new(&setup.networks, exceptions).unwrap();
    App::new(db, stored, Seal::new([7; 32]), networks, setup.config.clone())
}
