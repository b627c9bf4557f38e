//! From what repositories know to what travels. Shows rights; decides none (that is `access`).

use access::table::{
    AbortJob, ApproveJob, ClearPlate, CopyJobToProject, DeletePrinter, EnablePrinter, OpenJobFile, PauseJob, RejectJob,
    RenamePrinter, ReorderQueue, ReprintJob, RerouteJob, ResolveJob, ResubmitJob, SendBackJob, SharePrinter,
    TakeBackJob,
};
use access::{Action, Denial, Failed};
use domain::{JobId, PrinterId, State};
use serde_json::Value;
use store::jobs::JobView;
use store::printers::PrinterView;

use crate::dto::{
    Actions, Allowed, CurrentJob, DecisionKind, DecisionView, FactsView, FailedWord, JobDto, JobRef, JobStatus,
    LiveView, PersonRef, PlateView, PlateWord, PrintProgress, PrinterDto, PrinterGroupRef, PrinterRef, PrinterStatus,
    PrinterTrouble, ProjectRef, Reason, Submitter,
};

pub(crate) fn allowed(verdict: Result<(), Denial>) -> Allowed {
    match verdict {
        Ok(()) => Allowed { allowed: true, failed: None, why: None, who_can: None },
        Err(denial) => Allowed {
            allowed: false,
            failed: Some(match denial.failed {
                Failed::Plan => FailedWord::Plan,
                Failed::Role => FailedWord::Role,
                Failed::Access => FailedWord::Access,
            }),
            why: Some(denial.why),
            who_can: Some(denial.who_can),
        },
    }
}

fn blocked(why: String) -> Allowed {
    Allowed { allowed: false, failed: Some(FailedWord::State), why: Some(why), who_can: Some(Vec::new()) }
}

/// Hidden by role stays hidden; every other no is shown with its reason.
pub(crate) fn offer(actions: &mut Actions, key: &'static str, verdict: Result<(), Denial>) {
    // That a job waits for somebody else's approval is what its submitter has to know (APR-21).
    if !matches!(&verdict, Err(denial) if denial.failed == Failed::Role && denial.action != "job.approve") {
        actions.insert(key, allowed(verdict));
    }
}

fn text<'a>(live: &'a Value, key: &str) -> Option<&'a str> {
    live.get(key).and_then(Value::as_str)
}

fn status(view: &JobView) -> JobStatus {
    match view.state {
        State::Held => JobStatus::NeedsApproval,
        State::SentBack => JobStatus::SentBack,
        State::Queued => JobStatus::Queued,
        State::Claimed | State::Intent => JobStatus::Starting,
        State::Printing if view.live.as_ref().and_then(|l| text(l, "state")) == Some("paused") => JobStatus::Paused,
        State::Printing => JobStatus::Printing,
        State::Attention => JobStatus::NeedsAttention,
        State::Finished => JobStatus::Finished,
        State::Failed => JobStatus::Failed,
        State::Aborted => JobStatus::Aborted,
        State::Rejected => JobStatus::Rejected,
        State::Withdrawn => JobStatus::Withdrawn,
    }
}

fn decision_kind(word: &str) -> Option<DecisionKind> {
    Some(match word {
        "approved" => DecisionKind::Approved,
        "rejected" => DecisionKind::Rejected,
        "sent_back" => DecisionKind::SentBack,
        "taken_back" => DecisionKind::TakenBack,
        _ => return None,
    })
}

