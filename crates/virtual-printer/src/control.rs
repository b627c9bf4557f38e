//! The routes that no printer has: the ledger, the snapshot and the faults. Without a key: the listener is loopback.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};

use crate::{LedgerEntry, Order, Shared, Snapshot};

type App = State<Arc<Shared>>;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/_virtual/ledger", get(ledger))
        .route("/_virtual/state", get(state))
        .route("/_virtual/faults", post(order).delete(clear))
}

async fn ledger(State(shared): App) -> Json<Vec<LedgerEntry>> {
    Json(shared.machine.ledger())
}

async fn state(State(shared): App) -> Json<Snapshot> {
    Json(shared.machine.snapshot())
}

async fn order(State(shared): App, Json(order): Json<Order>) -> StatusCode {
    if order.fault.breaks_connections() {
        // Also this connection: the answer goes first.
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            shared.machine.order(order);
        });
    } else {
        shared.machine.order(order);
    }
    StatusCode::NO_CONTENT
}

async fn clear(State(shared): App) -> StatusCode {
    shared.machine.clear_faults();
    StatusCode::NO_CONTENT
}
