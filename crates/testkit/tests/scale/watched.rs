//! What the database did for a request. On SQLite: which trees each statement of the request reads from one end to the other,
//! by its program (`EXPLAIN`). On PostgreSQL: how many rows it touched, by `auto_explain`, which tells the client.

use std::collections::HashMap;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use testkit::statements::{asks, take};
use testkit::{Actor, Engine, Farm, Server, Value};

/// Tables that grow with what people do.
const GROWING: &[&str] = &[
    "print_job",
    "job_version",
    "job_authorization",
    "attempt",
    "journal",
    "journal_text",
    "file",
    "idempotency",
    "upload",
];
/// Indexes of open jobs only; reading one whole is reading what is open.
const OPEN: &[&str] = &[
    "print_job_live",
    "print_job_queue",
    "print_job_one_active",
    "print_job_queued",
    "print_job_queued_org",
    "print_job_held",
    "print_job_busy",
    "print_job_on_it",
    "print_job_waiting",
    "journal_head",
    "sqlite_autoindex_journal_head_1",
];

/// A server whose database tells.
pub struct Watch {
    address: String,
    server: Option<Server>,
    trees: HashMap<i64, String>,
}

/// What one statement did.
pub enum Work {
    /// The statement, the names of the trees that it reads whole, and the steps of its plan.
    Sqlite(String, Vec<String>, Vec<String>),
    /// The plan with its numbers.
    Postgres(Value),
}

impl Watch {
    pub async fn new(engine: Engine, farm: &Farm) -> Self {
        let address = farm.address().to_owned();
        match engine {
            Engine::Sqlite => {
                let mut connection = sqlite(&address).await;
                let rows = sqlx::query("SELECT rootpage, name FROM sqlite_master WHERE rootpage > 0");
                let rows = rows.fetch_all(&mut connection).await.unwrap();
                let trees = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
                Self { address, server: None, trees }
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&address).await.unwrap();
                let (_, name) = address.rsplit_once('/').unwrap();
                let name = name.split('?').next().unwrap();
                for setting in [
                    "session_preload_libraries = 'auto_explain'",
                    "auto_explain.log_min_duration = 0",
                    "auto_explain.log_analyze = on",
                    "auto_explain.log_format = json",
                    "client_min_messages = log",
                    // A table of some thousand rows is sometimes cheaper to read whole than by an index. What is asked here is
                    // whether there is a way by indexes, as it is taken when there are a million.
                    "enable_seqscan = off",
                    "enable_hashjoin = off",
                    "enable_mergejoin = off",
                ] {
                    let alter = format!("ALTER DATABASE {name} SET {setting}");
                    sqlx::raw_sql(AssertSqlSafe(alter)).execute(&mut connection).await.unwrap();
                }
                // Its connections are new, and so begin with these settings.
                Self { address, server: Some(farm.second_server().await), trees: HashMap::new() }
            }
        }
    }

    /// The same person at the server that is watched.
    pub fn at(&self, actor: &Actor) -> Actor {
        self.server.as_ref().map_or_else(|| actor.clone(), |server| actor.at(server))
    }

    /// What the database did meanwhile.
    pub async fn of(&self, request: impl Future<Output = ()>) -> Vec<Work> {
        drop(take());
        request.await;
        let log = take();
        let mut work = Vec::new();
        if self.server.is_some() {
            for line in log.iter().filter(|line| line.notice) {
                if let Some((_, plan)) = line.text.split_once("plan:\n") {
                    work.push(Work::Postgres(serde_json::from_str(plan).unwrap()));
                }
            }
            return work;
        }
        let mut connection = sqlite(&self.address).await;
        for text in log.into_iter().map(|line| line.text).filter(|text| asks(text)) {
            let program =
                sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN {text}"))).fetch_all(&mut connection).await.unwrap();
            let mut cursors = HashMap::new();
            let mut whole = Vec::new();
            for step in &program {
                let (what, cursor, page): (String, i64, i64) = (step.get("opcode"), step.get("p1"), step.get("p2"));
                if what == "OpenRead" || what == "ReopenIdx" {
                    cursors.insert(cursor, page);
                } else if matches!(
                    what.as_str(),
                    "OpenEphemeral" | "SorterOpen" | "OpenPseudo" | "OpenAutoindex" | "OpenDup"
                ) {
                    cursors.remove(&cursor);
                } else if (what == "Rewind" || what == "Last")
                    && let Some(name) = cursors.get(&cursor).and_then(|page| self.trees.get(page))
                {
                    whole.push(name.clone());
                }
            }
            // An index of everything, found by its first column only, is a history too.
            let plan = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}")));
            let plan = plan.fetch_all(&mut connection).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|step| step.get("detail")).collect();
            for step in &plan {
                let everything =
                    step.contains("INDEX print_job_own") || step.contains("INDEX sqlite_autoindex_print_job_");
                if everything && ["(org=?)", "(printer=?)", "(submitter=?)"].iter().any(|first| step.ends_with(first)) {
                    whole.push(format!("print_job_ {step}"));
                }
            }
            work.push(Work::Sqlite(text, whole, plan));
        }
        connection.close().await.unwrap();
        work
    }
}