/// Why a held or queued job waits, in the order of what a person can do about it.
pub(crate) fn reason(view: &JobView) -> Option<Reason> {
    let name = &view.printer_name;
    let because = |code: &str, text: String| Some(Reason { code: code.into(), text });
    if !matches!(view.state, State::Held | State::Queued) {
        return None;
    }
    // Whoever cannot move it is not told to.
    let (moving, turning) = match view.rights.may::<RerouteJob>() {
        Ok(()) => ("Move the job to another printer.", "Turn one on, or share one."),
        Err(_) => (
            "A Member or Admin has to move the job to another printer.",
            "A Member or Admin has to turn one on, to share one, or to move the job.",
        ),
    };
    if let (State::Held, Some((_, group))) = (view.state, &view.group) {
        if view.group_ready {
            return None;
        }
        let whose = if view.rights.own() { "you".to_owned() } else { format!("you and {}", view.submitter_name) };
        return because(
            "no_printer_in_group",
            format!("None of the printers of {group} that {whose} may use is on. {turning}"),
        );
    }
    if view.printer_removed {
        return because("printer_removed", format!("{name} was removed. {moving}"));
    }
    if !view.printer_enabled {
        let held = if view.state == State::Held { format!(" {moving}") } else { String::new() };
        return because("printer_disabled", format!("{name} is turned off.{held}"));
    }
    if view.state == State::Held {
        if !view.submitter_has_printer && !view.rerouted {
            return because(
                "printer_unshared",
                match view.rights.own() {
                    true => format!("{name} is not shared with you any more. {moving}"),
                    false => format!("{name} is no longer shared with {}. {moving}", view.submitter_name),
                },
            );
        }
        return None;
    }
    if view.hold_all {
        return because("hold_all", "Everything is held until an Admin has looked at the restored backup.".into());
    }
    if undo_until(view).is_some() {
        return because("undo_window", "Just approved; it goes to the printer in a moment.".into());
    }
    if view.printer_busy {
        let else_where = match &view.group {
            Some((_, group)) => format!(" It goes to the first printer of {group} that is free."),
            None => String::new(),
        };
        return because("printer_busy", format!("{name} has another print job.{else_where}"));
    }
    if !view.printer_clear {
        return because("plate_not_clear", format!("The plate of {name} has to be cleared first."));
    }
    if view.live_problem.is_some() {
        return because("printer_offline", format!("{name} does not answer. The job stays in the queue."));
    }
    if view.live.as_ref().and_then(|l| text(l, "state")) == Some("not_ready") {
        return because("printer_offline", format!("{name} is not connected. The job stays in the queue."));
    }
    None
}

fn undo_until(view: &JobView) -> Option<String> {
    let approved = view.decision.as_ref().is_some_and(|(word, ..)| word == "approved");
    (view.state == State::Queued && approved && view.attempt == 0 && domain::must_wait(view.not_before, view.now))
        .then(|| view.not_before.rfc3339())
}

fn job_actions(view: &JobView) -> Actions {
    let mut actions = Actions::new();
    let state = view.state;
    let rights = &view.rights;
    let mut add = |key: &'static str, fits: bool, verdict: Result<(), Denial>| {
        if fits {
            offer(&mut actions, key, verdict);
        }
    };
    let may = |verdict: Result<(), Denial>| verdict;
    let held = state == State::Held;
    let undecided = matches!(state, State::Held | State::SentBack);
    add("approve", held, may(rights.may::<ApproveJob>()));
    add("reject", undecided, may(rights.may::<RejectJob>()));
    add("send_back", held && view.submitter_role.is_some(), may(rights.may::<SendBackJob>()));
    add("undo_send_back", state == State::SentBack, may(rights.may::<SendBackJob>()));
    add("resubmit", state == State::SentBack && rights.own(), may(rights.may::<ResubmitJob>()));
    let waits = matches!(state, State::Queued | State::Claimed);
    let approved = view.decision.as_ref().is_some_and(|(word, ..)| word == "approved");
    add("take_back", waits && (view.gate_required || approved), may(rights.may::<TakeBackJob>()));
    // Somebody else's undecided job is rejected, not withdrawn.
    add("withdraw", (undecided && rights.own()) || waits, may(rights.may::<AbortJob>()));
    let running = matches!(state, State::Intent | State::Printing);
    add("abort", running && !view.abort_requested, may(rights.may::<AbortJob>()));
    let printing = state == State::Printing && !view.abort_requested;
    add("pause", printing && status(view) == JobStatus::Printing, may(rights.may::<PauseJob>()));
    add("resume", printing && status(view) == JobStatus::Paused, may(rights.may::<PauseJob>()));
    add("reprint", true, may(rights.may::<ReprintJob>()));
    add("reroute", held || state == State::Queued, may(rights.may::<RerouteJob>()));
    add("resolve", state == State::Attention, may(rights.may::<ResolveJob>()));
    add("download", true, may(rights.may::<OpenJobFile>()));
    add("copy_to_project", true, may(rights.may::<CopyJobToProject>()));
    if state == State::Queued
        && let Some(place) = view.position
        && rights.may_reorder()
    {
        actions.insert("move_down", allowed(Ok(())));
        if place > 1 {
            actions.insert("move_up", allowed(Ok(())));
        }
    }
    for needs_file in ["reprint", "download", "copy_to_project"] {
        if view.file_gone && actions.get(needs_file).is_some_and(|a| a.allowed) {
            actions.insert(needs_file, blocked(store::files::GONE.to_owned()));
        }
    }
    if held
        && actions.get("approve").is_some_and(|a| a.allowed)
        && let Some(reason) = reason(view)
    {
        actions.insert("approve", blocked(reason.text));
    }
    actions
}

