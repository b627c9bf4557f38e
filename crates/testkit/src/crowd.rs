//! A large installation made at once: many print jobs of many people, straight into the database. For the benchmark and for
//! tests at scale; only here are the triggers that guard print jobs suspended, and they are back before it returns.
//!
//! The rows are made by the database itself and are the same on both engines, each time. Jobs, authorizations and attempts fit
//! each other; the journal's rows are there to be read, but are no chain and do not tell everything. No printer of it can be
//! reached.

use sha2::{Digest as _, Sha256};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, Row};
use uuid::Uuid;

/// How much of everything.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Print jobs; nine of ten in the first organization, the rest in four small ones.
    pub jobs: i64,
    /// People of the first organization.
    pub people: i64,
    /// Its printers; the last fifth was used in the first fifth of the time only.
    pub printers: i64,
    /// Its teams. Each printer is shared with two, each person is in three.
    pub teams: i64,
    /// Its library projects, each with five files.
    pub projects: i64,
}

impl Scale {
    /// What the benchmark measures with.
    pub const FULL: Self = Self { jobs: 1_000_000, people: 10_000, printers: 1_000, teams: 200, projects: 2_000 };
}

/// Makes the tables in an empty database.
///
/// # Panics
/// It cannot be opened.
pub async fn tables(address: &str) {
    sql::Db::open(address, sql::Clock::default()).await.expect("the database opens").close().await;
}

/// Who is worth asking, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Person {
    /// Sees everything.
    Admin,
    /// A Member in half of the teams.
    Technician,
    /// A Member in three teams, with some jobs of their own.
    Typical,
    /// A Member who sees one printer that nobody has used for long, and has three old jobs.
    AlmostNothing,
    /// A Guest with three old jobs.
    Guest,
    /// A Member without any printer and any job.
    Nothing,
}

impl Person {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Admin, Self::Technician, Self::Typical, Self::AlmostNothing, Self::Guest, Self::Nothing];

    /// In a table.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Admin => "Admin",
            Self::Technician => "Member, half of the printers",
            Self::Typical => "Member, three teams",
            Self::AlmostNothing => "Member, one idle printer",
            Self::Guest => "Guest, three jobs",
            Self::Nothing => "Member, nothing",
        }
    }

    /// The account's number.
    const fn number(self, scale: &Scale) -> i64 {
        match self {
            Self::Admin => 1,
            Self::Technician => scale.people + 1,
            Self::Typical => scale.people + 2,
            Self::AlmostNothing => scale.people + 3,
            Self::Guest => scale.people + 4,
            Self::Nothing => scale.people + 5,
        }
    }

    /// Their account.
    #[must_use]
    pub fn account(self, scale: &Scale) -> Uuid {
        id_of(KIND_ACCOUNT, self.number(scale))
    }
}

/// The first organization.
#[must_use]
pub fn organization() -> Uuid {
    id_of(KIND_ORGANIZATION, 1)
}

/// A printer of the first organization, from 1.
#[must_use]
pub fn printer(n: i64) -> Uuid {
    id_of(KIND_PRINTER, n)
}

/// A team of the first organization, from 1.
#[must_use]
pub fn team(n: i64) -> Uuid {
    id_of(KIND_TEAM, n)
}

/// A library project of the first organization, from 1.
#[must_use]
pub fn project(n: i64) -> Uuid {
    id_of(KIND_PROJECT, n)
}

/// What a print file said about itself.
const FACTS: &str = r#"{"slicer":"Cura","slicer_version":"5.7.0","flavor":"Marlin","print_time_s":8100,"filament_mm":3210.5,"filament_mm3":7722.1,"filament_g":null,"material":"PLA","layers":240,"layer_height_mm":0.2,"size_mm":[60.0,31.0,48.0],"target_machine":"Ender 3","commands":81234,"moves":80012,"warnings":[]}"#;

/// What a printer said of itself.
const SEEN: &str = r#"{"state":"idle","running":null,"percent":null,"time_left_s":null,"nozzle_c":24.5,"bed_c":23.9,"text":"Operational"}"#;

const KIND_ORGANIZATION: i64 = 1;
const KIND_ACCOUNT: i64 = 2;
const KIND_PRINTER: i64 = 3;
const KIND_TEAM: i64 = 4;
const KIND_PROJECT: i64 = 7;

/// Twelve digits for the kind (or the time), a fixed middle, twelve for the number: as in `{id:..}` of the statements.
fn id_of(kind: i64, n: i64) -> Uuid {
    let digits = format!("{kind:012x}70008000{n:012x}");
    digits.parse().unwrap()
}

