//! The operator's commands on the machine itself: `check` and `admin`.

use clap::Subcommand;
use domain::{Feature, OrgId, Plan};
use sql::{Clock, Db};
use store::limits;
use store::organizations::{self, Founding};

use crate::Done;
use crate::config::{ServeArgs, Settings};
use crate::serve;
use crate::serve::announce;

#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Shows the plans of all organizations; with an organization and a plan, changes it: essentials, professional,
    /// excellence, education.
    Plan {
        /// Its id.
        organization: Option<uuid::Uuid>,
        /// The plan it gets; shows the present one if absent.
        plan: Option<String>,
    },
    /// Shows the limits of an organization; with a number, sets one, and with `none` lifts it. A lower limit takes nothing away: it stops
    /// what would come on top.
    Limit {
        /// Its id.
        organization: uuid::Uuid,
        /// People in it.
        #[arg(long, value_parser = most)]
        people: Option<Most>,
        /// Printers.
        #[arg(long, value_parser = most)]
        printers: Option<Most>,
        /// Megabytes of files; the quota of the server holds besides.
        #[arg(long, value_parser = most)]
        storage_mb: Option<Most>,
    },
    /// Founds another organization, and prints the link by which its first Admin joins: once, for a week. Of one that nobody has
    /// joined yet, a new link. Nothing is mailed: pass it on.
    Found {
        /// Its name.
        name: String,
        /// Only the account with this e-mail address can join by the link.
        #[arg(long)]
        admin: Option<String>,
    },
    /// Holds all printing back, after a whole data folder was put back from a backup. Admins let it go again in the browser.
    Hold,
    /// Lets printing of an organization go on after a backup was put back, as its Admins can in the browser.
    Release {
        /// Its id.
        organization: uuid::Uuid,
    },
}

/// A limit as it is typed: a number, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Most(Option<i64>);

fn most(text: &str) -> Result<Most, String> {
    if text == "none" {
        return Ok(Most(None));
    }
    match text.parse() {
        Ok(number) if number > 0 => Ok(Most(Some(number))),
        _ => Err("a number above 0, or none".to_owned()),
    }
}

/// Verifies every invariant, and the journal's chain; also while servers run.
pub(crate) async fn run(args: ServeArgs) -> Done {
    let db = Db::open_to_read(&Settings::load(&args)?.database(), Clock::default()).await.map_err(|e| e.to_string())?;
    // One moment only: servers may be writing.
    let mut conn = db.snapshot().await.map_err(|e| e.to_string())?;
    let problems = store::invariants::broken(&mut conn).await.map_err(|e| e.to_string())?;
    if problems.is_empty() {
        announce("The journal is whole and every invariant holds.");
        return Ok(());
    }
    Err(problems.join("\n"))
}

