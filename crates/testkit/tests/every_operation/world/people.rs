//! Teams, and what an organization or a person has besides: people, invitations, sessions, tokens, applications.

use testkit::{Actor, Method, Role, gcode, json};

use super::*;

impl World<'_> {
    pub(super) async fn crew(&mut self, thing: Thing, n: usize) -> Case {
        let farm = self.farm;
        let (admin, member, guest, stranger) = (farm.admin(), farm.member(), farm.guest(), farm.stranger());
        self.count += 1;
        let (by, inside) = match n {
            0 => (&member, None),
            1 | 4 => (&admin, Some(guest.id)),
            2 => (&admin, Some(member.id)),
            3 => (&admin, None),
            // Created while they were a Member: a Guest has the teams that they are in only (ROL-15).
            5 => (&guest, None),
            _ => (&stranger, None),
        };
        let elsewhere = by.id == stranger.id;
        let admin_there = if elsewhere { &stranger } else { &admin };
        let people: Vec<_> = inside.into_iter().chain([admin_there.id]).collect();
        let demoted = by.id == guest.id;
        if demoted {
            admin.change_role(by, "member").await.done();
        }
        let name = if elsewhere { "elsewhere".to_owned() } else { format!("of {}", by.name) };
        let team = by.new_team(&format!("Crew {name} {}", self.count), &people).await;
        if demoted {
            admin.change_role(by, "guest").await.done();
        }
        let in_trash = thing == RemovedTeam || n == 4;
        if in_trash {
            admin_there.delete(&format!("/teams/{}", id(&team))).await.done();
        }
        let crew = Crew { id: id(&team), created_by: by.id, inside, in_trash, elsewhere };
        Case::Team { crew, admin: admin_there.id }
    }

    pub(super) async fn application(&mut self, by: &Actor) -> String {
        self.count += 1;
        let body = json!({ "name": format!("Application {}", self.count), "redirect_uris": [], "scopes": ["read"] });
        id(&by.post("/applications", body).await.ok()).to_string()
    }

    pub(super) async fn somebody(&mut self, thing: Thing, n: usize) -> Case {
        let farm = self.farm;
        let (admin, guest, stranger) = (farm.admin(), farm.guest(), farm.stranger());
        match (thing, n) {
            (Person, 0) => {
                self.count += 1;
                Case::Id(farm.person(&format!("Person {}", self.count), Role::Guest).await.id.to_string())
            }
            (Person, _) => Case::Foreign(stranger.id.to_string()),
            (Former, _) => {
                self.count += 1;
                let here = farm.person(&format!("Person {}", self.count), Role::Guest).await;
                here.new_project("Physics").await;
                admin.remove_person(&here).await.done();
                // Whoever is somebody in another organization was never in this one.
                if n == 0 { Case::Id(here.id.to_string()) } else { Case::Foreign(stranger.id.to_string()) }
            }
            // Whoever left comes back for the next one.
            (Leaver, _) => {
                for (person, role) in [(&guest, "guest"), (&farm.member(), "member")] {
                    if person.get("/session").await.ok()["organization"].is_null() {
                        let secret = admin.invite(role).await;
                        person.accept(&secret).await.done();
                        for (team, people) in [self.teams.both, self.teams.guests, self.teams.members] {
                            if people.contains(&person.id) {
                                admin.put_into_team(&json!({ "id": team }), person.id).await.done();
                            }
                        }
                    }
                }
                Case::Plain
            }
            _ => panic!("{thing:?} is nobody"),
        }
    }

    pub(super) async fn something(&mut self, thing: Thing, n: usize) -> Case {
        let farm = self.farm;
        let (admin, guest, stranger) = (farm.admin(), farm.guest(), farm.stranger());
        match (thing, n) {
            (Upload, _) => {
                let owner = if n == 0 { &guest } else { &stranger };
                let announced =
                    owner.post("/uploads", json!({ "name": "a.gcode", "size": gcode("a").len() })).await.ok();
                Case::Upload { id: id(&announced), owner: owner.id }
            }
            (Invitation, _) => {
                let by = if n == 0 { &admin } else { &stranger };
                let link = id(&by.post("/invitations", json!({ "role": "guest" })).await.ok()).to_string();
                if n == 0 { Case::Id(link) } else { Case::Foreign(link) }
            }
            (Secret, _) => {
                let link = admin.post("/invitations", json!({ "role": "guest" })).await.ok();
                admin.delete(&format!("/invitations/{}", id(&link))).await.done();
                Case::Id(link["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned())
            }
            (Session, _) => {
                let by = if n == 0 { &guest } else { &stranger };
                let sessions = by.another_browser().await.get("/sessions").await.items();
                let session = id(sessions.iter().find(|s| s["current"] == true).unwrap()).to_string();
                if n == 0 { Case::Id(session) } else { Case::Foreign(session) }
            }
            (OwnToken | AnyToken, _) => {
                self.count += 1;
                let body =
                    json!({ "name": format!("Script {}", self.count), "scopes": ["read"], "expires_in_days": 1 });
                let by = if n == 0 { &guest } else { &stranger };
                let made = id(&by.post("/account/tokens", body).await.ok());
                match (thing, n) {
                    (OwnToken, _) => Case::Upload { id: made, owner: by.id },
                    (_, 0) => Case::Id(made.to_string()),
                    _ => Case::Foreign(made.to_string()),
                }
            }
            (Application, 0) => Case::Id(self.application(&admin).await),
            (Application, _) => Case::Foreign(self.application(&stranger).await),
            (Device, _) => {
                let application = self.application(if n == 0 { &admin } else { &stranger }).await;
                let call = farm.nobody().call(Method::POST, "/oauth/device").at_root();
                let waiting = call.form(&[("client_id", &application), ("scope", "read")]).send_unchecked().await.ok();
                let code = waiting["user_code"].as_str().unwrap().to_owned();
                if n == 0 { Case::Id(code) } else { Case::Foreign(code) }
            }
            _ => panic!("{thing:?} is made elsewhere"),
        }
    }
}
