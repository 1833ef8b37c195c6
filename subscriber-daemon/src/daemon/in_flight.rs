//! Lead events that are being stored while the daemon goes on to the next messages.
//!
//! Storing takes about as long as correlating, so a daemon that catches up does both at once. What must come one after the
//! other still does: the messages of a chunk are acknowledged when its events are stored, the events of the next chunk
//! are published after those, and no snapshot is written in between.

use std::sync::Arc;

use async_nats::jetstream;
use backtrail_bus::lead::LeadEvent;
use tokio::task::JoinHandle;

use super::{Daemon, StepError, Streams, acknowledge_up_to};
use crate::lead_events::LeadEventsError;

/// The events of one chunk on their way.
pub(super) struct InFlight {
    storing: JoinHandle<Result<u64, LeadEventsError>>,
    events: Arc<Vec<LeadEvent>>,
    /// The last message of the chunk.
    last: jetstream::Message,
}

impl Daemon {
    /// True if nothing but lead events follows from what was taken, and nothing waits for them.
    pub(super) fn may_store_beside(&self) -> bool {
        self.reopened.is_empty() && self.alerts.is_settled() && !self.saver.will_save(&self.config)
    }

    /// Begins to store the lead events of a chunk that ends with `last`. Those before it must be [settled](Self::settle).
    pub(super) fn store_beside(&mut self, last: jetstream::Message, streams: &Streams) {
        debug_assert!(self.in_flight.is_none());
        let events = Arc::new(std::mem::take(&mut self.unpublished));
        let (publisher, sending) = (streams.lead_events.publisher(), Arc::clone(&events));
        let storing = tokio::spawn(async move { publisher.publish(&sending).await });
        self.in_flight = Some(InFlight { storing, events, last });
    }

    /// Waits until what is on its way is stored, and acknowledges the messages that it followed from. What was not stored is
    /// published again with what came after it.
    pub(super) async fn settle(&mut self, streams: &mut Streams) -> Result<(), StepError> {
        let Some(InFlight { storing, events, last }) = self.in_flight.take() else { return Ok(()) };
        let stored = storing.await.unwrap_or_else(|defect| std::panic::resume_unwind(defect.into_panic()));
        match stored {
            Ok(sequence) => streams.lead_events.note_stored(sequence),
            Err(error) => {
                let later = std::mem::take(&mut self.unpublished);
                self.unpublished = Arc::unwrap_or_clone(events);
                self.unpublished.extend(later);
                return Err(error.into());
            }
        }
        self.state.progress.position.leads = streams.lead_events.sequence();
        acknowledge_up_to(&last).await;
        Ok(())
    }
}
