//! Incidents by whose they are.

use std::collections::BTreeSet;

use backtrail_bus::agency::AgencyId;
use backtrail_bus::incident::{IdentifierKind, Incident};

use super::Engine;
use super::facts::Facts;
use super::index::Slot;
use super::key::Key;
use super::store::Reader;

/// A number that more incidents bear is followed no further.
const MOST_BEARERS: usize = 200;

impl Engine {
    /// The incidents of an originator among `at_most` that came from `from` on, and the number of the next one after
    /// them.
    pub(crate) fn incidents_of(&self, originator: &AgencyId, from: Slot, at_most: usize) -> (Slot, Vec<Incident>) {
        let to = self.store.len().min(from as usize + at_most) as Slot;
        let (reader, originator) = (Reader::new(&self.store), Facts::originator(originator));
        let own = (from..to).filter(|slot| self.store.facts(*slot).originator == originator);
        (to, own.map(|slot| reader.read(slot)).collect())
    }

    /// Whose incidents bear a number, in its form for comparing.
    pub(crate) fn originators_with(&self, kind: IdentifierKind, normal: &str) -> BTreeSet<AgencyId> {
        let key = Key::Identifier { kind, normal: normal.into() };
        let hub = self.index.find(key.id()).map(|number| self.index.hub(number));
        let slots = hub.into_iter().flat_map(|hub| hub.postings()).map(|posting| posting.slot);
        slots.take(MOST_BEARERS).map(|slot| self.store.originator(slot).clone()).collect()
    }
}
