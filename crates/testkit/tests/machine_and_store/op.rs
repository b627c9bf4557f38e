//! Operations, made at random: most of them possible in the job's state, some of them not; and what the pure machine says.

use domain::job::Command;
use domain::{Outcome, PrinterId, Refusal, Sha256, State};
use testkit::Uuid;

use crate::mirror::{Kind, LEAVER, Mirror};

/// SplitMix64: small, and the same on every machine.
#[derive(Debug)]
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(n).unwrap()).unwrap()
    }
    /// Once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
    pub fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

/// One operation on a job. Workers' operations name the ticket by its place.
#[derive(Debug, Clone, Copy)]
pub enum Op {
    Approve { version: i64, sha: Sha256, printer: Option<PrinterId> },
    Reject,
    SendBack,
    UndoSendBack,
    Resubmit { file: usize, sha: Sha256 },
    TakeBack,
    Withdraw { by_owner: bool },
    Flag(&'static str),
    Reroute { to: PrinterId },
    Assign { to: PrinterId },
    Claim { server: usize },
    Release { ticket: usize, wait: i64 },
    Intend { ticket: usize, server: usize, sha: Sha256 },
    Seen { ticket: usize },
    NotStarted { ticket: usize },
    CannotKnow { ticket: usize },
    Ended { ticket: usize, outcome: Outcome },
    TakeOver { server: usize },
    Resolve { printed: Option<Outcome>, clear: bool },
    Beat { ticket: usize, server: usize },
}

impl Op {
    /// What it is, without whom it is about.
    pub fn word(&self) -> String {
        format!("{self:?}").split(' ').next().unwrap().to_owned()
    }
}

/// The servers' ids and the length of their leases.
pub const LEASE_MS: i64 = 5_000;

const OUTCOMES: [Outcome; 3] = [Outcome::Finished, Outcome::Failed, Outcome::Aborted];

fn possible(state: State) -> &'static [u8] {
    match state {
        State::Held => &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 6, 8, 8, 8],
        State::SentBack => &[3, 3, 4, 4, 4, 4, 4, 4, 1, 6],
        State::Queued => &[9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 5, 5, 6, 8, 8, 19, 19, 19, 19],
        State::Claimed => &[11, 11, 11, 11, 11, 11, 11, 11, 10, 10, 10, 5, 6, 16, 18],
        State::Intent => &[12, 12, 12, 12, 13, 13, 13, 13, 14, 7, 16, 18],
        State::Printing => &[15, 15, 15, 14, 7, 16, 18],
        State::Attention => &[17],
        _ => &[0, 5, 6, 8, 9, 11, 15, 17],
    }
}

/// The next operation on a job.
pub fn any(dice: &mut Dice, mirror: &Mirror, j: usize, files: &[Sha256]) -> Op {
    let it = &mirror.jobs[j];
    let mut kind =
        if dice.one_in(12) { u8::try_from(dice.below(20)).unwrap() } else { dice.of(possible(it.job.state)) };
    // A worker with a ticket; mostly the newest one.
    if it.tickets.is_empty() && matches!(kind, 10..=15 | 18) {
        kind = 9;
    }
    let newest = it.tickets.len().saturating_sub(1);
    let ticket = if dice.one_in(6) { dice.below(it.tickets.len().max(1)) } else { newest };
    let server = dice.below(2);
    let sha = if dice.one_in(12) { Sha256([7; 32]) } else { it.job.send_sha };
    let printer = mirror.printers[dice.below(mirror.printers.len())].id;
    match kind {
        0 => Op::Approve {
            version: it.job.version - i64::from(dice.one_in(10)),
            sha,
            printer: dice.of(&[None, Some(it.job.printer), Some(it.job.printer), Some(printer)]),
        },
        1 => Op::Reject,
        2 => Op::SendBack,
        3 => Op::UndoSendBack,
        4 => {
            let file = dice.below(files.len());
            Op::Resubmit { file, sha: files[file] }
        }
        5 => Op::TakeBack,
        6 => Op::Withdraw { by_owner: dice.one_in(2) },
        7 => Op::Flag(dice.of(&["abort", "pause", "resume"])),
        8 => Op::Reroute { to: printer },
        9 => Op::Claim { server },
        10 => Op::Release { ticket, wait: dice.of(&[0, 0, 2_000]) },
        11 => {
            let own = it.job.lease.owner;
            let claimed_by = it.tickets.get(ticket).and_then(|t| t.job().lease.owner).or(own);
            let server = if dice.one_in(8) { server } else { server_of(claimed_by) };
            Op::Intend { ticket, server, sha }
        }
        12 => Op::Seen { ticket },
        13 => Op::NotStarted { ticket },
        14 => Op::CannotKnow { ticket },
        15 => Op::Ended { ticket, outcome: dice.of(&OUTCOMES) },
        16 => Op::TakeOver { server },
        17 => Op::Resolve {
            printed: dice.of(&[None, None, Some(Outcome::Finished), Some(Outcome::Failed)]),
            clear: dice.one_in(2),
        },
        19 => Op::Assign { to: free_of_group(dice, mirror).unwrap_or(printer) },
        _ => Op::Beat { ticket, server: if dice.one_in(4) { server } else { server_of(it.job.lease.owner) } },
    }
}

