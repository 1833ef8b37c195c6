//! One key and the incidents that share it, in order.

use std::hint::black_box;

use smallvec::SmallVec;

use super::day::Day;
use super::index::{KeyNumber, Slot};
use super::key::{KeyClass, KeyId};
use super::mark::Mark;
use super::name::Outline;

/// One key and the incidents that share it.
#[derive(Debug)]
pub(crate) struct Hub {
    pub id: KeyId,
    pub class: KeyClass,
    /// True if a lead is open here.
    pub has_leads: bool,
    /// False as long as no two names that meet here can be nearly the same.
    pub has_near_names: bool,
    postings: Postings,
}

/// An incident in a posting list. In the order of the fields, so that what one mark tells of one day lies together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Posting {
    /// The first day on which it may have happened.
    pub day: Day,
    pub mark: Mark,
    pub slot: Slot,
}

/// Most keys have one incident, and most of the memory is theirs. The list of others is one step away from the hub: what is
/// far away in memory is waited for.
#[derive(Debug)]
enum Postings {
    One(Posting),
    /// None, or several in order.
    List(Vec<Posting>),
    Noted(Box<Noted>),
}

/// Postings with what is noted of those who meet.
#[derive(Debug)]
struct Noted {
    /// In order; a few of them stand here themselves.
    postings: SmallVec<[Posting; 4]>,
    /// How many retracted incidents carry the key.
    retracted: u32,
    /// The different names that meet here, where names are compared with one another.
    spellings: Vec<Spelling>,
}

impl Default for Postings {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl Noted {
    fn of(postings: &[Posting]) -> Box<Self> {
        Box::new(Self { postings: SmallVec::from_slice(postings), retracted: 0, spellings: Vec::new() })
    }
}

/// A name that meets others at a hub, as far as it takes to see that it is none of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spelling {
    /// The key of the whole name.
    pub name: KeyNumber,
    pub outline: Outline,
}

impl Spelling {
    /// True if two names may be one that was written in two ways.
    pub(crate) fn may_be(self, other: Self) -> bool {
        self.name != other.name && self.outline.may_be(other.outline)
    }
}

impl Hub {
    /// A key that no incident carries yet.
    pub(crate) fn new(id: KeyId, class: KeyClass) -> Self {
        Self { id, class, has_leads: false, has_near_names: false, postings: Postings::default() }
    }

    /// The incidents, by day and mark.
    pub(crate) fn postings(&self) -> &[Posting] {
        match &self.postings {
            Postings::One(posting) => std::slice::from_ref(posting),
            Postings::List(list) => list,
            Postings::Noted(noted) => &noted.postings,
        }
    }

    /// Looks at the ends of its lists, where most of what comes is put in.
    pub(crate) fn bring_near(&self) {
        black_box(self.postings().last().copied());
        if let Postings::Noted(noted) = &self.postings {
            black_box(noted.spellings.last().copied());
        }
    }

    /// Adds an incident, once.
    pub(crate) fn add(&mut self, posting: Posting) {
        let Some(place) = place_for(posting, self.postings()) else { return };
        match &mut self.postings {
            Postings::List(none) if none.is_empty() => self.postings = Postings::One(posting),
            Postings::One(only) => {
                let mut both = [*only; 2];
                both[place] = posting;
                self.postings = match self.class {
                    KeyClass::NearName => Postings::Noted(Noted::of(&both)),
                    _ => Postings::List(both.to_vec()),
                };
            }
            Postings::List(list) => list.insert(place, posting),
            Postings::Noted(noted) => noted.postings.insert(place, posting),
        }
    }

    /// Takes out an incident of this day.
    pub(crate) fn remove(&mut self, day: Day, slot: Slot) {
        let postings = self.postings();
        let from = postings.partition_point(|other| other.day < day);
        let Some(place) = (from..postings.len()).find(|place| postings[*place].slot == slot) else { return };
        match &mut self.postings {
            Postings::One(_) => self.postings = Postings::default(),
            Postings::List(list) => {
                list.remove(place);
            }
            Postings::Noted(noted) => {
                noted.postings.remove(place);
            }
        }
    }

    /// Notes that a retracted incident carries the key.
    pub(crate) fn add_retracted(&mut self) {
        if !matches!(self.postings, Postings::Noted(_)) {
            self.postings = Postings::Noted(Noted::of(self.postings()));
        }
        if let Postings::Noted(noted) = &mut self.postings {
            noted.retracted += 1;
        }
    }

