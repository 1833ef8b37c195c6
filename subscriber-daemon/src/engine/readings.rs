//! What incidents say, kept for a while: the latest ones, and those that were read again.
//!
//! A lead is put into words by what its members say, and one busy hub asks for the same members again and again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::index::Slot;
use super::observation::Observation;

/// How many are kept, a few kilobytes each.
const KEPT: usize = 1 << 12;

/// Each incident has one place, which it shares with every [`KEPT`]th other; the last one that was read stands there.
#[derive(Debug)]
pub(crate) struct Readings(Mutex<Box<[Place]>>);

/// Where one reading may lie.
type Place = Option<(Slot, Arc<Observation>)>;

impl Default for Readings {
    fn default() -> Self {
        Self(Mutex::new(vec![None; KEPT].into()))
    }
}

impl Readings {
    /// What the incident says; read if it is not kept.
    pub(crate) fn of(&self, slot: Slot, read: impl FnOnce() -> Observation) -> Arc<Observation> {
        if let Some((kept, observation)) = &self.places()[place(slot)]
            && *kept == slot
        {
            return Arc::clone(observation);
        }
        let observation = Arc::new(read());
        self.keep(slot, Arc::clone(&observation));
        observation
    }

    pub(crate) fn keep(&self, slot: Slot, observation: Arc<Observation>) {
        self.places()[place(slot)] = Some((slot, observation));
    }

    /// The incident says something else now.
    pub(crate) fn forget(&self, slot: Slot) {
        let mut places = self.places();
        let kept = &mut places[place(slot)];
        if kept.as_ref().is_some_and(|(kept, _)| *kept == slot) {
            *kept = None;
        }
    }

    fn places(&self) -> MutexGuard<'_, Box<[Place]>> {
        // Every place is whole at any time.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(slot: Slot) -> usize {
    slot as usize % KEPT
}
