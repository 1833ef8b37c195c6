//! What the daemon does about pointers, and about all else that waits for an idle moment.

use jiff::Timestamp;
use tokio::time::Instant;
use tracing::warn;

use super::{Daemon, IDLE_BATCH};

impl Daemon {
    /// True if something is to be read while nothing comes.
    pub(super) fn has_idle_work(&self) -> bool {
        let engine = &self.state.engine;
        engine.unread() > 0 || self.exchange.pointers.as_ref().is_some_and(|pointers| pointers.unread(engine) > 0)
    }

    /// Reads a little of it.
    pub(super) fn work_idly(&mut self) {
        self.state.engine.read_for_questions(IDLE_BATCH);
        let engine = &self.state.engine;
        self.exchange.pointers.iter_mut().for_each(|pointers| pointers.read(engine, IDLE_BATCH));
    }

    /// When pointers may be said again.
    pub(super) fn pointers_due(&self) -> Instant {
        self.exchange.pointers.as_ref().map_or_else(Instant::now, |pointers| pointers.due)
    }

    /// True if all is known that decides what must be said: the own incidents, and what was said before.
    pub(super) fn may_point(&self) -> bool {
        let is_ready = self.caught_up && self.exchange.caught_up && self.signing_key.is_some();
        let pointers = self.exchange.pointers.as_ref().filter(|_| is_ready);
        pointers.is_some_and(|pointers| {
            pointers.unread(&self.state.engine) == 0 && pointers.said_up_to <= self.exchange.position
        })
    }

    /// Says what is pointed to from now on, and no longer. What is not stored is said again the next time.
    pub(super) async fn say_pointers(&mut self) {
        let Some(key) = &self.signing_key else { return };
        let own = self.connection.own();
        let envelopes = self.exchange.pointers_to_say(self.config.context.realm, key, Timestamp::now());
        let mut said_up_to = 0;
        for envelope in envelopes {
            let headers = envelope.header_map();
            let stored = match own.publish_with_headers(envelope.subject, headers, envelope.payload.into()).await {
                Ok(stored) => stored.await,
                Err(error) => Err(error),
            };
            match stored {
                Ok(stored) => said_up_to = stored.sequence,
                Err(error) => {
                    warn!(%error, "pointers were not stored yet; is the agency in the circle?");
                    break;
                }
            }
        }
        if let Some(pointers) = &mut self.exchange.pointers {
            pointers.said_up_to = pointers.said_up_to.max(said_up_to);
            pointers.wait();
        }
    }
}
