//! The operator's commands on the machine itself: `check` and `admin`.

use clap::Subcommand;
use domain::{OrgId, Plan};
use sql::{Clock, Db};
use store::organizations::{self, Founding};

use crate::Done;
use crate::config::{ServeArgs, Settings};
use crate::serve;
use crate::serve::announce;

#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Changes the plan of an organization: essentials, professional, excellence, education.
    Plan {
        /// Its id.
        organization: uuid::Uuid,
        /// The plan.
        plan: String,
    },
    /// Holds all printing back, after a whole data folder was put back from a backup. Admins let it go again in the browser.
    Hold,
    /// Lets printing of an organization go on after a backup was put back, as its Admins can in the browser.
    Release {
        /// Its id.
        organization: uuid::Uuid,
    },
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
    let app = serve::open(&Settings::load(&args)?).await?;
    let operator = Founding::by_operator();
    match command {
        AdminCommand::Plan { organization, plan } => {
            let plan = Plan::parse(&plan).ok_or("the plan is essentials, professional, excellence or education")?;
            let mut tx = app.db().write().await.map_err(|e| e.to_string())?;
            organizations::set_plan(&mut tx, &operator, OrgId(organization), plan).await.map_err(|e| e.to_string())?;
            tx.commit().await.map_err(|e| e.to_string())?;
            announce(&format!("The organization now has the plan {}.", plan.name()));
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
