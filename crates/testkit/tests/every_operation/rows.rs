//! The relations as rows of a database: each way in which a thing can stand to a person, straight into the tables, so that
//! thousands of them cost a second. What is asked about them goes through the product.

use testkit::{Farm, Uuid, params};

use crate::oracle::{Printer, Project, Shares, Stands, Team};

/// A thing, and how one person stands to it.
#[derive(Debug, Clone, Copy)]
pub struct Thing {
    pub id: Uuid,
    pub stands: Stands,
}

/// One person's things.
pub struct Rows<'a> {
    tx: &'a mut store::Tx,
    /// The organization of the things.
    org: Uuid,
    me: Uuid,
    /// Somebody else of that organization.
    other: Uuid,
    number: &'a mut i64,
    team: Uuid,
    team_of_others: Uuid,
    team_in_trash: Uuid,
}

const SHARES: [Shares; 6] = [
    Shares::Nobody,
    Shares::Organization,
    Shares::Team,
    Shares::OrganizationAndTeam,
    Shares::TeamOfOthers,
    Shares::TeamInTrash,
];

/// Everything that one person can be asked about: in this organization, and the best one can have elsewhere without being in
/// it.
pub async fn things_of(farm: &Farm, me: Uuid, other: Uuid, elsewhere: (Uuid, Uuid), number: &mut i64) -> Vec<Thing> {
    let mut tx = farm.db().write().await.unwrap();
    let mut rows = Rows::new(&mut tx, farm.org(), me, other, number).await;
    let mut things = vec![Thing { id: farm.org(), stands: Stands::Organization }];
    things.extend(rows.teams().await);
    let printers = rows.printers().await;
    let projects = rows.projects().await;
    things.extend(printers.iter().map(|(id, printer)| Thing { id: *id, stands: Stands::Printer(*printer) }));
    for (id, printer) in &printers {
        things.extend(rows.group_of(*id).await.map(|id| Thing { id, stands: Stands::Group(*printer) }));
    }
    things.extend(projects.iter().map(|(id, project)| Thing { id: *id, stands: Stands::Project(*project) }));
    things.extend(rows.jobs(&printers, &projects).await);
    let (there, of_there) = elsewhere;
    let mut away = Rows::new(&mut tx, there, me, of_there, number).await;
    things.extend(away.elsewhere().await);
    tx.commit().await.unwrap();
    things
}

impl<'a> Rows<'a> {
    async fn new(tx: &'a mut store::Tx, org: Uuid, me: Uuid, other: Uuid, number: &'a mut i64) -> Self {
        let nil = Uuid::nil();
        let mut rows = Self { tx, org, me, other, number, team: nil, team_of_others: nil, team_in_trash: nil };
        rows.team = rows.team_row(other, &[me, other], false).await;
        rows.team_of_others = rows.team_row(other, &[other], false).await;
        rows.team_in_trash = rows.team_row(other, &[me], true).await;
        rows
    }

    async fn team_row(&mut self, by: Uuid, people: &[Uuid], in_trash: bool) -> Uuid {
        const TEAM: &str = "INSERT INTO team (id, org, name, name_key, created_by, created_at, removed_at, removed_by) \
            VALUES ($1, $2, 'Crew', '', $3, 0, $4, $3)";
        const IN: &str = "INSERT INTO team_member (team, account, added_at) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING";
        let id = Uuid::new_v4();
        self.tx.exec(TEAM, params![id, self.org, by, in_trash.then_some(1_i64)]).await.unwrap();
        for person in people {
            self.tx.exec(IN, params![id, *person]).await.unwrap();
        }
        id
    }

    async fn teams(&mut self) -> Vec<Thing> {
        let mut things = Vec::new();
        for mine in [true, false] {
            for inside in [true, false] {
                for in_trash in [true, false] {
                    let by = if mine { self.me } else { self.other };
                    let people: Vec<_> = inside.then_some(self.me).into_iter().collect();
                    let id = self.team_row(by, &people, in_trash).await;
                    things.push(Thing { id, stands: Stands::Team(Team { mine, inside, in_trash }) });
                }
            }
        }
        things
    }

    fn grantees(&self, shares: Shares) -> Vec<Uuid> {
        match shares {
            Shares::Nobody => vec![],
            Shares::Organization => vec![self.org],
            Shares::Team => vec![self.team],
            Shares::OrganizationAndTeam => vec![self.org, self.team],
            Shares::TeamOfOthers => vec![self.team_of_others],
            Shares::TeamInTrash => vec![self.team_in_trash],
        }
    }

    async fn printer_row(&mut self, mine: bool, shares: Shares, in_trash: bool) -> Uuid {
        const PRINTER: &str = "INSERT INTO printer (id, org, name, family, address, secret, class, added_by, created_at, bed, \
            removed_at, removed_by) VALUES ($1, $2, 'Bench', 'octoprint', 'a', $3, 'b', $4, 0, 'clear', $5, $4)";
        const SHARE: &str =
            "INSERT INTO printer_share (printer, grantee, granted_by, granted_at) VALUES ($1, $2, $3, 0)";
        let (id, by) = (Uuid::new_v4(), if mine { self.me } else { self.other });
        let removed = in_trash.then_some(1_i64);
        self.tx.exec(PRINTER, params![id, self.org, Vec::<u8>::new(), by, removed]).await.unwrap();
        for grantee in self.grantees(shares) {
            self.tx.exec(SHARE, params![id, grantee, by]).await.unwrap();
        }
        id
    }

