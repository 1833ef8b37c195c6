//! Incidents in their own words, kept for a while: the one that came last, and those that were read again.
//!
//! A lead is put into words by what its members say, and one busy hub asks for the same members again and again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backtrail_bus::incident::Incident;

use super::index::Slot;

/// How many are kept, a few kilobytes each. So few that the processor has them near: what is let go is then not waited
/// for, and hardly anybody asks for one that is long gone.
const KEPT: usize = 1 << 8;

/// What is kept, behind a lock.
#[derive(Debug, Default)]
pub(crate) struct Readings(Mutex<Kept>);

#[derive(Debug)]
struct Kept {
    /// The incident that came last: nobody asks for most of them after the next one came.
    latest: Place,
    /// Each incident has one place, which it shares with every [`KEPT`]th other; the last one that was read again stands
    /// there.
    places: Box<[Place]>,
}

/// Where one reading may lie.
type Place = Option<(Slot, Arc<Incident>)>;

impl Default for Kept {
    fn default() -> Self {
        Self { latest: None, places: vec![None; KEPT].into() }
    }
}

impl Readings {
    /// The incident; read if it is not kept.
    pub(crate) fn of(&self, slot: Slot, read: impl FnOnce() -> Incident) -> Arc<Incident> {
        let is_it = |kept: &&(Slot, Arc<Incident>)| kept.0 == slot;
        let kept = self.kept();
        let at_hand = [&kept.latest, &kept.places[place(slot)]].into_iter().flatten().find(is_it);
        if let Some((_, incident)) = at_hand {
            return Arc::clone(incident);
        }
        drop(kept);
        let incident = Arc::new(read());
        self.kept().places[place(slot)] = Some((slot, Arc::clone(&incident)));
        incident
    }

    /// The incident came just now.
    pub(crate) fn keep(&self, slot: Slot, incident: Arc<Incident>) {
        self.kept().latest = Some((slot, incident));
    }

    /// The incident says something else now.
    pub(crate) fn forget(&self, slot: Slot) {
        let mut kept = self.kept();
        let Kept { latest, places } = &mut *kept;
        for place in [latest, &mut places[place(slot)]] {
            if place.as_ref().is_some_and(|(kept, _)| *kept == slot) {
                *place = None;
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Every place is whole at any time.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(slot: Slot) -> usize {
    slot as usize % KEPT
}
