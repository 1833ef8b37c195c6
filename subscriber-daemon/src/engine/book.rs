//! The book of leads: what was said about each lead so far, and what must be said now.

use backtrail_bus::id::LeadId;
use backtrail_bus::lead::{LeadChange, LeadKind};
use serde::{Deserialize, Serialize};

use super::index::Slot;
use super::key::KeyId;
use super::lead::View;
use super::sharded::ShardedMap;

/// A change of bits alone is said only if it is at least this large.
const BITS_WORTH_SAYING: f64 = 1.0;

/// All leads that ever opened.
#[derive(Debug, Default)]
pub(crate) struct Book {
    records: ShardedMap<LeadId, Record>,
    by_hub: ShardedMap<KeyId, Vec<LeadId>>,
    open_count: usize,
}

/// A lead as it was last published.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    pub kind: LeadKind,
    pub hub: KeyId,
    /// What the members share, in words, and whose words they are.
    pub shared: String,
    pub spokesmen: Vec<(Slot, u32)>,
    /// Number of its last event.
    pub version: u32,
    /// Members with the revision that was published, ascending.
    pub members: Vec<(Slot, u32)>,
    pub bits: f64,
    /// The bits of its last event; smaller changes are kept and not said.
    said_bits: f64,
    /// Why it was closed, if it is.
    pub closed_because: Option<String>,
}

/// A change that must be published.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub change: LeadChange,
    /// The lead as its hub shows it now, without members if it was closed.
    pub view: View,
    /// Members that came or have a new revision.
    pub changed: Vec<Slot>,
    pub departed: Vec<Slot>,
}

impl Record {
    /// True until it is closed.
    pub(crate) fn is_open(&self) -> bool {
        self.closed_because.is_none()
    }

    /// The record as a view, for putting its evidence into words.
    pub(crate) fn view(&self, lead_id: LeadId) -> View {
        let members = self.members.iter().map(|(slot, _)| *slot).collect();
        View { lead_id, kind: self.kind, members, bits: self.bits }
    }

    /// Takes what the lead's hub shows now; `None` if it is not worth saying.
    fn take(&mut self, view: View, incoming: Slot, revision_of: impl Fn(Slot) -> u32) -> Option<Entry> {
        let (changed, departed) = self.members_beside(&view.members, incoming, revision_of);
        let more_bits = view.bits - self.said_bits;
        self.bits = view.bits;
        let is_same = self.is_open() && changed.is_empty() && departed.is_empty();
        if is_same && more_bits.abs() < BITS_WORTH_SAYING {
            return None;
        }
        let count_before = self.members.len();
        if !departed.is_empty() {
            self.members.retain(|(slot, _)| departed.binary_search(slot).is_err());
        }
        for (slot, revision) in &changed {
            // Most that come are the latest, so that nothing moves.
            match self.members.binary_search_by_key(slot, |(slot, _)| *slot) {
                Ok(place) => self.members[place].1 = *revision,
                Err(place) => self.members.insert(place, (*slot, *revision)),
            }
        }
        let is_grown = self.members.len() > count_before;
        let change = match (self.is_open(), is_grown || more_bits > 0.0, more_bits < 0.0) {
            (false, ..) => LeadChange::Opened,
            (true, true, _) => LeadChange::Strengthened,
            (true, false, true) => LeadChange::Weakened,
            (true, false, false) => LeadChange::Revised,
        };
        self.version += 1;
        self.said_bits = view.bits;
        self.closed_because = None;
        let changed = changed.into_iter().map(|(slot, _)| slot).collect();
        Some(Entry { change, view, changed, departed })
    }

    /// Who of the members `now`, ascending, came or has a new revision, which is said with it; and who is gone.
    fn members_beside(
        &self,
        now: &[Slot],
        incoming: Slot,
        revision_of: impl Fn(Slot) -> u32,
    ) -> (Vec<(Slot, u32)>, Vec<Slot>) {
        let (mut changed, mut departed) = (Vec::new(), Vec::new());
        // Most that come are the latest, so that nothing else is there to be seen.
        let is_as_said = |(slot, (said, _)): &(&Slot, &(Slot, u32))| *slot == said && **slot != incoming;
        let as_said = now.iter().zip(&self.members).take_while(is_as_said).count();
        let mut said = self.members[as_said..].iter().copied().peekable();
        for slot in now[as_said..].iter().copied() {
            while let Some((gone, _)) = said.next_if(|(other, _)| *other < slot) {
                departed.push(gone);
            }
            let before = said.next_if(|(other, _)| *other == slot).map(|(_, revision)| revision);
            if before.is_none() || slot == incoming {
                let revision = revision_of(slot);
                if before != Some(revision) {
                    changed.push((slot, revision));
                }
            }
        }
        departed.extend(said.map(|(slot, _)| slot));
        (changed, departed)
    }
}