async fn sqlite(address: &str) -> SqliteConnection {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(address)).await.unwrap()
}

/// The table itself, or an index of it.
fn is_of(tree: &str, table: &str) -> bool {
    tree == table || tree.starts_with(&format!("{table}_")) || tree.contains(&format!("_{table}_"))
}

fn grows(tree: &str) -> bool {
    GROWING.iter().any(|table| is_of(tree, table)) && !OPEN.contains(&tree)
}

impl Work {
    /// # Panics
    /// It read more than what is shown, open, or a printer.
    pub fn assert_bounded(&self, most: u64, asked: &str) {
        match self {
            Self::Sqlite(text, whole, _) => {
                let long: Vec<_> = whole.iter().filter(|tree| grows(tree)).collect();
                assert!(long.is_empty(), "{asked}: reads {long:?} from end to end:\n{text}");
            }
            Self::Postgres(plan) => {
                let mut nodes = Vec::new();
                let rows = touched(&plan["Plan"], GROWING, &mut nodes);
                let text = &plan["Query Text"];
                assert!(
                    rows <= most,
                    "{asked}: touches {rows} rows of tables that grow, at most {most} would do:\n{nodes:#?}\n{text}"
                );
            }
        }
    }

    /// Whether it goes along this stretch of this index, as SQLite says it; on PostgreSQL, along this index.
    pub fn goes_along(&self, index: &str, stretch: &str) -> bool {
        match self {
            Self::Sqlite(_, _, plan) => plan.iter().any(|step| step.ends_with(&format!("INDEX {index} ({stretch})"))),
            Self::Postgres(plan) => plan.to_string().contains(&format!("\"{index}\"")),
        }
    }

    /// # Panics
    /// It read a table of these whole, or on PostgreSQL more rows of it than it may.
    pub fn assert_few(&self, most: &[(&str, u64)], asked: &str) {
        for (table, most) in most {
            match self {
                Self::Sqlite(text, whole, _) => {
                    let long: Vec<_> = whole.iter().filter(|tree| is_of(tree, table)).collect();
                    assert!(long.is_empty(), "{asked}: reads {long:?} from end to end:\n{text}");
                }
                Self::Postgres(plan) => {
                    let rows = touched(&plan["Plan"], &[table], &mut Vec::new());
                    assert!(rows <= *most, "{asked}: touches {rows} rows of {table}, {most} would do:\n{plan:#}");
                }
            }
        }
    }
}

/// Rows of these tables that the nodes of a plan read, those that a filter dropped too; and which nodes read many.
fn touched(node: &Value, tables: &[&str], nodes: &mut Vec<String>) -> u64 {
    let number = |name: &str| node[name].as_f64().unwrap_or(0.0);
    let each = number("Actual Rows")
        + number("Rows Removed by Filter")
        + number("Rows Removed by Join Filter")
        + number("Rows Removed by Index Recheck");
    let table = node["Relation Name"].as_str().unwrap_or("");
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of rows")]
    let own = if tables.contains(&table) { (each * number("Actual Loops")) as u64 } else { 0 };
    if own > 100 {
        nodes.push(format!("{own} rows: {} {} {}", node["Node Type"], node["Relation Name"], node["Index Name"]));
    }
    own + node["Plans"].as_array().map_or(0, |plans| plans.iter().map(|plan| touched(plan, tables, nodes)).sum())
}
