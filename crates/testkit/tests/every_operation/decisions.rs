//! Every cell through the decision interface: operation x person x plan x relation x credential, asked of the functions that a
//! request goes through (the session or the token, `x-scope`, the permit of `x-permission`), compared with the oracle.

use std::collections::{BTreeMap, BTreeSet};

use access::table::{self, Action, Kind, TABLE};
use access::{Denied, Principal, permit};
use domain::{AccountId, OrgId};
use testkit::{Actor, Farm, Method, Plan, Role, Uuid, json};

use crate::api::{Api, Operation, SCOPES, head};
use crate::callers::Ended;
use crate::oracle::{Answer, Asker, Oracle, Question, Stands};
use crate::rows::{self, Thing};

/// Asks the row with this key for its own permit, as a use case does.
macro_rules! permits {
    ($($action:ident)+) => {
        async fn permitted(key: &str, conn: &mut store::Conn, who: Principal, id: Uuid) -> Result<(), Denied> {
            $(if key == <table::$action as Action>::RULE.key {
                let target = <table::$action as Action>::Target::from(id);
                return permit::<table::$action>(conn, who, target).await.map(drop);
            })+
            panic!("say here, in decisions.rs, which action has the key {key}")
        }
        const KEYS: &[&str] = &[$(<table::$action as Action>::RULE.key),+];
    };
}

permits! {
    SeePrinter AddPrinter DeletePrinter SharePrinter UpdateFirmware SetFirewall PrinterReport FleetReport EnablePrinter
    RenamePrinter SyncMaterials ClearPlate SeeJob SendJob OpenJobFile ApproveJob RejectJob SendBackJob TakeBackJob ResubmitJob
    ReprintJob CopyJobToProject RerouteJob AbortJob PauseJob ReorderQueue ResolveJob NotifyOwn NotifyPrinter SeeProject
    PrintFromProject CreateProject DeleteProject ShareProjectWithTeam ShareProjectWithOrganization UploadToProject EditProject
    ProjectReport SeeOrganization InvitePerson RemovePerson ClaimProjects ChangeRole GiveGuestRole UseTokens ManageApplications CreateTeam
    SeeTeam ChangeTeam SetApproval ChangeSettings CreatePrinterGroup SeePrinterGroup ChangePrinterGroup
}

/// With what somebody comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Credential {
    Session,
    /// A token with exactly the scope that the operation wants.
    Token,
    /// A token with every scope but that.
    WrongScope,
    Expired,
    Revoked,
}

/// With nothing at all there is nobody to ask for: that is asked over HTTP.
const CREDENTIALS: [Credential; 5] =
    [Credential::Session, Credential::Token, Credential::WrongScope, Credential::Expired, Credential::Revoked];

/// Somebody, with everything that they can come with.
struct Person {
    /// For messages.
    name: &'static str,
    role: Option<Role>,
    /// The organization that they act in; not this one if `role` is `None`.
    org: Option<Uuid>,
    actor: Actor,
    /// By scope: with it alone, and with all but it. Whoever never was in an organization has none.
    tokens: BTreeMap<&'static str, (String, String)>,
    expired: Option<String>,
    revoked: Option<String>,
    things: Vec<Thing>,
}

/// Tokens while one is in the organization, one of them ended by its person and one by time.
async fn tokens(
    farm: &Farm,
    actor: &Actor,
) -> (BTreeMap<&'static str, (String, String)>, Option<String>, Option<String>) {
    let mut tokens = BTreeMap::new();
    for scope in SCOPES {
        let others: Vec<_> = SCOPES.into_iter().filter(|other| *other != scope).collect();
        let one = async |scopes: &[&str]| actor.token_for(scopes).await.bearer().unwrap();
        tokens.insert(scope, (one(&[scope]).await, one(&others).await));
    }
    let Ended { expired, revoked } = Ended::of(farm, actor).await;
    (tokens, expired.bearer(), revoked.bearer())
}

