//! To which circles incidents were posted, as far as this reader knows: by the subjects that they came on.
//!
//! A payload does not list its circles, so this is told to the engine beside it. Most incidents of a reader have one of a
//! few sets of circles, so an incident holds the number of its set.

use backtrail_bus::agency::CircleId;
use backtrail_bus::id::IncidentId;
use rustc_hash::FxHashMap;

use super::Engine;
use super::index::Slot;
use super::sharded::ChunkedVec;

/// Number of a circle in the order of its first use.
type CircleNumber = u16;
/// Number of a set of circles; 0 is the empty one.
type SetNumber = u32;

/// The circles of every incident.
#[derive(Debug, Default)]
pub(crate) struct Circles {
    names: Vec<CircleId>,
    /// All sets but the empty one, each with its members ascending.
    sets: Vec<Box<[CircleNumber]>>,
    numbers: FxHashMap<Box<[CircleNumber]>, SetNumber>,
    /// The set of each incident, by its number.
    of: ChunkedVec<SetNumber>,
}

/// For each set of circles, whether a wanted one is in it.
#[derive(Debug)]
pub(crate) struct HasCircle(Vec<bool>);

impl Circles {
    /// Notes that an incident came by a circle. False if that was known.
    pub(crate) fn add(&mut self, slot: Slot, circle: &CircleId) -> bool {
        while self.of.len() <= slot as usize {
            self.of.push(0);
        }
        let known = self.names.iter().position(|name| name == circle);
        let number = known.unwrap_or_else(|| {
            self.names.push(circle.clone());
            self.names.len() - 1
        });
        let number = CircleNumber::try_from(number).expect("an agency is in a few circles");
        let mut set = self.numbers_of(slot).to_vec();
        let Err(place) = set.binary_search(&number) else { return false };
        set.insert(place, number);
        let set: Box<[CircleNumber]> = set.into();
        self.of[slot as usize] = match self.numbers.get(&set) {
            Some(number) => *number,
            None => {
                self.sets.push(set.clone());
                let number = SetNumber::try_from(self.sets.len()).expect("no more sets than incidents");
                self.numbers.insert(set, number);
                number
            }
        };
        true
    }

    /// The circles of an incident.
    pub(crate) fn of(&self, slot: Slot) -> impl Iterator<Item = &CircleId> {
        self.numbers_of(slot).iter().map(|number| &self.names[usize::from(*number)])
    }

    /// Prepares looking for a circle.
    pub(crate) fn having(&self, circle: &CircleId) -> HasCircle {
        let number = self.names.iter().position(|name| name == circle);
        let has = |set: &[CircleNumber]| set.iter().any(|member| Some(usize::from(*member)) == number);
        HasCircle(std::iter::once(false).chain(self.sets.iter().map(|set| has(set))).collect())
    }

    /// True if the incident came by the circle that `wanted` was prepared for.
    pub(crate) fn has(&self, slot: Slot, wanted: &HasCircle) -> bool {
        wanted.0[self.set_of(slot) as usize]
    }

    fn set_of(&self, slot: Slot) -> SetNumber {
        if (slot as usize) < self.of.len() { self.of[slot as usize] } else { 0 }
    }

    fn numbers_of(&self, slot: Slot) -> &[CircleNumber] {
        match self.set_of(slot) {
            0 => &[],
            set => &self.sets[set as usize - 1],
        }
    }
}

impl Engine {
    /// Notes that an incident, in whichever revision, came by this circle.
    pub fn posted_to(&mut self, incident_id: IncidentId, circle: &CircleId) {
        if let Some(slot) = self.store.slot(incident_id)
            && self.circles.add(slot, circle)
        {
            self.changes.note_incident(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_has_every_circle_that_it_came_by_once() {
        let circle = |name: &str| CircleId::new(name).unwrap();
        let mut circles = Circles::default();
        assert!(circles.add(3, &circle("all")) && circles.add(3, &circle("opioids")) && circles.add(1, &circle("all")));
        assert!(!circles.add(3, &circle("all")));
        let of = |slot| circles.of(slot).map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            (of(0), of(1), of(3), of(9)),
            (vec![], vec!["all".into()], vec!["all".into(), "opioids".into()], vec![])
        );
        let has = |slot, name: &str| circles.has(slot, &circles.having(&circle(name)));
        assert!(has(3, "opioids") && has(1, "all") && !has(1, "opioids") && !has(9, "all") && !has(3, "other"));
    }
}