/// Fills an empty database, whose tables are there.
///
/// # Panics
/// The database refuses.
pub async fn fill(address: &str, scale: &Scale) {
    if address.starts_with("postgres") {
        let mut connection = PgConnection::connect(address).await.unwrap();
        let run = "ALTER TABLE print_job DISABLE TRIGGER USER; ALTER TABLE attempt DISABLE TRIGGER USER;";
        let mut script = format!("BEGIN; SET LOCAL synchronous_commit = off; {run}");
        script.push_str(&statements(scale, postgres));
        script.push_str(&run.replace("DISABLE", "ENABLE"));
        script.push_str("COMMIT; ANALYZE;");
        sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut connection).await.unwrap();
        // What autovacuum does in the background of an installation that grew slowly.
        sqlx::raw_sql("VACUUM").execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    } else {
        let options = SqliteConnectOptions::new().filename(address).foreign_keys(false).pragma("cache_size", "-400000");
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        let guards =
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('print_job', 'attempt')";
        let mut script = String::from("BEGIN;");
        let mut back = String::new();
        for row in sqlx::query(guards).fetch_all(&mut connection).await.unwrap() {
            script.push_str(&format!("DROP TRIGGER {};", row.get::<String, _>(0)));
            back.push_str(&format!("{};", row.get::<String, _>(1)));
        }
        script.push_str(&statements(scale, sqlite));
        script.push_str(&back);
        script.push_str("COMMIT; PRAGMA wal_checkpoint(TRUNCATE);");
        sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

/// Signs somebody in, straight into the database: the secret for the session's cookie.
///
/// # Panics
/// The database refuses.
pub async fn sign_in(address: &str, scale: &Scale, person: Person) -> String {
    let secret = format!("{}-{}", Uuid::new_v4().simple(), person.number(scale));
    let id = |id: Uuid, postgres| if postgres { format!("'{id}'") } else { format!("x'{}'", id.simple()) };
    let hash = hex::encode(Sha256::digest(secret.as_bytes()));
    let insert = |postgres: bool| {
        let hash = if postgres { format!("'\\x{hash}'") } else { format!("x'{hash}'") };
        let now = if postgres {
            "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"
        } else {
            "unixepoch() * 1000000"
        };
        format!(
            "INSERT INTO session (id, token_hash, account, org, user_agent, created_at, last_seen_at, password_at) \
             VALUES ({}, {hash}, {}, {}, 'crowd', {now}, {now}, {now})",
            id(Uuid::new_v4(), postgres),
            id(person.account(scale), postgres),
            id(organization(), postgres)
        )
    };
    if address.starts_with("postgres") {
        let mut connection = PgConnection::connect(address).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(insert(true))).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    } else {
        let mut connection =
            SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(address)).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(insert(false))).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
    secret
}

/// What the engines write differently: an id and 32 bytes, each from numbers.
fn sqlite(function: &str, arguments: &[&str]) -> String {
    match (function, arguments) {
        ("id", [kind, n]) => format!("unhex(printf('%012x70008000%012x', {kind}, {n}))"),
        (_, [n]) => format!("unhex(printf('%064x', {n}))"),
        _ => panic!("{function} {arguments:?}"),
    }
}
fn postgres(function: &str, arguments: &[&str]) -> String {
    let hex = |n: &str, digits: u8| format!("lpad(to_hex(CAST({n} AS BIGINT)), {digits}, '0')");
    match (function, arguments) {
        ("id", [kind, n]) => format!("CAST({} || '70008000' || {} AS uuid)", hex(kind, 12), hex(n, 12)),
        (_, [n]) => format!("decode({}, 'hex')", hex(n, 64)),
        _ => panic!("{function} {arguments:?}"),
    }
}

/// The statements with numbers and the engine's functions in place. `{id:KIND|N}` and `{sha:N}` are functions, other words
/// in braces are numbers.
fn statements(scale: &Scale, function: fn(&str, &[&str]) -> String) -> String {
    let mut text = include_str!("crowd.sql").to_owned();
    let numbers = [
        ("{jobs}", scale.jobs),
        ("{people}", scale.people),
        ("{printers}", scale.printers),
        ("{teams}", scale.teams),
        ("{projects}", scale.projects),
        ("{open}", (scale.jobs / 20).min(1_000)),
        // 2023-01-01, and three years in all.
        ("{start}", 1_672_531_200_000_000),
        ("{step}", 3 * 365 * 86_400 * 1_000_000 / scale.jobs),
    ];
    for (word, n) in numbers {
        text = text.replace(word, &n.to_string());
    }
    while let Some(begin) = text.find("{id:").or_else(|| text.find("{sha:")) {
        let end = begin + text.get(begin..).unwrap().find('}').unwrap();
        let (name, arguments) = text.get(begin + 1..end).unwrap().split_once(':').unwrap();
        let arguments: Vec<&str> = arguments.split('|').collect();
        let done = function(name, &arguments);
        text.replace_range(begin..=end, &done);
    }
    text.replace("{facts}", FACTS).replace("{seen}", SEEN)
}

#[cfg(test)]
mod tests {
    use super::{Scale, postgres, sqlite, statements};

    #[test]
    fn every_brace_of_the_statements_is_filled_in() {
        let scale = Scale { jobs: 1_000, people: 40, printers: 10, teams: 4, projects: 8 };
        for function in [sqlite, postgres] {
            let text = statements(&scale, function).replace(super::FACTS, "").replace(super::SEEN, "");
            assert_eq!(text.find(['{', '}']).map(|at| &text[at..at + 20]), None);
        }
    }
}