#[expect(clippy::disallowed_methods, reason = "this is the operator's command line")]
pub(crate) async fn admin(args: ServeArgs, command: AdminCommand) -> Done {
    let settings = Settings::load(&args)?;
    let app = serve::open(&settings).await?;
    let operator = Founding::by_operator();
    match command {
        AdminCommand::Plan { organization, plan } => {
            if let (Some(organization), Some(plan)) = (organization, plan) {
                change_plan(&app, &operator, OrgId(organization), &plan).await?;
            }
            show_plans(&app, &operator, organization.map(OrgId)).await?;
        }
        AdminCommand::Limit { organization, people, printers, storage_mb } => {
            change_limits(&app, &operator, OrgId(organization), [people, printers, storage_mb]).await?;
        }
        AdminCommand::Found { name, admin } => {
            let at = serve::address_for_people(&settings, settings.listen);
            found(&app, &operator, &name, admin.as_deref(), &at).await?;
        }
        AdminCommand::Hold => {
            let held = app.hold_everything(&operator).await.map_err(|e| e.to_string())?;
            announce(&format!("Nothing is printed any more: {held} organizations are held back."));
        }
        AdminCommand::Release { organization } => {
            app.release_by_operator(&operator, OrgId(organization)).await.map_err(|e| e.to_string())?;
            announce("Printing goes on.");
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the link is this command's output")]
async fn found(app: &app::App, operator: &Founding, name: &str, admin: Option<&str>, at: &str) -> Done {
    let (id, made) = app.found(operator, name, admin).await.map_err(|e| e.to_string())?;
    let who = admin.map_or("whoever opens it first".to_owned(), |address| format!("only the account of {address}"));
    println!("{}  {}", id.0, name.trim());
    println!("{at}/invite/{}", made.secret);
    announce(&format!(
        "Pass this link on: by it {who} becomes the organization's first Admin, until {}. It is shown once; run the same \
         command again for another one.",
        made.expires_at.rfc3339()
    ));
    Ok(())
}

async fn change_plan(app: &app::App, operator: &Founding, organization: OrgId, plan: &str) -> Done {
    let plan = Plan::parse(plan).ok_or("the plan is essentials, professional, excellence or education")?;
    let mut tx = app.db().write().await.map_err(|e| e.to_string())?;
    let guests = organizations::set_plan(&mut tx, operator, organization, plan).await.map_err(|error| match error {
        store::Error::NotFound => {
            "there is no such organization; without arguments, `admin plan` lists them".to_owned()
        }
        other => other.to_string(),
    })?;
    tx.commit().await.map_err(|e| e.to_string())?;
    if guests > 0 && !plan.has(Feature::Guests) {
        announce(&format!(
            "{} has no Guests: {guests} Guests can sign in, read and withdraw, and send nothing. Print jobs that wait for \
             approval stay decidable.",
            plan.name()
        ));
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the limits are this command's output")]
async fn change_limits(app: &app::App, operator: &Founding, organization: OrgId, typed: [Option<Most>; 3]) -> Done {
    let told = |error: store::Error| match error {
        store::Error::NotFound => "there is no such organization; `admin plan` lists them".to_owned(),
        other => other.to_string(),
    };
    let mut tx = app.db().write().await.map_err(|e| e.to_string())?;
    let mut limits = limits::of(&mut tx, operator, organization).await.map_err(told)?;
    let kept = [&mut limits.people, &mut limits.printers, &mut limits.storage_mb];
    for (limit, typed) in kept.into_iter().zip(typed) {
        if let Some(Most(number)) = typed {
            *limit = number;
        }
    }
    limits::set(&mut tx, operator, organization, limits).await.map_err(told)?;
    tx.commit().await.map_err(|e| e.to_string())?;
    let word = |limit: Option<i64>| limit.map_or("no limit".to_owned(), |number| number.to_string());
    println!(
        "people: {}  printers: {}  storage in MB: {}",
        word(limits.people),
        word(limits.printers),
        word(limits.storage_mb)
    );
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the list is this command's output")]
async fn show_plans(app: &app::App, operator: &Founding, only: Option<OrgId>) -> Done {
    let mut conn = app.db().read().await.map_err(|e| e.to_string())?;
    let all = organizations::all(&mut conn, operator).await.map_err(|e| e.to_string())?;
    let shown: Vec<_> = all.into_iter().filter(|(id, ..)| only.is_none_or(|only| only == *id)).collect();
    if shown.is_empty() && only.is_some() {
        return Err("there is no such organization; without arguments, `admin plan` lists them".into());
    }
    for (id, name, plan, people) in shown {
        let has: Vec<_> = [
            (Feature::Guests, "Guests"),
            (Feature::Approval, "print job approval"),
            (Feature::FleetReport, "the fleet report"),
        ]
        .into_iter()
        .filter(|(feature, _)| plan.has(*feature))
        .map(|(_, word)| word)
        .collect();
        let has = if has.is_empty() { "no Guests, no approval, no fleet report".to_owned() } else { has.join(", ") };
        println!("{id}  {}  {people} people  {name}  ({has})", plan.name());
    }
    Ok(())
}
