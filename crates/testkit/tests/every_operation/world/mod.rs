//! Makes the things that are called, in each way in which they can stand to people, by the API; and prepares the calls.

mod benches;
mod calls;
mod jobs;
mod people;
mod shelves;

use std::collections::HashMap;

use testkit::{Farm, Uuid, Value};

use crate::cases::{Bench, Case, Crew, Sharing, Shelf};
use crate::operations::Thing::{self, *};

/// Where a bench of this kind is in [`World::benches`].
const OF_ALL: usize = 0;
const OF_THE_ADMIN: usize = 1;
const OF_THE_MEMBER: usize = 2;
const OF_A_TEAM: usize = 3;
const IN_THE_TRASH: usize = 4;
const ELSEWHERE: usize = 5;

/// The teams that things are shared with, and who is in each.
struct Teams {
    both: (Uuid, [Uuid; 2]),
    guests: (Uuid, [Uuid; 2]),
    members: (Uuid, [Uuid; 2]),
    others: (Uuid, [Uuid; 2]),
    in_trash: (Uuid, [Uuid; 2]),
}

pub struct World<'a> {
    farm: &'a Farm,
    benches: Vec<Bench>,
    teams: Teams,
    other: Uuid,
    picture: Vec<u8>,
    count: u32,
    /// What only looking is done to, is made once.
    kept: HashMap<(Thing, usize, bool), Case>,
}

pub fn id(of: &Value) -> Uuid {
    of["id"].as_str().unwrap().parse().unwrap()
}

impl World<'_> {
    pub async fn new(farm: &Farm) -> World<'_> {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let team = async |name: &str, people: [Uuid; 2]| {
            let people_in_it = if people[0] == people[1] { &people[..1] } else { &people[..] };
            (id(&admin.new_team(name, people_in_it).await), people)
        };
        let teams = Teams {
            both: team("Crew of two", [guest.id, member.id]).await,
            guests: team("Crew of Gil", [guest.id, guest.id]).await,
            members: team("Crew of Mo", [member.id, member.id]).await,
            others: team("Crew of Ada", [admin.id, admin.id]).await,
            in_trash: team("Crew that was", [guest.id, member.id]).await,
        };
        // Nobody answers at these addresses, and nobody calls them: nothing is printed here.
        let other = admin.add_printer_at("Another bench", "10.77.255.1", true).await;
        let picture = include_bytes!("../../../../../samples/small_square.gcode").to_vec();
        let mut world = World { farm, benches: Vec::new(), teams, other, picture, count: 0, kept: HashMap::new() };
        for n in 0.. {
            let Some(bench) = world.bench(n).await else { break };
            world.benches.push(bench);
        }
        admin.delete(&format!("/teams/{}", world.teams.in_trash.0)).await.done();
        world
    }

    /// The `n`th way in which a thing of this kind can stand to people. What is only looked at is the same each time.
    pub async fn case(&mut self, method: &str, path: &str, thing: Thing, n: usize) -> Option<Case> {
        let key = (thing, n, path.ends_with("/record"));
        if method == "GET"
            && let Some(kept) = self.kept.get(&key)
        {
            return Some(kept.clone());
        }
        let case = self.new_case(method, path, thing, n).await?;
        if method == "GET" {
            self.kept.insert(key, case.clone());
        }
        Some(case)
    }

    /// How many ways there are.
    pub fn ways(thing: Thing) -> usize {
        match thing {
            Printer | Request => 11,
            Job | JobsPrinter | JobAndPrinter | Several => 15,
            Team | RemovedTeam => 7,
            Group => 5,
            Project | RemovedProject | JobIntoProject => 13,
            Upload | Person | Former | Invitation | OwnToken | AnyToken | Application | Session | Device => 2,
            Organization | Leaver | Secret => 1,
        }
    }

    async fn new_case(&mut self, method: &str, path: &str, thing: Thing, n: usize) -> Option<Case> {
        match thing {
            Organization => Some(Case::Plain),
            Printer | Request => self.printer_case(method, n).await,
            Group => self.group_case(n).await,
            Job | JobsPrinter | JobAndPrinter | Several => self.some_job(path, n).await,
            Team | RemovedTeam => Some(self.crew(thing, n).await),
            Project | RemovedProject | JobIntoProject => self.project_case(thing, n).await,
            Person | Former | Leaver => Some(self.somebody(thing, n).await),
            Upload | Invitation | Secret | Session | OwnToken | AnyToken | Application | Device => {
                Some(self.something(thing, n).await)
            }
        }
    }
}
