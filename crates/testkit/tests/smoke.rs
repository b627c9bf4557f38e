//! The farm itself: everything else rests on it.

use testkit::{Engine, both_engines, json};

both_engines! {
    async fn a_job_is_approved_and_printed(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        machine.set_speed(testkit::Speed::Whole(std::time::Duration::from_millis(300)));
        let _dispatching = farm.dispatch();
        let job = farm.guest().send_job(printer, "boat").await;
        assert_eq!(job["status"], "needs_approval");
        assert!(machine.ledger().is_empty());
        farm.member().approve(&job).await.done();
        farm.guest().wait_status(&job, "finished").await;
        assert_eq!(machine.ledger().len(), 1);
        if farm.engine() == Engine::Postgres {
            let second = farm.second_server().await;
            farm.admin().at(&second).get("/session").await.done();
        }
        farm.admin().settings(json!({ "undo_window_s": 7 })).await.done();
    }
}