/// Mostly a printer of the group that could start something.
fn free_of_group(dice: &mut Dice, mirror: &Mirror) -> Option<PrinterId> {
    let free = |p: &&crate::mirror::MirrorPrinter| p.group && p.clear && p.enabled && !p.removed && !mirror.queue(p.id);
    let free: Vec<_> = mirror.printers.iter().filter(free).map(|p| p.id).collect();
    if free.is_empty() || dice.one_in(5) { None } else { Some(dice.of(&free)) }
}

/// Servers are numbered in the test by the last bit of their id (see `main.rs`).
fn server_of(owner: Option<Uuid>) -> usize {
    owner.map_or(0, |id| usize::try_from(id.as_u128() & 1).unwrap())
}

/// What the pure machine says; it is kept in the mirror.
pub fn expect(mirror: &mut Mirror, j: usize, op: Op, servers: [Uuid; 2]) -> Kind {
    let now = mirror.now;
    let printer = mirror.facts(j);
    let it = &mirror.jobs[j];
    let state = it.job.state;
    let token = |ticket: usize| it.tickets[ticket].job().lease.token;
    let undecided = |states: &[State]| {
        if states.contains(&state) {
            None
        } else if it.decided && state != State::Withdrawn {
            Some(Kind::AlreadyDecided)
        } else {
            Some(Kind::Refused(Refusal::WrongState(state)))
        }
    };
    match op {
        Op::Approve { version, sha, printer } => {
            if let Some(no) = undecided(&[State::Held]) {
                return no;
            }
            if it.group {
                return approve_of_group(mirror, j, version, sha, printer);
            }
            if let Err(no) = mirror.usable(it.job.printer) {
                return no;
            }
            // No undo window is asked for in the command of a job that needs none: it is the organization's, 10 seconds.
            let not_before = now.plus_secs(10);
            mirror.stepped(
                j,
                Command::Approve { version, send_sha: sha, printer, authorization: Uuid::nil(), not_before },
            )
        }
        Op::Reject => undecided(&[State::Held, State::SentBack]).unwrap_or_else(|| mirror.stepped(j, Command::Reject)),
        Op::SendBack => undecided(&[State::Held]).unwrap_or_else(|| mirror.stepped(j, Command::SendBack)),
        Op::UndoSendBack => mirror.stepped(j, Command::UndoSendBack),
        Op::Resubmit { sha, .. } => mirror.stepped(j, Command::Resubmit { upload_sha: sha, send_sha: sha }),
        Op::TakeBack if !it.gate => Kind::Rule("never_needed_approval"),
        Op::TakeBack => mirror.stepped(j, Command::TakeBack),
        Op::Withdraw { by_owner } => {
            let held = matches!(state, State::Held | State::SentBack);
            mirror.stepped(j, if held && !by_owner { Command::Reject } else { Command::Withdraw })
        }
        Op::Flag(wish) => {
            let can = state == State::Printing || wish == "abort" && state == State::Intent;
            if !can {
                return Kind::Refused(Refusal::WrongState(state));
            }
            let it = &mut mirror.jobs[j];
            it.wish = Some(wish);
            it.job.abort_requested |= wish == "abort";
            Kind::Done
        }
        Op::Reroute { to } if to == it.job.printer => Kind::Nothing,
        Op::Reroute { to } => match mirror.usable(to) {
            Err(no) => no,
            Ok(()) => {
                let kind = mirror.stepped(j, Command::Reroute { printer: to, authorization: Uuid::nil() });
                // Whoever moves it by hand has chosen.
                mirror.jobs[j].group &= kind != Kind::Done;
                kind
            }
        },
        Op::Assign { to } => {
            let gone = mirror.left && it.owner == LEAVER;
            let fits = it.group && state == State::Queued && mirror.printer(to).group && to != it.job.printer;
            if !fits || gone || mirror.queue(to) {
                return Kind::NotGiven;
            }
            let command = Command::Assign { printer: mirror.facts_on(j, to), authorization: Uuid::nil(), now };
            given(mirror.step(j, command).is_ok())
        }
        Op::Claim { server } => {
            let command = Command::Claim { owner: servers[server], until: now.plus_millis(LEASE_MS), now, printer };
            given(mirror.step(j, command).is_ok())
        }
        Op::Release { ticket, wait } => {
            let command = Command::Release { token: token(ticket), again_at: now.plus_millis(wait) };
            mirror.stepped(j, command)
        }
        Op::Intend { ticket, server, sha } => {
            // The trigger asks before the machine does.
            if state == State::Claimed && sha != it.job.send_sha {
                return Kind::Trigger;
            }
            let command = Command::Intend { token: token(ticket), owner: servers[server], sent_sha: sha, printer };
            mirror.stepped(j, command)
        }
        Op::Seen { ticket } => {
            let command = Command::SeenPrinting { token: token(ticket) };
            mirror.stepped(j, command)
        }
        Op::NotStarted { ticket } => {
            let command = Command::NotStarted { token: token(ticket), again_at: now };
            let kind = mirror.stepped(j, command);
            if kind == Kind::Done {
                mirror.hold_if_former(j);
            }
            kind
        }
        Op::CannotKnow { ticket } => {
            let command = Command::CannotKnow { token: Some(token(ticket)) };
            mirror.stepped(j, command)
        }
        Op::Ended { ticket, outcome } => {
            let command = Command::End { token: token(ticket), outcome };
            mirror.stepped(j, command)
        }
        Op::TakeOver { server } => {
            let over = it.job.lease.until < now;
            match it.job.take_over(servers[server], now.plus_millis(LEASE_MS)) {
                Ok(job) if over => {
                    mirror.jobs[j].job = job;
                    Kind::Done
                }
                _ => Kind::NotGiven,
            }
        }
        Op::Resolve { printed, clear } => {
            let kind = mirror.stepped(j, Command::Resolve { printed, plate_is_clear: clear });
            if kind == Kind::Done {
                mirror.hold_if_former(j);
            }
            kind
        }
        Op::Beat { ticket, server } => {
            let mine = it.job.lease.token == token(ticket) && it.job.lease.owner == Some(servers[server]);
            if mine && state.is_active() {
                mirror.jobs[j].job.lease.until = now.plus_millis(LEASE_MS);
            }
            given(mine && state.is_active())
        }
    }
}

