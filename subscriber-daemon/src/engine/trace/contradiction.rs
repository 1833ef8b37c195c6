//! What does not fit together along a path: whoever confirms it must be able to explain these.

use backtrail_bus::incident::{Incident, Measure};
use backtrail_bus::lead::Evidence;
use backtrail_bus::trace::{Contradiction, Hop};

use super::hop::{Impossible, Way};
use crate::engine::Engine;
use crate::engine::families::Families;
use crate::engine::index::Slot;
use crate::engine::store::Reader;

/// So much more of a substance than before is no slip of the scales.
const GREW_BY: f64 = 1.1;
/// Impossible alternatives that are told of one incident.
const MAX_IMPOSSIBLE: usize = 3;

impl Engine {
    /// What speaks against one hop from an earlier incident to a later one.
    pub(super) fn against_hop(&self, earlier: Slot, later: Slot, hop: &Hop, way: Way) -> Vec<Contradiction> {
        let reader = Reader::new(&self.store);
        let (before, after) = (reader.incident(earlier), reader.incident(later));
        let say = |words: String| Contradiction { between: [before.incident_id, after.incident_id], words };
        let negative = hop.evidence.iter().filter(|evidence| evidence.bits < 0.0);
        let words = negative.map(|Evidence { words, bits, .. }| format!("{words} ({bits:+.1} bits)"));
        let families = |slot| &self.store.facts(slot).families;
        let are_known = !families(earlier).is_empty() && !families(later).is_empty();
        let is_other = are_known && Families::shipped().related(families(earlier), families(later)).is_none();
        let other = is_other.then(|| {
            let name = |incident: &Incident| incident.substances[0].name.clone();
            format!(
                "{:?} before and {:?} after: neither is of one family, nor made from the other",
                name(&before),
                name(&after)
            )
        });
        // Two shipments of one sender may be of any size.
        let grew = if way == Way::Passed { grew(&before, &after) } else { None };
        words.chain(other).chain(grew).map(say).collect()
    }

    /// What the evidence at one incident leads to as well, and cannot be.
    pub(super) fn impossible_alternatives(&self, slot: Slot, impossible: &[Impossible]) -> Vec<Contradiction> {
        let own = self.store.facts(slot).incident_id;
        let say = |alternative: &Impossible| {
            let Impossible { to, passage, words } = alternative;
            let (km, least) = passage.distance_km.zip(passage.least_days)?;
            let incident = Reader::new(&self.store).incident(*to);
            let name = incident.own_reference.clone().unwrap_or_else(|| incident.incident_id.to_string());
            let days = passage.days;
            let words = format!(
                "{name} cannot belong to it, although {words}: {km:.0} km in {days} days, and the fastest needs {least:.1}"
            );
            Some(Contradiction { between: [self.store.facts(*to).incident_id, own], words })
        };
        impossible.iter().take(MAX_IMPOSSIBLE).filter_map(say).collect()
    }
}

/// More of one substance after than before.
fn grew(before: &Incident, after: &Incident) -> Option<String> {
    let lines = after.substances.iter().filter_map(|line| Some((line, line.entry.as_ref()?, line.quantity.as_ref()?)));
    for (line, entry, quantity) in lines {
        let derived = quantity.derived.as_ref().filter(|derived| derived.measure != Measure::Other);
        let Some(now) = derived else { continue };
        let same = before.substances.iter().filter(|line| line.entry.as_ref() == Some(entry));
        let same = same.filter_map(|line| line.quantity.as_ref()?.derived.as_ref());
        let was: f64 = same.filter(|was| was.measure == now.measure).map(|was| was.value).sum();
        if was > 0.0 && now.value > was * GREW_BY {
            let reported = before.substances.iter().find(|line| line.entry.as_ref() == Some(entry));
            let reported = reported.and_then(|line| line.quantity.as_ref()).map(ToString::to_string);
            let reported = reported.unwrap_or_default();
            return Some(format!("{reported} of {} before and {quantity} after: more than came", line.name));
        }
    }
    None
}
