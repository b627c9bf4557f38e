//! Library projects as people use them: the list, one project, its shares, its report. Files are in `project_files`.

use access::table::{
    CreateProject, DeleteProject, EditProject, ProjectReport, SeeProject, SeeTeam, ShareProjectWithOrganization,
    ShareProjectWithTeam,
};
use access::{Denial, permit, permit_in, visible};
use domain::{JobId, ProjectId, TeamId, clean_label};
use store::Projects;
use store::accounts::SignedIn;
use store::consequence::{self, Consequence};
use store::idempotency::Key;
use store::jobs::{self, JobView};
use store::projects::report::{self, Line};
use store::projects::viewers::{self, Viewer};
use store::projects::{self, Filter, ProjectView};
use store::shares::{self, Everybody, Shares, Wanted};
use store::teams::Filter as ByName;
use uuid::Uuid;

use crate::organization::denial;
use crate::{App, Error, principal, read, write};

/// Longest notes, in characters.
const LONGEST_NOTES: usize = 20_000;

/// With whom something is wanted to be shared; made from what was shown.
#[derive(Debug, Clone)]
pub struct ShareRequest {
    /// With everybody in the organization.
    pub organization: bool,
    /// With these teams; those that the person does not see stay as they are.
    pub teams: Vec<TeamId>,
    /// [`Shares::shown`].
    pub shown: String,
}

/// The shares of something, and whether the person may change them or why not.
#[derive(Debug)]
pub struct Sharing {
    /// Its name.
    pub name: String,
    /// The shares.
    pub shares: Shares,
    /// Teams may be changed.
    pub teams: Result<(), Denial>,
    /// "Everybody" may be changed.
    pub organization: Result<(), Denial>,
}

/// A page of a project's print jobs, and where the next one begins.
pub type ProjectJobs = (Vec<JobView>, Option<(i64, JobId)>);

/// Notes: text with line breaks, without other control characters.
fn notes(text: &str) -> Result<String, Error> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim_end();
    if text.chars().count() > LONGEST_NOTES {
        return Err(Error::Invalid("notes", "The notes are longer than 20,000 characters.".into()));
    }
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Error::Invalid("notes", "The notes have control characters.".into()));
    }
    Ok(text.to_owned())
}

