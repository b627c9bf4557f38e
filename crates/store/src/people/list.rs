//! The people of an organization as a list: by name, of one role or of all, each with the teams that the asker sees them in.

use access::{Visible, visible_team_sql};
use domain::{AccountId, Micros, Role, TeamId};
use sql::{Conn, Row, Val, params};

use super::name_key;
use crate::{Error, People};

/// So many teams of a person are named; a row has room for no more. The others are a number.
const SHOWN_TEAMS: usize = 3;

/// A person in the list.
#[derive(Debug, Clone)]
pub struct Person {
    /// Account.
    pub id: AccountId,
    /// Public name.
    pub name: String,
    /// Only Admins are given it.
    pub email: Option<String>,
    /// Role.
    pub role: Role,
    /// Since when.
    pub joined_at: Micros,
    /// The first of the teams that they are in and that the asker sees, by name.
    pub teams: Vec<(TeamId, String)>,
    /// How many these are in all.
    pub team_count: i64,
}

/// A page of the list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Words in the name; for Admins in the address too.
    pub search: String,
    /// Only people of this role.
    pub role: Option<Role>,
    /// Only who comes after this person.
    pub after: Option<AccountId>,
    /// At most so many.
    pub limit: i64,
}

/// `$1` the organization, `$2` the asker's role, `$3` the pattern, `$4` the key it goes on after, `$5` the limit, `$6` the role that is
/// looked for. Two texts, because each of them has an index of its own, along which the page is found.
macro_rules! page {
    ($of_role:literal) => {
        concat!(
            "SELECT m.account AS id FROM membership m WHERE m.org = $1 ",
            $of_role,
            " AND m.removed_at IS NULL AND m.name_key > $4 \
             AND ($3 = '' OR m.name_key LIKE $3 {escape} OR ($2 = 'admin' AND m.email_key LIKE $3 {escape})) \
             ORDER BY m.name_key LIMIT $5"
        )
    };
}

/// A page of everyone in the organization by name; and whether more follow. Addresses for Admins only.
///
/// # Errors
/// [`Error::NotFound`] for a cursor that nobody in the organization is or was.
pub async fn list(conn: &mut Conn, eyes: &Visible<People>, filter: &Filter) -> Result<(Vec<Person>, bool), Error> {
    const ALL: &str = page!("");
    const OF_ROLE: &str = page!("AND m.role = $6");
    // First which they are, then what is shown of them: see docs/performance.md.
    const SHOWN: &str = "SELECT a.id, a.name, CASE WHEN $2 = 'admin' THEN a.email END AS email, m.role, m.created_at \
          FROM {ids:$3} found CROSS JOIN membership m CROSS JOIN account a WHERE m.org = $1 AND m.account = found.id \
          AND a.id = found.id ORDER BY m.name_key";
    let who = eyes.who();
    let after = name_key(conn, who.org(), filter.after).await?;
    let like = crate::containing(&filter.search);
    let asked = params![who.org(), who.role(), like, after, filter.limit + 1];
    let mut page = match filter.role {
        None => conn.all(ALL, asked).await?,
        Some(role) => {
            let asked: Vec<Val> = asked.iter().cloned().chain([Val::from(role)]).collect();
            conn.all(OF_ROLE, &asked).await?
        }
    };
    let more = crate::cut(&mut page, filter.limit);
    let ids = Val::ids(&crate::ids(&page)?);
    let person = |row: &Row| {
        Ok::<_, sql::Error>(Person {
            id: row.get("id")?,
            name: row.get("name")?,
            email: row.get("email")?,
            role: row.get("role")?,
            joined_at: row.get("created_at")?,
            teams: Vec::new(),
            team_count: 0,
        })
    };
    let rows = conn.all(SHOWN, params![who.org(), who.role(), ids.clone()]).await?;
    let mut people = rows.iter().map(person).collect::<Result<Vec<_>, _>>()?;
    put_teams(conn, eyes, ids, &mut people).await?;
    Ok((people, more))
}

/// Which teams the asker sees these people in: all for an Admin, else those of the list of teams (ROL-04, ROL-09, ROL-15).
async fn put_teams(conn: &mut Conn, eyes: &Visible<People>, ids: Val, people: &mut [Person]) -> Result<(), Error> {
    const TEAMS: &str = concat!(
        "SELECT tm.account, t.id, t.name FROM {ids:$4} found CROSS JOIN team_member tm CROSS JOIN team t \
          WHERE tm.account = found.id AND t.id = tm.team AND t.org = $1 AND t.removed_at IS NULL AND ",
        visible_team_sql!(),
        " ORDER BY t.name_key, t.id"
    );
    let who = eyes.who();
    for row in conn.all(TEAMS, params![who.org(), who.account(), who.role(), ids]).await? {
        let account: AccountId = row.get("account")?;
        let Some(person) = people.iter_mut().find(|person| person.id == account) else { continue };
        person.team_count += 1;
        if person.teams.len() < SHOWN_TEAMS {
            person.teams.push((row.get("id")?, row.get("name")?));
        }
    }
    Ok(())
}
