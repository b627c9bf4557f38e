//! The same operations by the product's own repository functions.

use access::table::{
    AbortJob, ApproveJob, PauseJob, RejectJob, RerouteJob, ResolveJob, ResubmitJob, SeePrinter, SendBackJob,
    TakeBackJob,
};
use access::{Permit, Principal, permit};
use domain::{JobId, PrinterId, RemoteName};
use store::dispatch::{self, Server, Ticket};
use store::files::File;
use store::{Error, Tx, jobs, printer_groups};

use crate::mirror::Kind;
use crate::op::Op;

/// What a test's operations need.
pub struct Hands {
    pub admin: Principal,
    pub servers: [Server; 2],
    pub files: Vec<File>,
}

/// An error as a kind.
///
/// # Panics
/// It is none that an operation may give.
pub fn kind(error: Error) -> Kind {
    match error {
        Error::Refused(refusal) => Kind::Refused(refusal),
        Error::AlreadyDecided { .. } => Kind::AlreadyDecided,
        Error::PrinterUnavailable(code, _) => Kind::Unavailable(code),
        Error::Rule(code, _) => Kind::Rule(code),
        Error::Changed => Kind::Changed,
        Error::Db(sql::Error::Constraint(why)) if why.contains("no authorization for this attempt") => Kind::Trigger,
        other => panic!("{other}"),
    }
}

/// The ticket that came of it, if any.
pub struct Came(pub Kind, pub Option<Ticket>);

impl From<Result<(), Error>> for Came {
    fn from(result: Result<(), Error>) -> Self {
        Self(result.map_or_else(kind, |()| Kind::Done), None)
    }
}

impl From<Result<Option<Ticket>, Error>> for Came {
    fn from(result: Result<Option<Ticket>, Error>) -> Self {
        match result {
            Ok(Some(ticket)) => Self(Kind::Done, Some(ticket)),
            Ok(None) => Self(Kind::NotGiven, None),
            Err(error) => Self(kind(error), None),
        }
    }
}

/// The permits for one job, made when they are first wanted: rights do not change in this test, and are tested elsewhere.
#[derive(Debug, Default)]
pub struct Leaves {
    approve: Option<Permit<ApproveJob>>,
    reject: Option<Permit<RejectJob>>,
    send_back: Option<Permit<SendBackJob>>,
    resubmit: Option<Permit<ResubmitJob>>,
    take_back: Option<Permit<TakeBackJob>>,
    abort: Option<Permit<AbortJob>>,
    abort_own: Option<Permit<AbortJob>>,
    pause: Option<Permit<PauseJob>>,
    reroute: Option<Permit<RerouteJob>>,
    resolve: Option<Permit<ResolveJob>>,
}

macro_rules! leave {
    ($kept:expr, $tx:expr, $who:expr, $target:expr) => {
        match &mut $kept {
            Some(leave) => &*leave,
            none => &*none.insert(permit($tx, $who, $target).await.unwrap()),
        }
    };
}

/// Does it, in a transaction that may have to be rolled back.
pub async fn perform(
    tx: &mut Tx,
    hands: &Hands,
    owner: Principal,
    (id, number, printer): (JobId, i64, PrinterId),
    (op, leaves, tickets, random): (Op, &mut Leaves, &[Ticket], [u8; 4]),
) -> Came {
    let admin = hands.admin;
    match op {
        Op::Approve { version, sha, printer } => {
            let leave = leave!(leaves.approve, tx, admin, id);
            jobs::approve(tx, leave, jobs::Decision { version, send_sha: sha, printer }).await.into()
        }
        Op::Reject => {
            let leave = leave!(leaves.reject, tx, admin, id);
            jobs::reject(tx, leave, None).await.into()
        }
        Op::SendBack => {
            let leave = leave!(leaves.send_back, tx, admin, id);
            jobs::send_back(tx, leave, "again, please".into()).await.into()
        }
        Op::UndoSendBack => {
            let leave = leave!(leaves.send_back, tx, admin, id);
            jobs::undo_send_back(tx, leave).await.into()
        }
        Op::Resubmit { file, .. } => {
            let leave = leave!(leaves.resubmit, tx, owner, id);
            jobs::resubmit(tx, leave, &hands.files[file], None).await.into()
        }
        Op::TakeBack => {
            let leave = leave!(leaves.take_back, tx, admin, id);
            jobs::take_back(tx, leave).await.into()
        }
        Op::Withdraw { by_owner } => {
            let leave =
                if by_owner { leave!(leaves.abort_own, tx, owner, id) } else { leave!(leaves.abort, tx, admin, id) };
            jobs::withdraw(tx, leave).await.into()
        }
        Op::Flag("abort") => {
            let leave = leave!(leaves.abort, tx, admin, id);
            jobs::abort(tx, leave).await.into()
        }
        Op::Flag(wish) => {
            let leave = leave!(leaves.pause, tx, admin, id);
            if wish == "pause" { jobs::pause(tx, leave).await } else { jobs::resume(tx, leave).await }.into()
        }
        Op::Reroute { to } => {
            let leave = leave!(leaves.reroute, tx, admin, id);
            let seen = permit::<SeePrinter>(tx, admin, to).await.unwrap();
            match jobs::reroute(tx, leave, &seen).await {
                Ok(()) if to == printer => Came(Kind::Nothing, None),
                done => done.into(),
            }
        }
        Op::Assign { to } => match printer_groups::assign(tx, id, to).await {
            Ok(true) => Came(Kind::Done, None),
            Ok(false) => Came(Kind::NotGiven, None),
            Err(error) => Came(kind(error), None),
        },
        Op::Claim { server } => dispatch::claim(tx, &hands.servers[server], id).await.into(),
        Op::TakeOver { server } => dispatch::take_over(tx, &hands.servers[server], id).await.into(),
        Op::Release { ticket, wait } => dispatch::release(tx, &tickets[ticket], "a test", wait).await.into(),
        Op::Intend { ticket, server, sha } => {
            let ticket = &tickets[ticket];
            let remote = RemoteName::new(number, random, ticket.job().attempt, "gcode");
            let done = dispatch::intend(tx, &hands.servers[server], ticket, &remote, sha, "Operational").await;
            done.map(|(ticket, _)| Some(ticket)).into()
        }
        Op::Seen { ticket } => dispatch::seen_printing(tx, &tickets[ticket], "seen").await.map(Some).into(),
        Op::NotStarted { ticket } => dispatch::not_started(tx, &tickets[ticket], "fenced", 0).await.into(),
        Op::CannotKnow { ticket } => dispatch::cannot_know(tx, &tickets[ticket], "unclear").await.into(),
        Op::Ended { ticket, outcome } => dispatch::ended(tx, &tickets[ticket], outcome, "record").await.into(),
        Op::Resolve { printed, clear } => {
            let leave = leave!(leaves.resolve, tx, admin, id);
            jobs::resolve(tx, leave, printed, clear).await.into()
        }
        Op::Beat { ticket, server } => match dispatch::heartbeat(tx, &hands.servers[server], &tickets[ticket]).await {
            Ok(Some(_)) => Came(Kind::Done, None),
            Ok(None) => Came(Kind::NotGiven, None),
            Err(error) => Came(kind(error), None),
        },
    }
}
