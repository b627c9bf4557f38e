//! Library projects, in each way in which they can stand to people.

use super::*;

impl World<'_> {
    /// The `n`th way in which a project with one file can stand to people.
    pub(super) async fn shelf(&mut self, n: usize) -> Option<Shelf> {
        self.count += 1;
        let farm = self.farm;
        let (admin, member, guest, stranger) = (farm.admin(), farm.member(), farm.guest(), farm.stranger());
        let (with, nobody) = (Sharing::with, Sharing::NOBODY);
        let Teams { both, guests, members, in_trash, .. } = &self.teams;
        let (by, name, shares) = match n {
            0 => (&guest, "private of Gil Guest", nobody),
            1 => (&guest, "of Gil Guest", Sharing::ALL),
            2 => (&member, "private of Mo Member", nobody),
            3 => (&member, "of Mo Member", Sharing::ALL),
            4 => (&admin, "of Ada Admin", nobody),
            5 => (&guest, "of Gil Guest", with(*both)),
            6 => (&guest, "alone of Gil Guest", with(*guests)),
            7 => (&member, "alone of Mo Member", with(*members)),
            8 => (&admin, "for Gil", with(*guests)),
            9 => (&admin, "for all and two", Sharing { organization: true, ..with(*both) }),
            10 => (&admin, "of Ada Admin's old crew", Sharing { team_in_trash: true, ..with(*in_trash) }),
            11 => (&stranger, "elsewhere", Sharing::ALL),
            _ => return None,
        };
        let project = by.new_project(&format!("Shelf {name} {}", self.count)).await;
        let file = by.put_file(&project, "square.gcode", &self.picture).await;
        let id_ = id(&project);
        let by_hand = shares.team_in_trash || (shares.organization && by.id == guest.id);
        if by_hand {
            // A Guest shares with a team only, and nobody with a team in the Trash: it was done before.
            farm.share_project(id_, shares.team.map_or(farm.org(), |(team, _)| team)).await;
        } else {
            let teams: Vec<_> = shares.team.into_iter().map(|(team, _)| team).collect();
            by.share(&project, shares.organization, &teams).await.done();
        }
        let (created_by, elsewhere) = (by.id, by.id == stranger.id);
        Some(Shelf { id: id_, file: id(&file), created_by, shares, in_trash: false, elsewhere })
    }

    pub(super) async fn project_case(&mut self, thing: Thing, n: usize) -> Option<Case> {
        let farm = self.farm;
        let (admin, guest, stranger) = (farm.admin(), farm.guest(), farm.stranger());
        let in_trash = n == 12 || thing == RemovedProject;
        let mut shelf = self.shelf(if n == 12 { 9 } else { n }).await?;
        if in_trash {
            let by = if shelf.elsewhere { &stranger } else { &admin };
            let by = [&guest, &farm.member()].into_iter().find(|p| p.id == shelf.created_by).unwrap_or(by).clone();
            by.delete(&format!("/projects/{}", shelf.id)).await.done();
            shelf.in_trash = true;
        }
        let job = match thing {
            JobIntoProject => match self.job(&guest, self.benches[OF_ALL]).await {
                Case::Job { job, .. } => Some(id(&job)),
                _ => None,
            },
            _ => None,
        };
        Some(Case::Project { shelf, job })
    }
}