    async fn printers(&mut self) -> Vec<(Uuid, Printer)> {
        let mut printers = Vec::new();
        for mine in [true, false] {
            for shares in SHARES {
                printers.push((self.printer_row(mine, shares, false).await, Printer { mine, shares }));
            }
            // In the Trash it stands to people as before: its page and its print jobs are there until its time is over.
            let shares = if mine { Shares::Nobody } else { Shares::Organization };
            printers.push((self.printer_row(mine, shares, true).await, Printer { mine, shares }));
        }
        printers
    }

    /// A group of this printer, made by whoever added it. One in the Trash is in no group that anybody sees.
    async fn group_of(&mut self, printer: Uuid) -> Option<Uuid> {
        const THERE: &str = "SELECT added_by FROM printer WHERE id = $1 AND removed_at IS NULL";
        const GROUP: &str = "INSERT INTO printer_group (id, org, name, name_key, created_by, created_at) VALUES ($1, $2, $3, $3, $4, 0)";
        const IN: &str =
            "INSERT INTO printer_group_member (printer, printer_group, added_by, added_at) VALUES ($1, $2, $3, 0)";
        let by: Uuid = self.tx.opt(THERE, params![printer]).await.unwrap()?.get("added_by").unwrap();
        let id = Uuid::new_v4();
        self.tx.exec(GROUP, params![id, self.org, id.to_string(), by]).await.unwrap();
        self.tx.exec(IN, params![printer, id, by]).await.unwrap();
        Some(id)
    }

    async fn project_row(&mut self, mine: bool, shares: Shares, in_trash: bool) -> Uuid {
        const PROJECT: &str = "INSERT INTO project (id, org, name, created_by, created_at, removed_at, removed_by) \
            VALUES ($1, $2, 'Shelf', $3, 0, $4, $3)";
        const SHARE: &str =
            "INSERT INTO project_share (project, grantee, granted_by, granted_at) VALUES ($1, $2, $3, 0)";
        let (id, by) = (Uuid::new_v4(), if mine { self.me } else { self.other });
        self.tx.exec(PROJECT, params![id, self.org, by, in_trash.then_some(1_i64)]).await.unwrap();
        for grantee in self.grantees(shares) {
            self.tx.exec(SHARE, params![id, grantee, by]).await.unwrap();
        }
        id
    }

    async fn projects(&mut self) -> Vec<(Uuid, Project)> {
        let mut projects = Vec::new();
        for mine in [true, false] {
            for in_trash in [false, true] {
                for shares in SHARES {
                    let id = self.project_row(mine, shares, in_trash).await;
                    projects.push((id, Project { mine, shares, in_trash }));
                }
            }
        }
        projects
    }

    async fn job_row(&mut self, mine: bool, printer: Uuid, project: Option<Uuid>) -> Uuid {
        const FILE: &str = "INSERT INTO file (id, org, name, extension, size, upload_sha, send_sha, facts, created_by, created_at) \
            VALUES ($1, $2, 'f', 'gcode', 1, $3, $3, '{}', $4, 0)";
        const JOB: &str = "INSERT INTO print_job (id, org, number, name, submitter, project, printer, source, version, file, upload_sha, \
            send_sha, state, state_version, gate_required, gate_settings_version, gate_role, idem_key, queue_pos, created_at, state_at) \
            VALUES ($1, $2, $3, 'J', $4, $5, $6, 'upload', 1, $7, $8, $8, 'held', 1, 1, 1, 'guest', $9, 0, 0, 0)";
        *self.number += 1;
        let (id, file, sha) = (Uuid::new_v4(), Uuid::new_v4(), vec![0_u8; 32]);
        let by = if mine { self.me } else { self.other };
        self.tx.exec(FILE, params![file, self.org, sha.clone(), by]).await.unwrap();
        let number = *self.number;
        let row = params![id, self.org, number, by, project, printer, file, sha, id.to_string()];
        self.tx.exec(JOB, row).await.unwrap();
        id
    }

    /// Own and others' jobs, on each printer, from each project. Who else added the printer or created the project makes no
    /// difference where it is shared, so one's own are here as shared with nobody: the rest of it is asked of themselves.
    async fn jobs(&mut self, printers: &[(Uuid, Printer)], projects: &[(Uuid, Project)]) -> Vec<Thing> {
        let plain = |mine: bool, shares: Shares| !mine || shares == Shares::Nobody;
        let in_trash = |p: &Project| !p.in_trash || (!p.mine && p.shares == Shares::Organization);
        let on: Vec<_> = printers.iter().filter(|(_, p)| plain(p.mine, p.shares)).collect();
        let from = projects.iter().filter(|(_, p)| plain(p.mine, p.shares) && in_trash(p));
        let from: Vec<_> = std::iter::once(None).chain(from.map(Some)).collect();
        let mut things = Vec::new();
        for mine in [true, false] {
            for (printer, stands) in &on {
                for project in &from {
                    let id = self.job_row(mine, *printer, project.map(|(id, _)| *id)).await;
                    let project = project.map(|(_, project)| *project);
                    things.push(Thing { id, stands: Stands::Job { mine, printer: *stands, project } });
                }
            }
        }
        things
    }

    /// The best that one can have in another organization, without being in it.
    async fn elsewhere(&mut self) -> Vec<Thing> {
        let printer = self.printer_row(true, Shares::OrganizationAndTeam, false).await;
        let project = self.project_row(true, Shares::OrganizationAndTeam, false).await;
        let job = self.job_row(true, printer, Some(project)).await;
        let team = self.team_row(self.me, &[self.me], false).await;
        [self.org, printer, project, job, team].map(|id| Thing { id, stands: Stands::Elsewhere }).to_vec()
    }
}
