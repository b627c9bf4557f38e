//! The conformance kit on the virtual printer: class A and class B play get their class, and whatever breaks an assumption
//! is found out and gets a lower class or none.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod story;

use printers::{
    Class, FAMILIES,
    conformance::{Assumption, Report, Verdict, examine},
};
use story::rig::{Play, VirtualRig};
use virtual_printer::{Fault, Options, Quirk};

fn durable() -> Options {
    Options { durable_history: true, ..Options::default() }
}

async fn report(play: Play, options: Options, fault: Option<Fault>) -> Report {
    let rig = VirtualRig::new(play, options).await;
    if let Some(fault) = fault {
        rig.handle.always(fault);
    }
    let report = examine("octoprint", &rig).await;
    println!("{report}");
    report
}

async fn with_quirk(quirk: Quirk) -> Report {
    report(Play::OctoPrint, Options { quirks: vec![quirk], ..Options::default() }, None).await
}

fn verdict(report: &Report, assumption: Assumption) -> Verdict {
    report.findings.iter().find(|finding| finding.assumption == assumption).unwrap().verdict
}

/// What this test shows is broken is what the kit says is broken, and the class is the one that follows.
fn fails(report: &Report, assumption: Assumption, class: Option<Class>) {
    assert_eq!(verdict(report, assumption), Verdict::Failed, "{report}");
    assert_eq!(report.class(), class, "{report}");
}

#[tokio::test]
async fn class_b_play_is_seen_exactly_as_the_real_octoprint_is() {
    let report = report(Play::OctoPrint, Options::default(), None).await;
    assert_eq!(report.class(), Some(Class::B));
    let recorded = FAMILIES.iter().find(|family| family.key == "octoprint").unwrap().record.unwrap();
    assert_eq!(report.to_string(), recorded, "conformance/octoprint.txt is what the real one was seen to do");
}

#[tokio::test]
async fn class_a_play_is_granted_class_a() {
    let report = report(Play::Durable, durable(), None).await;
    assert_eq!(report.class(), Some(Class::A));
    assert!(report.findings.iter().all(|finding| finding.verdict == Verdict::Held));
}

#[tokio::test]
async fn answering_late_is_allowed() {
    let report = report(Play::OctoPrint, Options::default(), Some(Fault::DelayStart { ms: 60 })).await;
    assert_eq!(report.class(), Some(Class::B));
}

#[tokio::test]
async fn a_yes_without_a_print_is_no_class() {
    let report = report(Play::OctoPrint, Options::default(), Some(Fault::IgnoreStart)).await;
    fails(&report, Assumption::ReadBack, None);
}

#[tokio::test]
async fn a_running_file_without_a_name_is_no_class() {
    fails(&with_quirk(Quirk::NamesNothing).await, Assumption::ReadBack, None);
}

#[tokio::test]
async fn one_send_that_prints_twice_is_no_class() {
    fails(&with_quirk(Quirk::StartsTwice).await, Assumption::OneSend, None);
}

#[tokio::test]
async fn a_start_of_a_missing_file_that_prints_is_no_class() {
    fails(&with_quirk(Quirk::StartsMissing).await, Assumption::Missing, None);
}

#[tokio::test]
async fn a_yes_to_a_missing_file_is_no_class() {
    fails(&with_quirk(Quirk::NodsAtMissing).await, Assumption::Missing, None);
}

#[tokio::test]
async fn a_start_that_ends_the_running_print_is_no_class() {
    fails(&with_quirk(Quirk::StartsWhileBusy).await, Assumption::Busy, None);
}

#[tokio::test]
async fn a_start_that_waits_for_the_running_print_is_no_class() {
    fails(&with_quirk(Quirk::QueuesStarts).await, Assumption::Busy, None);
}

#[tokio::test]
async fn an_upload_that_prints_is_class_c_at_most() {
    let report = with_quirk(Quirk::PrintsUploads).await;
    assert_eq!(verdict(&report, Assumption::Upload), Verdict::Failed, "{report}");
    assert!(report.class().is_none_or(|class| class == Class::C), "{report}");
}

#[tokio::test]
async fn a_fence_that_leaves_the_file_where_it_was_is_class_c() {
    fails(&with_quirk(Quirk::MoveLeavesFile).await, Assumption::Fence, Some(Class::C));
}

#[tokio::test]
async fn a_fence_that_takes_a_running_file_for_an_idle_one_is_class_c() {
    fails(&with_quirk(Quirk::MovesRunningFile).await, Assumption::Fence, Some(Class::C));
}

#[tokio::test]
async fn a_fence_that_a_start_under_way_passes_is_class_c() {
    let options = Options { quirks: vec![Quirk::HoldsFile], ..Options::default() };
    let report = report(Play::OctoPrint, options, Some(Fault::DelayStart { ms: 60 })).await;
    fails(&report, Assumption::Fence, Some(Class::C));
}

#[tokio::test]
async fn a_fence_that_destroys_the_record_is_class_c() {
    fails(&with_quirk(Quirk::MoveLosesRecord).await, Assumption::Record, Some(Class::C));
}

#[tokio::test]
async fn a_driver_that_takes_silence_for_proof_is_found_out() {
    fails(&report(Play::Boastful, Options::default(), None).await, Assumption::Record, Some(Class::C));
}

#[tokio::test]
async fn a_durable_record_that_a_power_cut_takes_along_is_found_out() {
    let options = Options { quirks: vec![Quirk::ForgetsRecords], ..durable() };
    fails(&report(Play::Durable, options, None).await, Assumption::Record, Some(Class::C));
}