    /// Takes back [`Self::add_retracted`].
    pub(crate) fn remove_retracted(&mut self) {
        if let Postings::Noted(noted) = &mut self.postings {
            noted.retracted = noted.retracted.saturating_sub(1);
        }
    }

    /// How many incidents share it.
    pub(crate) fn len(&self) -> usize {
        self.postings().len()
    }

    /// The incidents, ascending.
    pub(crate) fn slots(&self) -> Vec<Slot> {
        let mut slots: Vec<Slot> = self.postings().iter().map(|posting| posting.slot).collect();
        slots.sort_unstable();
        slots
    }

    /// Notes which name an incident brings that was added, where names are compared. `spellings_of` gives the names that
    /// an incident has here.
    pub(crate) fn note_spelling(&mut self, own: Spelling, spellings_of: impl Fn(Slot) -> SmallVec<[Spelling; 2]>) {
        let is_hot = self.is_hot();
        let Postings::Noted(noted) = &mut self.postings else { return };
        if is_hot {
            // Not followed any longer: whoever meets here when it has cooled is compared.
            self.has_near_names = true;
            noted.spellings = Vec::new();
        } else if noted.spellings.is_empty() {
            let others = noted.postings.iter().flat_map(|posting| spellings_of(posting.slot));
            others.for_each(|other| self.has_near_names |= note(&mut noted.spellings, other));
        } else {
            self.has_near_names |= note(&mut noted.spellings, own);
        }
    }

    /// False if no spelling of a name that was noted here may be another name that was.
    pub(crate) fn has_name_near(&self, name: KeyNumber) -> bool {
        let Postings::Noted(noted) = &self.postings else { return false };
        let mut own = noted.spellings.iter().filter(|spelling| spelling.name == name);
        own.any(|own| noted.spellings.iter().any(|other| own.may_be(*other)))
    }

    /// True if so many share it that it says nothing. One that was hot before incidents were retracted stays so until a
    /// quarter of them is gone: otherwise a lead would come and go with every post and retraction. Both numbers depend on
    /// the incidents alone, not on the order of their arrival.
    pub(crate) fn is_hot(&self) -> bool {
        let limit = self.class.hot_above();
        let retracted = match &self.postings {
            Postings::Noted(noted) => noted.retracted as usize,
            _ => 0,
        };
        self.len() > limit || (self.len() + retracted > limit && self.len() > limit / 4 * 3)
    }
}

/// Puts a name in, if none like it is there; true if it may be another spelling of one that is.
fn note(spellings: &mut Vec<Spelling>, own: Spelling) -> bool {
    if spellings.contains(&own) {
        return false;
    }
    let is_near = spellings.iter().any(|other| own.may_be(*other));
    spellings.push(own);
    is_near
}

/// Where a posting goes in a list that is in order; `None` if it is there. Most of what comes is later than what came
/// before, or nearly: looked for with steps from the end that double, it is found among what was read last.
fn place_for(posting: Posting, postings: &[Posting]) -> Option<usize> {
    let mut end = postings.len();
    let mut step = 1;
    let from = loop {
        let Some(from) = end.checked_sub(step) else { break 0 };
        if postings[from] <= posting {
            break from;
        }
        (end, step) = (from, step * 2);
    };
    let place = from + postings[from..end].partition_point(|other| *other <= posting);
    (place == 0 || postings[place - 1] != posting).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::key::Key;

    #[test]
    fn a_list_is_in_order_whatever_came_first() {
        let posting = |day: i32, slot: Slot| Posting { day: Day(day), mark: Mark::default(), slot };
        for class in [KeyClass::Corridor, KeyClass::NearName] {
            let mut hub = Hub::new(Key::Place("NLRTM".into()).id(), class);
            let mut expected = Vec::new();
            // Steps of 37 days over 101 lead to each of them once.
            for slot in 0..101 {
                let new = posting(slot as i32 * 37 % 101 / 2, slot);
                hub.add(new);
                hub.add(new);
                expected.push(new);
                expected.sort_unstable();
                assert_eq!(hub.postings(), expected);
            }
            for slot in (0..101).rev() {
                let gone = expected.iter().position(|posting| posting.slot == slot).map(|place| expected.remove(place));
                hub.remove(gone.unwrap().day, slot);
                hub.remove(gone.unwrap().day, slot);
                assert_eq!(hub.postings(), expected);
            }
        }
    }
}
