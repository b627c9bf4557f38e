//! One numbered series of migrations for both engines. Types by token; triggers, which the engines write differently,
//! stand side by side in two files of the same number. A landed migration is never changed.

use crate::conn::spell;
use crate::{Db, EngineName, Error, params};

struct Migration {
    number: i64,
    name: &'static str,
    common: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

const ALL: &[Migration] = &[
    Migration {
        number: 1,
        name: "foundation",
        common: include_str!("migrations/0001_foundation.sql"),
        sqlite: include_str!("migrations/0001_triggers.sqlite.sql"),
        postgres: include_str!("migrations/0001_triggers.postgres.sql"),
    },
    Migration {
        number: 2,
        name: "restored",
        common: include_str!("migrations/0002_restored.sql"),
        sqlite: include_str!("migrations/0002_triggers.sqlite.sql"),
        postgres: include_str!("migrations/0002_triggers.postgres.sql"),
    },
    Migration {
        number: 3,
        name: "history indexes",
        common: include_str!("migrations/0003_history_indexes.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 4,
        name: "teams and projects",
        common: include_str!("migrations/0004_teams_and_projects.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 5,
        name: "people and mail",
        common: include_str!("migrations/0005_people_and_mail.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 6,
        name: "sharing",
        common: include_str!("migrations/0006_sharing.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 7,
        name: "library",
        common: include_str!("migrations/0007_library.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 8,
        name: "tokens",
        common: include_str!("migrations/0008_tokens.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 9,
        name: "printer groups",
        common: include_str!("migrations/0009_printer_groups.sql"),
        sqlite: include_str!("migrations/0009_triggers.sqlite.sql"),
        postgres: include_str!("migrations/0009_triggers.postgres.sql"),
    },
    Migration {
        number: 10,
        name: "trash",
        common: include_str!("migrations/0010_trash.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 11,
        name: "requests",
        common: include_str!("migrations/0011_requests.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 12,
        name: "list indexes",
        common: include_str!("migrations/0012_list_indexes.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 13,
        name: "people by name",
        common: include_str!("migrations/0013_people_by_name.sql"),
        sqlite: include_str!("migrations/0013_triggers.sqlite.sql"),
        postgres: include_str!("migrations/0013_triggers.postgres.sql"),
    },
    Migration {
        number: 14,
        name: "people by role",
        common: include_str!("migrations/0014_people_by_role.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 15,
        name: "project pictures",
        common: include_str!("migrations/0015_project_pictures.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 16,
        name: "shares stay",
        common: include_str!("migrations/0016_shares_stay.sql"),
        sqlite: include_str!("migrations/0016_triggers.sqlite.sql"),
        postgres: include_str!("migrations/0016_triggers.postgres.sql"),
    },
    Migration {
        number: 17,
        name: "names in any language",
        common: include_str!("migrations/0017_names_in_any_language.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 18,
        name: "files to forget",
        common: include_str!("migrations/0018_files_to_forget.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 19,
        name: "limits",
        common: include_str!("migrations/0019_limits.sql"),
        sqlite: "",
        postgres: "",
    },
];

pub(crate) async fn run(db: &Db) -> Result<(), Error> {
    let mut tx = db.write().await?;
    tx.exec(
        "CREATE TABLE IF NOT EXISTS schema_migration (number BIGINT PRIMARY KEY, name TEXT NOT NULL, at BIGINT NOT NULL)",
        &[],
    )
    .await?;
    if db.engine() == EngineName::Postgres {
        // Several processes may start at once: one migrates, the others wait here.
        tx.exec("LOCK TABLE schema_migration IN ACCESS EXCLUSIVE MODE", &[]).await?;
    }
    let rows = tx.all("SELECT number FROM schema_migration", &[]).await?;
    let done = rows.iter().map(|row| row.get("number")).collect::<Result<Vec<i64>, _>>()?;
    if done.iter().any(|number| ALL.iter().all(|m| m.number != *number)) {
        return Err(Error::Open("the database was written by a newer version of Imprimatur".into()));
    }
    // Each that is missing, not only those after the newest: numbers are given out before the work is merged.
    for migration in ALL.iter().filter(|m| !done.contains(&m.number)) {
        let own = match db.engine() {
            EngineName::Sqlite => migration.sqlite,
            EngineName::Postgres => migration.postgres,
        };
        tx.script(spell(migration.common, db.engine())).await?;
        tx.script(spell(own, db.engine())).await?;
        let now = tx.now().await?;
        tx.exec(
            "INSERT INTO schema_migration (number, name, at) VALUES ($1, $2, $3)",
            params![migration.number, migration.name, now],
        )
        .await?;
    }
    tx.commit().await
}

/// The tables are those of this version; for whoever only reads.
pub(crate) async fn is_current(db: &Db) -> Result<(), Error> {
    let mut conn = db.read().await?;
    let done: i64 =
        conn.one("SELECT COALESCE(MAX(number), 0) AS done FROM schema_migration", &[]).await?.get("done")?;
    if done != ALL.iter().map(|m| m.number).max().unwrap_or(0) {
        return Err(Error::Open(
            "the database was written by another version of Imprimatur; start this version's server on it first".into(),
        ));
    }
    Ok(())
}