pub(crate) fn facts(stored: &str) -> Option<FactsView> {
    let known: inspect::Facts = serde_json::from_str(stored).ok()?;
    let slicer = match (known.slicer, known.slicer_version) {
        (Some(name), Some(version)) => Some(format!("{name} {version}")),
        (name, _) => name,
    };
    Some(FactsView {
        slicer,
        print_time_s: known.print_time_s,
        filament_mm: known.filament_mm,
        filament_g: known.filament_g,
        material: known.material,
        layers: known.layers,
        layer_height_mm: known.layer_height_mm,
        size_mm: known.size_mm.map(|size| size.to_vec()),
        target_machine: known.target_machine,
        warnings: known.warnings,
    })
}

/// Of a locked job: how long it prints and what material it needs, which planning takes; nothing of what is in the file (AMB-10).
fn without_content(all: FactsView) -> FactsView {
    FactsView {
        slicer: None,
        layers: None,
        layer_height_mm: None,
        size_mm: None,
        target_machine: None,
        warnings: Vec::new(),
        ..all
    }
}

fn progress(view: &JobView) -> Option<PrintProgress> {
    let live = view.live.as_ref().filter(|_| view.state == State::Printing)?;
    Some(PrintProgress {
        percent: live.get("percent").and_then(Value::as_f64),
        time_left_s: live.get("time_left_s").and_then(Value::as_i64),
    })
}

fn plate(view: &JobView) -> Option<PlateWord> {
    let printed = matches!(view.state, State::Finished | State::Failed | State::Aborted);
    let waits = !view.printer_clear && view.run.is_some() && view.printer_run == view.run;
    printed.then_some(if waits { PlateWord::NotCleared } else { PlateWord::Cleared })
}

