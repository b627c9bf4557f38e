//! The witnesses. Their fields are private: only this module makes them, and only after a decision.

use std::marker::PhantomData;

use domain::{AccountId, OrgId};
use sql::{Conn, Tx, params};

use crate::decide::Denial;
use crate::facts::{Target, Who, load_who};
use crate::table::{Action, Rule, TABLE};

/// Who asks, by their session: an account and its active organization. Says nothing about rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Principal {
    /// The person.
    pub account: AccountId,
    /// The active organization.
    pub org: OrgId,
}

/// Why there is no permit.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// The asset does not exist for this person: answered exactly as if it did not exist at all.
    #[error("not found")]
    Hidden,
    /// A no with its reason.
    #[error("{}", .0.why)]
    Denied(Denial),
    /// The facts could not be loaded.
    #[error(transparent)]
    Db(#[from] sql::Error),
}

/// Proof that `A` was allowed to this person for this target, by the facts of the same transaction.
#[derive(Debug)]
pub struct Permit<A: Action> {
    target: A::Target,
    who: Who,
    action: PhantomData<A>,
}

impl<A: Action> Permit<A> {
    /// What may be acted on: a repository takes it from here, never from the request.
    #[must_use]
    pub fn target(&self) -> A::Target {
        self.target
    }
    /// Who may.
    #[must_use]
    pub fn who(&self) -> Who {
        self.who
    }
}

/// What a person sees in lists: the filter itself, bound to its person. `T` names the kind of thing.
#[derive(Debug)]
pub struct Visible<T> {
    who: Who,
    kind: PhantomData<T>,
}

impl<T> Visible<T> {
    /// Whose eyes.
    #[must_use]
    pub fn who(&self) -> Who {
        self.who
    }
}

/// For reading: decides by the facts as they are now.
///
/// # Errors
/// [`Denied`].
pub async fn permit<A: Action>(conn: &mut Conn, principal: Principal, target: A::Target) -> Result<Permit<A>, Denied> {
    let (who, verdicts) = target.judge(conn, principal, &[A::RULE]).await?.ok_or(Denied::Hidden)?;
    match verdicts.into_iter().next() {
        Some(Ok(())) => Ok(Permit { target, who, action: PhantomData }),
        Some(Err(Some(denial))) => Err(Denied::Denied(denial)),
        Some(Err(None)) | None => Err(Denied::Hidden),
    }
}

/// Every row of the table that is about this kind of thing, with yes or the reason of the no (ACC-02): what the pages ask when
/// a person wants to know "why not?". For showing, never for acting.
///
/// # Errors
/// [`Denied::Hidden`] for whoever does not see the thing at all.
pub async fn permissions<T: Target>(
    conn: &mut Conn,
    principal: Principal,
    target: T,
) -> Result<Vec<(Rule, Result<(), Denial>)>, Denied> {
    let rules: Vec<Rule> = TABLE.iter().filter(|rule| rule.kind == T::KIND).copied().collect();
    let (_, verdicts) = target.judge(conn, principal, &rules).await?.ok_or(Denied::Hidden)?;
    let mut answers = Vec::with_capacity(rules.len());
    for (rule, verdict) in rules.into_iter().zip(verdicts) {
        match verdict {
            Ok(()) => answers.push((rule, Ok(()))),
            Err(Some(denial)) => answers.push((rule, Err(denial))),
            // Who does not see it does not see it by any row; of a thing in the Trash some rows are not there.
            Err(None) => {}
        }
    }
    if answers.is_empty() { Err(Denied::Hidden) } else { Ok(answers) }
}

/// The no to one row, by its key: what somebody is asked to change. `None`: it is a yes, or there is no such row about this kind
/// of thing. For asking, never for acting.
///
/// # Errors
/// [`Denied::Hidden`] for whoever does not see the thing.
pub async fn why_not<T: Target>(
    conn: &mut Conn,
    principal: Principal,
    target: T,
    key: &str,
) -> Result<Option<(Rule, Denial)>, Denied> {
    let Some(rule) = TABLE.iter().find(|rule| rule.kind == T::KIND && rule.key == key).copied() else {
        return Ok(None);
    };
    let (_, verdicts) = target.judge(conn, principal, &[rule]).await?.ok_or(Denied::Hidden)?;
    match verdicts.into_iter().next() {
        Some(Ok(())) => Ok(None),
        Some(Err(Some(denial))) => Ok(Some((rule, denial))),
        Some(Err(None)) | None => Err(Denied::Hidden),
    }
}

/// For changing: first locks what the decision rests on (organization, membership, teams, shares), so that a demotion, an
/// unshare or a change of plan that was acknowledged before is seen, and one that comes later waits (dispatch.md 2.7).
///
/// # Errors
/// [`Denied`].
pub async fn permit_in<A: Action>(tx: &mut Tx, principal: Principal, target: A::Target) -> Result<Permit<A>, Denied> {
    tx.opt("SELECT plan FROM organization WHERE id = $1 {for_share}", params![principal.org]).await?;
    tx.opt(
        "SELECT role FROM membership WHERE org = $1 AND account = $2 {for_share}",
        params![principal.org, principal.account],
    )
    .await?;
    // The teams too: one in the Trash shows nothing any more, so its end waits for what is decided by it.
    tx.all(
        "SELECT tm.team FROM team_member tm JOIN team t ON t.id = tm.team WHERE tm.account = $1 {for_share}",
        params![principal.account],
    )
    .await?;
    target.lock(tx, principal.org).await?;
    permit::<A>(tx, principal, target).await
}

/// The filter for lists.
///
/// # Errors
/// [`Denied::Hidden`] if the person is not in the organization (any more).
pub async fn visible<T>(conn: &mut Conn, principal: Principal) -> Result<Visible<T>, Denied> {
    let who = load_who(conn, principal).await?.ok_or(Denied::Hidden)?;
    Ok(Visible { who, kind: PhantomData })
}

/// The same filter, taken from a permit's person: no second query.
#[must_use]
pub fn visible_in<T, A: Action>(permit: &Permit<A>) -> Visible<T> {
    Visible { who: permit.who, kind: PhantomData }
}