async fn people(farm: &Farm) -> Vec<Person> {
    let stranger = farm.stranger();
    let there: Uuid = stranger.get("/session").await.ok()["organization"]["id"].as_str().unwrap().parse().unwrap();
    let owner = farm.person("Ole Owner", Role::Member).await;
    let former = farm.person("Fay Former", Role::Admin).await;
    let mut number = 1_000_000;
    let mut people = Vec::new();
    for (name, role, actor) in [
        ("Admin", Some(Role::Admin), farm.admin()),
        ("Member", Some(Role::Member), farm.member()),
        ("Guest", Some(Role::Guest), farm.guest()),
        ("former Admin", None, former.clone()),
        ("account without organization", None, farm.newcomer()),
        ("Admin of another organization", None, stranger.clone()),
    ] {
        let is = |other: &Actor| actor.id == other.id;
        let (tokens, expired, revoked) =
            if is(&farm.newcomer()) { Default::default() } else { tokens(farm, &actor).await };
        let mut things = rows::things_of(farm, actor.id, owner.id, (there, stranger.id), &mut number).await;
        // Whoever sees nothing sees nothing of every fourth, too.
        if role.is_none() {
            things = things.into_iter().step_by(4).collect();
        }
        let org = role.map(|_| farm.org()).or_else(|| is(&stranger).then_some(there));
        people.push(Person { name, role, org, actor, tokens, expired, revoked, things });
    }
    farm.admin().remove_person(&former).await.done();
    people
}

/// What comes of a credential by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Door {
    /// Whose rights are asked next.
    Open(Principal),
    /// Somebody without an organization.
    NoOrganization,
    /// The public part: nobody is asked who they are.
    Public,
    Closed(&'static str),
}

impl Person {
    fn in_organization(&self, org: Uuid) -> Principal {
        Principal { account: AccountId(self.actor.id), org: OrgId(org) }
    }

    /// Asks the product.
    async fn door(&self, farm: &Farm, api: &Api, operation: &Operation, credential: Credential) -> Option<Door> {
        let app = farm.app();
        let scope = operation.scope.as_str();
        // A browser's operation has no scope that would be right or wrong; any living token stands for both.
        let pair = || self.tokens.get(scope).or_else(|| self.tokens.values().next());
        let token = match credential {
            Credential::Session => {
                return Some(match app.signed_in(&self.actor.token().unwrap()).await {
                    Ok(me) => me.principal().map_or(Door::NoOrganization, Door::Open),
                    Err(error) => closed(&error),
                });
            }
            Credential::Token => &pair()?.0,
            Credential::WrongScope => &pair()?.1,
            Credential::Expired => self.expired.as_ref()?,
            Credential::Revoked => self.revoked.as_ref()?,
        };
        let method: Method = operation.method.parse().unwrap();
        Some(match api.scopes.let_through(app, (&method, &operation.full_path), token).await {
            Ok(Some(me)) => me.principal().map_or(Door::NoOrganization, Door::Open),
            Ok(None) => Door::Public,
            Err(error) => closed(&error),
        })
    }

    /// What must come of it (ACC-06): a token is its person, for what it was made, as long as it and its person's membership live.
    fn door_wanted(&self, operation: &Operation, credential: Credential) -> Door {
        let own = self.org.map_or(Door::NoOrganization, |org| Door::Open(self.in_organization(org)));
        let scope = operation.scope.as_str();
        match credential {
            Credential::Session => own,
            _ if scope == "public" => Door::Public,
            Credential::Expired | Credential::Revoked => Door::Closed("invalid token"),
            _ if self.org.is_none() => Door::Closed("invalid token"),
            Credential::Token | Credential::WrongScope if scope == "browser" => Door::Closed("browser needed"),
            Credential::Token => own,
            Credential::WrongScope => Door::Closed("scope"),
        }
    }
}

fn closed(error: &app::Error) -> Door {
    Door::Closed(match error {
        app::Error::NotSignedIn => "not signed in",
        app::Error::InvalidToken => "invalid token",
        app::Error::Scope(_) => "scope",
        app::Error::BrowserNeeded => "browser needed",
        other => panic!("{other}"),
    })
}

fn answer(asked: Result<(), Denied>) -> Answer {
    match asked {
        Ok(()) => Answer::Allowed,
        Err(Denied::Hidden) => Answer::NotFound,
        Err(Denied::Denied(denial)) => Answer::Denied(match denial.failed.word() {
            "plan" => Question::Plan,
            "role" => Question::Role,
            "access" => Question::Access,
            other => panic!("{other}"),
        }),
        Err(Denied::Db(error)) => panic!("{error}"),
    }
}