pub(crate) fn job(view: &JobView) -> JobDto {
    let id = view.id;
    let locked = !view.rights.project_open();
    // What the submitter wrote and sent is for those who may see the project, and for themselves (AMB-10).
    let closed = !view.rights.content_open();
    let decision = view.decision.as_ref().and_then(|(kind, by, name, at, message)| {
        Some(DecisionView {
            kind: decision_kind(kind)?,
            by: PersonRef { id: by.0, name: name.clone(), former: false },
            at: at.rfc3339(),
            message: message.clone(),
        })
    });
    let former = view.submitter_role.is_none();
    JobDto {
        id: id.0,
        number: view.number,
        name: view.name.clone(),
        note: view.note.clone().filter(|_| !closed),
        status: status(view),
        state_version: view.state_version,
        version: view.version,
        send_sha: if closed { String::new() } else { view.send_sha.hex() },
        size_bytes: if closed { 0 } else { view.size },
        submitter: Submitter {
            id: view.submitter.0,
            name: view.submitter_name.clone(),
            role: view.submitter_role.map(Into::into),
            former,
        },
        mine: view.rights.own(),
        printer: PrinterRef { id: view.printer.0, name: view.printer_name.clone(), status: printer_word(view) },
        printer_group: view.group.as_ref().map(|(id, name)| PrinterGroupRef { id: id.0, name: name.clone() }),
        submitted_at: view.created_at.rfc3339(),
        waiting_since: matches!(view.state, State::Held | State::SentBack)
            .then(|| view.held_since.unwrap_or(view.created_at).rfc3339()),
        started_at: view.started_at.map(domain::Micros::rfc3339),
        ended_at: view.ended_at.map(domain::Micros::rfc3339),
        state_since: view.state_at.rfc3339(),
        facts: facts(&view.facts).map(|all| if locked { without_content(all) } else { all }),
        thumbnail: view
            .thumbnail
            .filter(|_| !locked)
            .map(|sha| format!("/api/v1/print-jobs/{id}/thumbnail?v={}", &sha.hex()[..12])),
        locked,
        project: view
            .project
            .filter(|_| !locked)
            .zip(view.project_name.clone())
            .map(|(id, name)| ProjectRef { id: id.0, name }),
        needed_approval: view.gate_required,
        undo_until: undo_until(view),
        reason: reason(view),
        position: view.position,
        progress: progress(view),
        plate: plate(view),
        run: view.run.map(|r| r.0),
        message: decision.as_ref().and_then(|d| d.message.clone()),
        decision,
        attention: (view.state == State::Attention).then(|| attention(view)),
        reprint_of: view.reprint_of.map(|(id, number)| JobRef { id: id.0, number, name: view.name.clone() }),
        reprinted: Vec::new(),
        abort_requested: view.abort_requested,
        actions: job_actions(view),
    }
}

fn attention(view: &JobView) -> String {
    format!(
        "{name} may have printed “{job}”, but the connection broke at the start and its records do not say. \
         Look at {name}: did it print?",
        name = view.printer_name,
        job = view.name
    )
}

fn printer_word(view: &JobView) -> PrinterStatus {
    let live = view.live.as_ref().and_then(|l| text(l, "state"));
    word(
        view.printer_removed,
        view.printer_enabled,
        view.state == State::Attention,
        view.live_problem.is_some(),
        live,
        view.printer_clear,
    )
}

pub(crate) fn word(
    removed: bool,
    enabled: bool,
    attention: bool,
    problem: bool,
    live: Option<&str>,
    clear: bool,
) -> PrinterStatus {
    match live {
        _ if removed => PrinterStatus::Removed,
        _ if attention => PrinterStatus::Attention,
        _ if !enabled => PrinterStatus::Disabled,
        _ if problem => PrinterStatus::Offline,
        None | Some("not_ready") => PrinterStatus::Offline,
        Some("paused") => PrinterStatus::Paused,
        Some("printing") => PrinterStatus::Printing,
        _ if !clear => PrinterStatus::PlateNotClear,
        _ => PrinterStatus::Ready,
    }
}

