//! What happens to the machine on command: faults that wait for their occasion, and events that happen at once.

use std::time::Duration;

use super::{Machine, State};
use crate::{
    faults::{self, Fault, Occasion, Order},
    ledger::now_ms,
    storage::Incoming,
};

impl Machine {
    pub(crate) fn take_fault(&self, occasion: Occasion) -> Option<Fault> {
        faults::take(&mut self.lock().orders, occasion)
    }

    pub(crate) fn order(&self, order: Order) {
        let mut state = self.lock();
        match order.fault.occasion() {
            Some(_) => state.orders.push(order),
            None => self.happen(&mut state, &order.fault),
        }
    }

    pub(crate) fn clear_faults(&self) {
        self.lock().orders.clear();
    }

    /// An event that happens at once.
    pub(super) fn happen(&self, state: &mut State, fault: &Fault) {
        match fault {
            Fault::PowerLoss { ms } => {
                self.end(state, "power_loss");
                state.pending.clear();
                state.waiting.clear();
                state.files.interrupt();
                if self.has(crate::Quirk::ForgetsRecords) {
                    state.files.forget();
                }
                state.selected = None;
                state.completed = false;
                state.serial = true;
                state.serial_error = false;
                state.boots += 1;
                state.session = uuid::Uuid::new_v4().simple().to_string();
                self.gate.away(Duration::from_millis(*ms), false);
            }
            Fault::Unreachable { ms, silent } => self.gate.away(Duration::from_millis(*ms), *silent),
            Fault::PanelStart { name } if state.print.is_none() => {
                let path = name.clone().unwrap_or_else(|| "panel.gcode".to_owned());
                if state.files.get(&path).is_none() && name.is_none() {
                    let mut bytes = Incoming::new();
                    bytes.take(b"G28\n");
                    state.files.put(&path, bytes.finish(now_ms() / 1000));
                }
                self.start_now(state, &path, "panel");
            }
            Fault::PanelCancel => self.end(state, "cancelled"),
            Fault::Finish => self.end(state, "finished"),
            Fault::LoseFiles => {
                let printing = state.print.as_ref().map(|print| print.path.clone());
                state.files.keep_only(printing.as_deref());
            }
            Fault::SerialDrop => {
                self.end(state, "failed");
                state.serial = false;
                state.serial_error = true;
                state.selected = None;
            }
            Fault::SerialConnect => {
                state.serial = true;
                state.serial_error = false;
            }
            _ => (),
        }
    }
}