/// The server chooses the printer, and moves the job there before; refused, nothing has happened.
fn approve_of_group(mirror: &mut Mirror, j: usize, version: i64, sha: Sha256, shown: Option<PrinterId>) -> Kind {
    let (before, now) = (mirror.jobs[j].job, mirror.now);
    if shown.is_some_and(|printer| printer != before.printer) {
        return Kind::Refused(Refusal::Changed);
    }
    let Some(to) = mirror.choose(Some(j)) else { return Kind::Unavailable("no_printer_in_group") };
    if to != before.printer {
        let printer = mirror.facts_on(j, to);
        mirror.step(j, Command::Assign { printer, authorization: Uuid::nil(), now }).expect("held jobs are moved");
    }
    let approve = Command::Approve {
        version,
        send_sha: sha,
        printer: shown.map(|_| to),
        authorization: Uuid::nil(),
        not_before: now.plus_secs(10),
    };
    let kind = mirror.stepped(j, approve);
    if kind != Kind::Done {
        mirror.jobs[j].job = before;
    }
    kind
}

fn given(yes: bool) -> Kind {
    if yes { Kind::Done } else { Kind::NotGiven }
}

/// The submitter may not send a new version any more, and nobody asks them for one (`amb_41_nobody_sends_a_job_back_to_who_left`).
pub fn makes_no_sense(mirror: &Mirror, j: usize, op: Op) -> bool {
    let gone = mirror.left && mirror.jobs[j].owner == LEAVER;
    gone && matches!(op, Op::SendBack | Op::Resubmit { .. } | Op::Withdraw { by_owner: true })
}