pub(crate) fn printer(view: &PrinterView) -> PrinterDto {
    let rights = &view.rights;
    let manages = rights.may::<RenamePrinter>().is_ok();
    let attention = view.current.as_ref().is_some_and(|(.., state)| *state == State::Attention);
    let live_word = view.live.as_ref().and_then(|l| text(l, "state"));
    let status =
        word(view.removed_at.is_some(), view.enabled, attention, view.problem.is_some(), live_word, view.clear);
    let mut actions = Actions::new();
    fn add<A: Action<Target = PrinterId>>(actions: &mut Actions, key: &'static str, view: &PrinterView) {
        offer(actions, key, view.rights.may::<A>());
    }
    add::<RenamePrinter>(&mut actions, "rename", view);
    add::<EnablePrinter>(&mut actions, "enable", view);
    add::<SharePrinter>(&mut actions, "share", view);
    add::<DeletePrinter>(&mut actions, "delete", view);
    add::<ReorderQueue>(&mut actions, "reorder", view);
    if !view.clear {
        add::<ClearPlate>(&mut actions, "clear_plate", view);
    }
    PrinterDto {
        id: view.id.0,
        name: view.name.clone(),
        family: view.family.clone(),
        address: manages.then(|| view.address.clone()),
        status,
        status_text: status_text(view, status),
        enabled: view.enabled,
        removed_at: view.removed_at.map(domain::Micros::rfc3339),
        class: printers::class_of(&view.family).into(),
        plate: PlateView { clear: view.clear, run: view.run.map(|r| r.0), foreign: view.foreign },
        live: view.live.as_ref().map(|live| LiveView {
            state: text(live, "text").unwrap_or("").to_owned(),
            percent: live.get("percent").and_then(Value::as_f64),
            time_left_s: live.get("time_left_s").and_then(Value::as_i64),
            file: manages.then(|| text(live, "running").map(str::to_owned)).flatten(),
            nozzle_c: live.get("nozzle_c").and_then(Value::as_f64),
            bed_c: live.get("bed_c").and_then(Value::as_f64),
            seen_at: view.seen_at.map(domain::Micros::rfc3339),
        }),
        current: view.current.as_ref().map(|(id, number, name, submitter, _)| {
            let mine = *submitter == view.rights.person();
            let shown = mine || view.role != domain::Role::Guest;
            CurrentJob {
                id: shown.then_some(id.0),
                number: shown.then_some(*number),
                name: shown.then(|| name.clone()),
                mine,
            }
        }),
        queue_length: view.queue_length,
        held_here: if manages { view.held_here } else { 0 },
        added_by: PersonRef { id: view.added_by.0.0, name: view.added_by.1.clone(), former: false },
        shared_with_organization: view.shared_with_all,
        last_error: view.problem.as_deref().filter(|_| manages).map(|stored| {
            let trouble = app::Trouble::read(stored);
            PrinterTrouble { code: trouble.code.to_owned(), text: trouble.text() }
        }),
        actions,
    }
}

fn status_text(view: &PrinterView, status: PrinterStatus) -> String {
    let nobody_knows = view.problem.is_none();
    match status {
        PrinterStatus::Removed => "Removed",
        PrinterStatus::Attention => "A person has to say what happened",
        PrinterStatus::Disabled => "Turned off",
        PrinterStatus::Offline if view.seen_at.is_none() && nobody_knows => "Not seen yet",
        PrinterStatus::Offline if nobody_knows => "The printer is not connected",
        PrinterStatus::Offline => "Does not answer",
        PrinterStatus::PlateNotClear if view.foreign => "Something else was printed on it; clear the plate",
        PrinterStatus::PlateNotClear if view.run.is_none() => "New here: look at the plate and say that it is clear",
        PrinterStatus::PlateNotClear => "Take the print off the plate",
        PrinterStatus::Printing if view.current.is_none() => "Printing something that was not sent from here",
        PrinterStatus::Printing => "Printing",
        PrinterStatus::Paused => "Paused",
        PrinterStatus::Ready => "Plate is clear",
    }
    .to_owned()
}

/// A page's key for the next one.
pub(crate) fn cursor(key: i64, id: JobId) -> String {
    format!("{key}.{}", id.0.simple())
}

/// Reads [`cursor`].
pub(crate) fn read_cursor(text: &str) -> Option<(i64, JobId)> {
    let (key, id) = text.split_once('.')?;
    Some((key.parse().ok()?, JobId(id.parse().ok()?)))
}
