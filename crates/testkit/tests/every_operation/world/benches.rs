//! Printers, in each way in which they can stand to people.

use super::*;

impl World<'_> {
    /// The `n`th way in which a printer can stand to people, made anew. The first ones have names above.
    pub(super) async fn bench(&mut self, n: usize) -> Option<Bench> {
        let farm = self.farm;
        let (admin, member, guest, stranger) = (farm.admin(), farm.member(), farm.guest(), farm.stranger());
        let (with, nobody) = (Sharing::with, Sharing::NOBODY);
        let Teams { both, guests, others, in_trash, .. } = &self.teams;
        let (by, name, shares) = match n {
            OF_ALL => (&admin, "Bench of all", Sharing::ALL),
            OF_THE_ADMIN => (&admin, "Bench of the Admin", nobody),
            OF_THE_MEMBER => (&member, "Bench of the Member", nobody),
            OF_A_TEAM => (&admin, "Bench for two", with(*both)),
            IN_THE_TRASH => (&admin, "Bench that was", Sharing::ALL),
            ELSEWHERE => (&stranger, "Bench elsewhere", Sharing::ALL),
            6 => (&admin, "Bench for all and two", Sharing { organization: true, ..with(*both) }),
            7 => (&admin, "Bench for Gil", with(*guests)),
            8 => (&admin, "Bench of the Admin's crew", with(*others)),
            // Added while they were a Member.
            9 => (&guest, "Bench of the Guest", nobody),
            10 => (&admin, "Bench of the Admin's old crew", Sharing { team_in_trash: true, ..with(*in_trash) }),
            _ => return None,
        };
        let demoted = by.id == guest.id;
        if demoted {
            admin.change_role(by, "member").await.done();
        }
        let id = by.add_printer_at(name, &self.new_address(), shares.organization).await;
        if demoted {
            admin.change_role(by, "guest").await.done();
        }
        if let Some((team, _)) = shares.team {
            by.share_printer_with(id, shares.organization, &[team]).await.done();
        }
        if n == IN_THE_TRASH {
            by.delete(&format!("/printers/{id}")).await.done();
        }
        Some(Bench { id, name, added_by: by.id, shares, elsewhere: n == ELSEWHERE })
    }

    /// An address that no other printer here has.
    pub(super) fn new_address(&mut self) -> String {
        self.count += 1;
        format!("10.77.{}.{}", self.count / 250, self.count % 250 + 1)
    }

    pub(super) async fn printer_case(&mut self, method: &str, n: usize) -> Option<Case> {
        // Gone afterwards, so it is one of its own; a team in the Trash takes no new shares.
        if method == "DELETE" {
            return if n == 10 { None } else { self.bench(n).await.map(Case::Printer) };
        }
        if n == IN_THE_TRASH {
            self.farm.admin().delete(&format!("/printers/{}", self.benches[n].id)).await.done();
        }
        Some(Case::Printer(self.benches[n]))
    }

    pub(super) async fn group_case(&mut self, n: usize) -> Option<Case> {
        let farm = self.farm;
        self.count += 1;
        let bench = self.bench([OF_ALL, OF_THE_ADMIN, OF_THE_MEMBER, OF_A_TEAM, ELSEWHERE][n]).await?;
        let people = [farm.admin(), farm.member(), farm.stranger()];
        let by = people.into_iter().find(|person| person.id == bench.added_by)?;
        let group = by.new_printer_group(&format!("Group {}", self.count), &[bench.id]).await;
        Some(Case::Group { id: id(&group), bench })
    }
}