/// Whether a row of this kind is asked about such a thing.
pub fn about(kind: Kind, stands: Stands) -> bool {
    match stands {
        Stands::Organization => kind == Kind::Organization,
        Stands::Printer(_) => kind == Kind::Printer,
        Stands::Group(_) => kind == Kind::PrinterGroup,
        Stands::Job { .. } => kind == Kind::Job,
        Stands::Project(_) => kind == Kind::Project,
        Stands::Team(_) => kind == Kind::Team,
        // Whatever it is: no question about it finds anything.
        Stands::Elsewhere => true,
    }
}

/// Asks all cells; how many were asked, or what is wrong.
pub async fn all(farm: &Farm) -> Result<usize, String> {
    let oracle = Oracle::read();
    let keys: BTreeSet<_> = TABLE.iter().map(|rule| rule.key).collect();
    assert_eq!(keys, KEYS.iter().copied().collect(), "decisions.rs asks for each row of the table");
    assert_eq!(keys, oracle.actions().collect(), "the oracle's tables have each row of the table, and no other");

    let api = Api::of(farm).await;
    let people = people(farm).await;
    // Every operation by its row, and every row that no operation has (yet) by itself.
    let mut operations: Vec<_> = api.operations.iter().filter(|op| keys.contains(op.permission.as_str())).collect();
    let used: BTreeSet<_> = operations.iter().map(|op| op.permission.as_str()).collect();
    let rows: Vec<_> = keys.iter().filter(|key| !used.contains(*key)).map(|key| Operation::row(key)).collect();
    operations.extend(&rows);
    let (mut cells, mut wrong) = (0_usize, Vec::new());
    let mut kinds: BTreeMap<Answer, usize> = BTreeMap::new();
    for plan in Plan::ALL {
        farm.set_plan(plan).await;
        for own_forbidden in [false, true] {
            farm.admin().settings(json!({ "forbid_self_approval": own_forbidden })).await.done();
            // For anything else it is the same cell.
            let asked = operations.iter().filter(|op| !own_forbidden || op.permission == "job.approve");
            for operation in asked {
                let kind = TABLE.iter().find(|rule| rule.key == operation.permission).unwrap().kind;
                for person in &people {
                    for credential in CREDENTIALS {
                        let got = if operation.is_row() && credential != Credential::Session {
                            None
                        } else {
                            person.door(farm, &api, operation, credential).await
                        };
                        let Some(got) = got else { continue };
                        let want = person.door_wanted(operation, credential);
                        cells += 1;
                        if got != want {
                            wrong.push(format!(
                                "{operation} by {credential:?} of {}: {got:?}, not {want:?}",
                                person.name
                            ));
                        }
                        let who = match got {
                            Door::Open(who) => who,
                            // Asked all the same, as if their session still named the organization.
                            Door::NoOrganization => person.in_organization(farm.org()),
                            Door::Public | Door::Closed(_) => continue,
                        };
                        let mut conn = farm.db().read().await.unwrap();
                        let there = |thing: &&Thing| person.role.is_some() || thing.stands != Stands::Elsewhere;
                        for thing in person.things.iter().filter(|thing| about(kind, thing.stands)).filter(there) {
                            let asker = Asker { role: person.role, plan, own_forbidden };
                            let want = oracle.says(&operation.permission, asker, thing.stands);
                            let got = answer(permitted(&operation.permission, &mut conn, who, thing.id).await);
                            cells += 1;
                            *kinds.entry(got).or_default() += 1;
                            if got != want {
                                wrong.push(format!(
                                    "{operation} by {credential:?} of {} ({plan:?}, own forbidden: {own_forbidden}) on {:?}: {got:?}, not {want:?}",
                                    person.name, thing.stands
                                ));
                            }
                        }
                    }
                }
            }
        }
    }
    println!("decisions: {kinds:?}");
    if !wrong.is_empty() {
        return Err(format!("{} of {cells} cells are wrong, such as\n{}", wrong.len(), head(&wrong)));
    }
    // Hidden, allowed and each of the three questions: none of them is only expected.
    assert!(kinds.len() == 5 && cells > 100_000, "{cells} {kinds:?}");
    Ok(cells)
}