impl Book {
    /// Compares what `hub` shows now with what was said, and notes what must be said.
    ///
    /// `incoming` is the incident that came, the only one that may have another revision than a lead that it is in
    /// says. `revision_of` gives the current revision of an incident, `closing` the reason for leads that are gone;
    /// `on_unsaid` is told of leads that changed too little to be said.
    pub(crate) fn reconcile(
        &mut self,
        hub: KeyId,
        views: Vec<View>,
        incoming: Slot,
        revision_of: impl Fn(Slot) -> u32,
        closing: &str,
        mut on_unsaid: impl FnMut(LeadId),
    ) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut shown: Vec<LeadId> = views.iter().map(|view| view.lead_id).collect();
        shown.sort_unstable();
        let known = self.by_hub.get(&hub).into_iter().flatten();
        let gone: Vec<LeadId> = known.copied().filter(|lead_id| shown.binary_search(lead_id).is_err()).collect();
        for lead_id in gone {
            entries.extend(self.close(lead_id, closing));
        }
        for view in views {
            let lead_id = view.lead_id;
            let Some(record) = self.records.get_mut(&lead_id) else {
                entries.push(self.open(hub, view, &revision_of));
                continue;
            };
            let (was_open, bits_before) = (record.is_open(), record.bits);
            match record.take(view, incoming, &revision_of) {
                Some(entry) => {
                    self.open_count += usize::from(!was_open);
                    entries.push(entry);
                }
                None if record.bits != bits_before => on_unsaid(lead_id),
                None => {}
            }
        }
        entries
    }

    /// The lead with this id.
    pub(crate) fn get(&self, lead_id: LeadId) -> Option<&Record> {
        self.records.get(&lead_id)
    }

    /// All leads that ever opened, in no particular order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (LeadId, &Record)> {
        self.records.iter().map(|(lead_id, record)| (*lead_id, record))
    }

    /// The leads of one hub.
    pub(crate) fn of_hub(&self, hub: KeyId) -> impl Iterator<Item = (LeadId, &Record)> {
        let ids = self.by_hub.get(&hub).into_iter().flatten();
        ids.filter_map(|lead_id| Some((*lead_id, self.records.get(lead_id)?)))
    }

    /// Puts a lead back as it was last published.
    pub(crate) fn restore(&mut self, lead_id: LeadId, record: Record) {
        let (hub, is_open) = (record.hub, record.is_open());
        let before = self.records.insert(lead_id, record);
        match before {
            Some(before) => self.open_count -= usize::from(before.is_open()),
            None => self.by_hub.or_default(hub).push(lead_id),
        }
        self.open_count += usize::from(is_open);
    }

    /// Notes in which words a lead was published.
    pub(crate) fn put_into_words(&mut self, lead_id: LeadId, shared: String, spokesmen: Vec<(Slot, u32)>) {
        if let Some(record) = self.records.get_mut(&lead_id) {
            record.shared = shared;
            record.spokesmen = spokesmen;
        }
    }

    /// How many leads are open.
    pub(crate) fn open_count(&self) -> usize {
        self.open_count
    }

    fn close(&mut self, lead_id: LeadId, reason: &str) -> Option<Entry> {
        let record = self.records.get_mut(&lead_id).filter(|record| record.is_open())?;
        self.open_count -= 1;
        record.version += 1;
        record.closed_because = Some(reason.to_owned());
        let departed = record.members.drain(..).map(|(slot, _)| slot).collect();
        let view = record.view(lead_id);
        Some(Entry { change: LeadChange::Closed, view, changed: Vec::new(), departed })
    }

    /// Notes a lead that was not there before.
    fn open(&mut self, hub: KeyId, view: View, revision_of: impl Fn(Slot) -> u32) -> Entry {
        self.open_count += 1;
        self.by_hub.or_default(hub).push(view.lead_id);
        let record = Record {
            kind: view.kind,
            hub,
            shared: String::new(),
            spokesmen: Vec::new(),
            version: 1,
            members: view.members.iter().map(|slot| (*slot, revision_of(*slot))).collect(),
            bits: view.bits,
            said_bits: view.bits,
            closed_because: None,
        };
        self.records.insert(view.lead_id, record);
        Entry { change: LeadChange::Opened, changed: view.members.clone(), view, departed: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::key::Key;

    #[test]
    fn says_who_came_who_was_revised_and_who_is_gone() {
        let hub = Key::Place("NLRTM".into()).id();
        let lead_id = LeadId::derive(LeadKind::Continuation.code(), "a");
        let view =
            |members: &[Slot]| View { lead_id, kind: LeadKind::Continuation, members: members.to_vec(), bits: 20.0 };
        let mut book = Book::default();
        // The incoming incident alone may have a new revision.
        let mut reconcile = |members: &[Slot], incoming: Slot, revision: u32| {
            let revision_of = |slot: Slot| if slot == incoming { revision } else { 1 };
            let entries = book.reconcile(hub, vec![view(members)], incoming, revision_of, "", |_| {});
            let said = |entry: Entry| (entry.change, entry.changed, entry.departed);
            (entries.into_iter().map(said).collect::<Vec<_>>(), book.get(lead_id).unwrap().members.clone())
        };
        let (said, held) = reconcile(&[2, 5, 9], 9, 1);
        assert_eq!(said, [(LeadChange::Opened, vec![2, 5, 9], vec![])]);
        assert_eq!(held, [(2, 1), (5, 1), (9, 1)]);
        let (said, held) = reconcile(&[5, 7, 9], 5, 2);
        assert_eq!(said, [(LeadChange::Revised, vec![5, 7], vec![2])]);
        assert_eq!(held, [(5, 2), (7, 1), (9, 1)]);
        let (said, held) = reconcile(&[3, 5, 7, 9, 11], 11, 1);
        assert_eq!(said, [(LeadChange::Strengthened, vec![3, 11], vec![])]);
        assert_eq!(held, [(3, 1), (5, 2), (7, 1), (9, 1), (11, 1)]);
        assert!(reconcile(&[3, 5, 7, 9, 11], 11, 1).0.is_empty());
    }
}
