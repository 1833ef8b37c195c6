//! What changed since the last time that the state was written down, and how it is put back.

use backtrail_bus::agency::CircleId;
use backtrail_bus::id::LeadId;
use backtrail_bus::judgement::Judgement;
use backtrail_bus::lead::LeadKind;
use backtrail_bus::stop_value::Stop;
use serde::{Deserialize, Serialize};

use super::Engine;
use super::book::Record;
use super::facts::{Facts, KeyList};
use super::index::Slot;
use super::key::{KeyClass, KeyId};

/// Notes of what is not written down yet.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// False where nobody writes anything down.
    is_noted: bool,
    incidents: Vec<Slot>,
    leads: Vec<LeadId>,
    judged: Vec<LeadId>,
    has_stops: bool,
}

impl Changes {
    pub(super) fn note_judgement(&mut self, lead_id: LeadId) {
        if self.is_noted {
            self.judged.push(lead_id);
        }
    }

    pub(super) fn note_stop(&mut self) {
        self.has_stops = self.is_noted;
    }

    pub(super) fn note_incident(&mut self, slot: Slot) {
        if self.is_noted {
            self.incidents.push(slot);
        }
    }

    pub(super) fn note_lead(&mut self, lead_id: LeadId) {
        if self.is_noted {
            self.leads.push(lead_id);
        }
    }
}

/// Incidents and leads as they are written down.
#[derive(Debug, Serialize)]
pub struct Written<'a> {
    incidents: Vec<WrittenIncident<'a>>,
    leads: Vec<(LeadId, &'a Record)>,
    judged: Vec<(LeadId, &'a [Judgement])>,
    /// All of them, if any changed: they are few.
    stops: Option<&'a [Stop]>,
}

#[derive(Debug, Serialize)]
struct WrittenIncident<'a> {
    slot: Slot,
    facts: &'a Facts,
    keys: Vec<(KeyId, KeyClass)>,
    payload: &'a str,
    is_retracted: bool,
    circles: Vec<&'a CircleId>,
}

/// The same as it is read again.
#[derive(Debug, Deserialize)]
pub struct Restored {
    incidents: Vec<RestoredIncident>,
    leads: Vec<(LeadId, Record)>,
    judged: Vec<(LeadId, Vec<Judgement>)>,
    stops: Option<Vec<Stop>>,
}

#[derive(Debug, Deserialize)]
struct RestoredIncident {
    slot: Slot,
    facts: Facts,
    keys: Vec<(KeyId, KeyClass)>,
    payload: String,
    is_retracted: bool,
    circles: Vec<CircleId>,
}

/// What was written down does not fit together.
#[derive(Debug, thiserror::Error)]
#[error("incident number {found} follows, expected at most {expected}")]
pub struct Unreadable {
    found: Slot,
    expected: Slot,
}

impl Restored {
    /// How many incidents it has.
    pub fn incident_count(&self) -> usize {
        self.incidents.len()
    }
}

impl Engine {
    /// An empty engine that notes its changes for [`Self::changes`].
    pub fn noting_changes() -> Self {
        let mut engine = Self::default();
        engine.changes.is_noted = true;
        engine
    }

    /// What changed since this was last called.
    pub fn changes(&mut self) -> Written<'_> {
        let mut incidents = std::mem::take(&mut self.changes.incidents);
        incidents.sort_unstable();
        incidents.dedup();
        let mut leads = std::mem::take(&mut self.changes.leads);
        leads.sort_unstable();
        leads.dedup();
        let mut judged = std::mem::take(&mut self.changes.judged);
        judged.sort_unstable();
        judged.dedup();
        let has_stops = std::mem::take(&mut self.changes.has_stops);
        Written {
            stops: has_stops.then(|| self.stops.all()),
            judged: judged.into_iter().map(|lead_id| (lead_id, self.judgements.of(lead_id))).collect(),
            incidents: incidents.into_iter().map(|slot| self.written(slot)).collect(),
            leads: leads.into_iter().filter_map(|lead_id| Some((lead_id, self.book.get(lead_id)?))).collect(),
        }
    }

    /// How many incidents are held, retracted ones among them.
    pub fn held_count(&self) -> usize {
        self.store.len()
    }

    /// Everything, in parts of so many incidents; leads and judgements come last.
    pub fn everything(&self, part: usize) -> impl Iterator<Item = Written<'_>> {
        let count = self.store.len();
        let starts = (0..count).step_by(part.max(1));
        let incidents = starts.map(move |start| Written {
            incidents: (start..count.min(start + part)).map(|slot| self.written(slot as Slot)).collect(),
            leads: Vec::new(),
            judged: Vec::new(),
            stops: None,
        });
        incidents.chain(std::iter::once_with(|| Written {
            incidents: Vec::new(),
            leads: self.book.all().collect(),
            judged: self.judgements.all().collect(),
            stops: Some(self.stops.all()),
        }))
    }

    /// Puts back what was written down, in the order of writing. [`Self::finish_restoring`] ends it.
    pub fn restore(&mut self, restored: Restored) -> Result<(), Unreadable> {
        for RestoredIncident { slot, facts, keys, payload, is_retracted, circles } in restored.incidents {
            let expected = self.store.next_slot();
            if slot > expected {
                return Err(Unreadable { found: slot, expected });
            }
            let held = (slot < expected).then_some(slot);
            self.put(held, facts, KeyList::from(keys), payload.into_bytes().into(), is_retracted);
            for circle in &circles {
                self.circles.add(slot, circle);
            }
        }
        for (lead_id, record) in restored.leads {
            self.book.restore(lead_id, record);
        }
        for (lead_id, history) in restored.judged {
            self.judgements.restore(lead_id, history);
        }
        if let Some(stops) = restored.stops {
            self.stops.restore(stops);
        }
        Ok(())
    }

    /// Derives what is not written down because it follows from the rest.
    pub fn finish_restoring(&mut self) {
        for (lead_id, record) in self.book.all() {
            if record.is_open()
                && let Some(hub) = self.index.find(record.hub)
            {
                self.index.mark_leads(hub, true);
            }
            if record.kind == LeadKind::PossibleDuplicate && record.is_open() {
                for (slot, _) in &record.members {
                    self.store.set_duplicate(*slot, lead_id, true);
                }
            }
        }
        self.strike_all();
    }

    fn written(&self, slot: Slot) -> WrittenIncident<'_> {
        let held = self.store.held(slot);
        let key = |number| {
            let hub = self.index.hub(number);
            (hub.id, hub.class)
        };
        WrittenIncident {
            slot,
            facts: &held.facts,
            keys: held.keys.iter().copied().map(key).collect(),
            payload: std::str::from_utf8(&held.payload).expect("it was read as JSON, which is UTF-8"),
            is_retracted: held.is_retracted,
            circles: self.circles.of(slot).collect(),
        }
    }
}