impl App {
    /// A page of the projects that the person sees (LIB-01); with a team, of those that are shared with it.
    ///
    /// # Errors
    /// Not in an organization; a team that the person does not see.
    pub async fn projects(
        &self,
        me: &SignedIn,
        filter: &Filter,
        team: Option<TeamId>,
    ) -> Result<(Vec<ProjectView>, Option<(i64, ProjectId)>), Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let team = match team {
            Some(team) => Some(permit::<SeeTeam>(&mut conn, who, team).await?),
            None => None,
        };
        let eyes = visible::<Projects>(&mut conn, who).await?;
        Ok(projects::list(&mut conn, &eyes, filter, team.as_ref()).await?)
    }

    /// One project, and how many of its print jobs the person sees.
    ///
    /// # Errors
    /// Not found.
    pub async fn project(&self, me: &SignedIn, id: ProjectId) -> Result<(ProjectView, i64), Error> {
        let mut conn = read!(self);
        let permit = permit::<SeeProject>(&mut conn, principal(me)?, id).await?;
        Ok(projects::detail(&mut conn, &permit).await?)
    }

    /// Creates a project (LIB-03).
    ///
    /// # Errors
    /// A name or notes that cannot be used.
    pub async fn create_project(
        &self,
        me: &SignedIn,
        name: &str,
        text: &str,
        key: Option<&str>,
    ) -> Result<ProjectId, Error> {
        let who = principal(me)?;
        let name = clean_label(name).map_err(|e| Error::label("name", e))?;
        let text = notes(text)?;
        let key = key.map(|key| Key::new(key, &format!("project\n{name}\n{text}")));
        write!(self, |tx| {
            let permit = permit_in::<CreateProject>(&mut tx, who, who.org).await?;
            Ok(projects::create(&mut tx, &permit, &name, &text, key.as_ref()).await?)
        })
    }

    /// Changes name and notes (LIB-08); what is `None` stays.
    ///
    /// # Errors
    /// No right; changed meanwhile.
    pub async fn edit_project(
        &self,
        me: &SignedIn,
        id: ProjectId,
        version: i64,
        name: Option<&str>,
        text: Option<&str>,
    ) -> Result<(), Error> {
        let who = principal(me)?;
        let name = name.map(|n| clean_label(n).map_err(|e| Error::label("name", e))).transpose()?;
        let text = text.map(notes).transpose()?;
        write!(self, |tx| {
            projects::hold(&mut tx, who.org, id).await?;
            let permit = permit_in::<EditProject>(&mut tx, who, id).await?;
            Ok(projects::edit(&mut tx, &permit, version, name.as_deref(), text.as_deref()).await?)
        })
    }

    /// Removes to the Trash, or brings back (LIB-04, AMB-43).
    ///
    /// # Errors
    /// No right; not there; longer than 30 days in the Trash.
    pub async fn remove_project(&self, me: &SignedIn, id: ProjectId, removed: bool) -> Result<(), Error> {
        let who = principal(me)?;
        write!(self, |tx| {
            projects::hold(&mut tx, who.org, id).await?;
            let permit = permit_in::<DeleteProject>(&mut tx, who, id).await?;
            match removed {
                true => projects::remove(&mut tx, &permit).await?,
                false => projects::restore(&mut tx, &permit).await?,
            }
            Ok(())
        })
    }

    /// With whom a project is shared, as far as the person sees the teams.
    ///
    /// # Errors
    /// Not found.
    pub async fn project_shares(&self, me: &SignedIn, id: ProjectId) -> Result<Sharing, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let see = permit::<SeeProject>(&mut conn, who, id).await?;
        Ok(Sharing {
            name: projects::detail(&mut conn, &see).await?.0.name,
            shares: shares::read(&mut conn, &see).await?,
            teams: denial(permit::<ShareProjectWithTeam>(&mut conn, who, id).await)?,
            organization: denial(permit::<ShareProjectWithOrganization>(&mut conn, who, id).await)?,
        })
    }

    /// Shares and unshares in one step (LIB-05, LIB-06, AMB-12, AMB-13, AMB-44).
    ///
    /// # Errors
    /// No right; a team that the person does not see; changed since it was shown.
    pub async fn share_project(&self, me: &SignedIn, id: ProjectId, request: &ShareRequest) -> Result<(), Error> {
        let who = principal(me)?;
        request.check()?;
        write!(self, |tx| {
            projects::hold(&mut tx, who.org, id).await?;
            let permit = permit_in::<ShareProjectWithTeam>(&mut tx, who, id).await?;
            // "Everybody" is a right of its own, and asked only if that would change (LIB-06).
            let everybody = match shares::with_everybody(&mut tx, &permit).await? == request.organization {
                true => Everybody::leave(),
                false => {
                    let right = permit_in::<ShareProjectWithOrganization>(&mut tx, who, id).await?;
                    Everybody::of_project(&right, request.organization)
                }
            };
            Ok(shares::change(&mut tx, &permit, &request.wanted(everybody)).await?)
        })
    }

    /// What [`App::share_project`] would do: who gains, who loses, which waiting print jobs it concerns.
    ///
    /// # Errors
    /// As [`App::share_project`].
    pub async fn share_project_effect(
        &self,
        me: &SignedIn,
        id: ProjectId,
        request: &ShareRequest,
    ) -> Result<Consequence, Error> {
        let who = principal(me)?;
        request.check()?;
        let mut conn = read!(self);
        let held = permit::<ShareProjectWithTeam>(&mut conn, who, id).await?;
        let everybody = match shares::with_everybody(&mut conn, &held).await? == request.organization {
            true => Everybody::leave(),
            false => {
                let right = permit::<ShareProjectWithOrganization>(&mut conn, who, id).await?;
                Everybody::of_project(&right, request.organization)
            }
        };
        Ok(consequence::of(&mut conn, &held, &request.wanted(everybody)).await?)
    }

    /// A page of the people who see a project, by name, and where the next one begins; with the teams that the asker sees, to
    /// say why.
    ///
    /// # Errors
    /// Not found; also for a cursor that nobody in the organization is.
    pub async fn project_people(
        &self,
        me: &SignedIn,
        id: ProjectId,
        filter: &ByName,
    ) -> Result<(Vec<Viewer>, Option<Uuid>, Shares), Error> {
        let mut conn = read!(self);
        let permit = permit::<SeeProject>(&mut conn, principal(me)?, id).await?;
        let (viewers, next) = viewers::people(&mut conn, &permit, filter).await?;
        Ok((viewers, next, shares::uncounted(&mut conn, &permit).await?))
    }

    /// The print jobs that were made from a project, as far as the person sees them.
    ///
    /// # Errors
    /// Not found.
    pub async fn project_jobs(
        &self,
        me: &SignedIn,
        id: ProjectId,
        after: Option<(i64, JobId)>,
        limit: i64,
    ) -> Result<ProjectJobs, Error> {
        let mut conn = read!(self);
        let permit = permit::<SeeProject>(&mut conn, principal(me)?, id).await?;
        Ok(jobs::of_project(&mut conn, &permit, after, limit).await?)
    }

    /// The report of a project (LIB-09), with its name.
    ///
    /// # Errors
    /// No right.
    pub async fn project_report(&self, me: &SignedIn, id: ProjectId) -> Result<(String, Vec<Line>), Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let may = permit::<ProjectReport>(&mut conn, who, id).await?;
        let see = permit::<SeeProject>(&mut conn, who, id).await?;
        let name = projects::detail(&mut conn, &see).await?.0.name;
        Ok((name, report::lines(&mut conn, &may).await?))
    }
}

impl ShareRequest {
    /// Not more at once than a page shows.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.teams.len() > 500 {
            return Err(Error::Invalid("teams", "At most 500 teams at once.".into()));
        }
        Ok(())
    }

    pub(crate) fn wanted(&self, everybody: Everybody) -> Wanted<'_> {
        Wanted { everybody, teams: self.teams.iter().copied().collect(), shown: &self.shown }
    }
}
