//! Posting lists: for each key, the incidents that carry it.

use std::hint::black_box;

use smallvec::SmallVec;

use super::day::Day;
use super::facts::Facts;
use super::key::{KeyClass, KeyId};
use super::mark::Mark;
use super::name::Outline;
use super::numbered::Numbered;
use super::sharded::ChunkedVec;

/// Number of an incident in the order of its arrival.
pub type Slot = u32;

/// Number of a key in the order of its first use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct KeyNumber(u32);

/// Those of one incident.
pub(crate) type KeyNumbers = SmallVec<[KeyNumber; 16]>;

/// All posting lists.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Which number a key has.
    numbers: Numbered,
    /// By number: what came first with one incident lies side by side, and mostly comes together again.
    hubs: ChunkedVec<Hub>,
}

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

/// Most keys have one incident, and most of the memory is theirs.
#[derive(Debug)]
enum Postings {
    None,
    One(Posting),
    Many(Box<Many>),
}

#[derive(Debug, Default)]
struct Many {
    /// In order; a few of them stand here themselves.
    postings: SmallVec<[Posting; 4]>,
    /// How many retracted incidents carry the key.
    retracted: u32,
    /// The different names that meet here, where names are compared with one another.
    spellings: Vec<Spelling>,
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
    /// The incidents, by day and mark.
    pub(crate) fn postings(&self) -> &[Posting] {
        match &self.postings {
            Postings::None => &[],
            Postings::One(posting) => std::slice::from_ref(posting),
            Postings::Many(many) => &many.postings,
        }
    }

    fn add(&mut self, posting: Posting) {
        match &mut self.postings {
            Postings::None => self.postings = Postings::One(posting),
            Postings::One(only) if *only == posting => {}
            Postings::One(only) => {
                let postings = SmallVec::from_slice(&[posting.min(*only), posting.max(*only)]);
                self.postings = Postings::Many(Box::new(Many { postings, ..Many::default() }));
            }
            Postings::Many(many) => many.insert(posting),
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

    /// False if no spelling of a name that was noted here may be another name that was.
    pub(crate) fn has_name_near(&self, name: KeyNumber) -> bool {
        let Postings::Many(many) = &self.postings else { return false };
        let mut own = many.spellings.iter().filter(|spelling| spelling.name == name);
        own.any(|own| many.spellings.iter().any(|other| own.may_be(*other)))
    }

    /// True if so many share it that it says nothing. One that was hot before incidents were retracted stays so until a
    /// quarter of them is gone: otherwise a lead would come and go with every post and retraction. Both numbers depend on
    /// the incidents alone, not on the order of their arrival.
    pub(crate) fn is_hot(&self) -> bool {
        let limit = self.class.hot_above();
        let retracted = match &self.postings {
            Postings::Many(many) => many.retracted as usize,
            _ => 0,
        };
        self.len() > limit || (self.len() + retracted > limit && self.len() > limit / 4 * 3)
    }
}

impl Index {
    /// Adds an incident under its keys, each of which stands there once.
    pub(crate) fn add(&mut self, keys: &[(KeyId, KeyClass)], facts: &Facts, slot: Slot) -> KeyNumbers {
        let known = self.bring_near(keys);
        let posting = |place| Posting { day: facts.first_day, slot, mark: Mark::of(facts, keys, place) };
        let numbers = keys.iter().zip(known).enumerate().map(|(place, ((id, class), known))| {
            let number = known.unwrap_or_else(|| self.add_key(*id, *class));
            self.hub_mut(number).add(posting(place));
            number
        });
        numbers.collect()
    }

    /// Looks at what all keys of an incident lead to, step by step for all of them: memory that is far away is waited for
    /// once a step, and not once a step and key. Gives the numbers of those that were used before.
    fn bring_near(&self, keys: &[(KeyId, KeyClass)]) -> SmallVec<[Option<KeyNumber>; 24]> {
        // Two keys of one tag are rare; then the right one is looked for.
        let likely = keys.iter().map(|(id, _)| self.numbers.likely(id.parts()).map(KeyNumber));
        let likely: SmallVec<[Option<KeyNumber>; 24]> = likely.collect();
        let known = keys.iter().zip(likely).map(|((id, _), likely)| {
            let is_it = self.hub(likely?).id == *id;
            if is_it { likely } else { self.find(*id) }
        });
        let known: SmallVec<[Option<KeyNumber>; 24]> = known.collect();
        let latest = known.iter().flatten().filter_map(|number| self.hub(*number).postings().last());
        black_box(latest.map(|posting| posting.slot).max());
        known
    }

    /// Notes that a retracted incident carries these keys.
    pub(crate) fn add_retracted(&mut self, keys: &[(KeyId, KeyClass)]) -> KeyNumbers {
        keys.iter().map(|(id, class)| self.add_retracted_to(*id, *class)).collect()
    }

    fn add_retracted_to(&mut self, id: KeyId, class: KeyClass) -> KeyNumber {
        let number = self.number(id, class);
        let hub = self.hub_mut(number);
        let mut many = match std::mem::replace(&mut hub.postings, Postings::None) {
            Postings::None => Box::default(),
            Postings::One(only) => Box::new(Many { postings: SmallVec::from_slice(&[only]), ..Many::default() }),
            Postings::Many(many) => many,
        };
        many.retracted += 1;
        hub.postings = Postings::Many(many);
        number
    }

    /// Takes back [`Self::add_retracted`].
    pub(crate) fn remove_retracted(&mut self, number: KeyNumber) {
        if let Postings::Many(many) = &mut self.hub_mut(number).postings {
            many.retracted = many.retracted.saturating_sub(1);
        }
    }

    /// Takes an incident out of a hub.
    pub(crate) fn remove(&mut self, number: KeyNumber, day: Day, slot: Slot) {
        let hub = self.hub_mut(number);
        match &mut hub.postings {
            Postings::One(only) if only.slot == slot => hub.postings = Postings::None,
            Postings::Many(many) => {
                let from = many.postings.partition_point(|other| other.day < day);
                let mut of_day = many.postings[from..].iter().take_while(|other| other.day == day);
                if let Some(place) = of_day.position(|other| other.slot == slot) {
                    many.postings.remove(from + place);
                }
            }
            Postings::None | Postings::One(_) => {}
        }
    }

    /// The hub with this number.
    pub(crate) fn hub(&self, number: KeyNumber) -> &Hub {
        &self.hubs[number.0 as usize]
    }

    /// The number of a key, if any incident ever carried it.
    pub(crate) fn find(&self, id: KeyId) -> Option<KeyNumber> {
        self.numbers.find(id.parts(), |number| self.hub(KeyNumber(number)).id == id).map(KeyNumber)
    }

    /// Notes which name an incident brings to a hub where names are compared, as it was added. `spellings_of` gives the
    /// names that an incident has there.
    pub(crate) fn note_spelling(
        &mut self,
        number: KeyNumber,
        own: Spelling,
        spellings_of: impl Fn(Slot) -> SmallVec<[Spelling; 2]>,
    ) {
        let hub = self.hub_mut(number);
        let is_hot = hub.is_hot();
        let Postings::Many(many) = &mut hub.postings else { return };
        if is_hot {
            // Not followed any longer: whoever meets here when it has cooled is compared.
            hub.has_near_names = true;
            many.spellings = Vec::new();
        } else if many.spellings.is_empty() {
            let others = many.postings.iter().flat_map(|posting| spellings_of(posting.slot));
            others.for_each(|other| hub.has_near_names |= note(&mut many.spellings, other));
        } else {
            hub.has_near_names |= note(&mut many.spellings, own);
        }
    }

    /// Notes whether any lead is open at a hub.
    pub(crate) fn mark_leads(&mut self, number: KeyNumber, has_leads: bool) {
        self.hub_mut(number).has_leads = has_leads;
    }

    fn number(&mut self, id: KeyId, class: KeyClass) -> KeyNumber {
        self.find(id).unwrap_or_else(|| self.add_key(id, class))
    }

    /// Makes a hub for a key that has none.
    fn add_key(&mut self, id: KeyId, class: KeyClass) -> KeyNumber {
        let number = u32::try_from(self.hubs.len()).expect("fewer than four billion keys fit in memory");
        self.numbers.insert(id.parts(), number);
        self.hubs.push(Hub { id, class, has_leads: false, has_near_names: false, postings: Postings::None });
        KeyNumber(number)
    }

    fn hub_mut(&mut self, number: KeyNumber) -> &mut Hub {
        &mut self.hubs[number.0 as usize]
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

impl Many {
    /// Most of what comes is later than what came before.
    fn insert(&mut self, posting: Posting) {
        let later = self.postings.iter().rev().take(FROM_THE_END).take_while(|other| **other > posting).count();
        let place = match self.postings.len() - later {
            place if later < FROM_THE_END => place,
            place => self.postings[..place].partition_point(|other| *other <= posting),
        };
        if place == 0 || self.postings[place - 1] != posting {
            self.postings.insert(place, posting);
        }
    }
}

/// So many postings are passed one by one before a place is searched for.
const FROM_THE_END: usize = 8;
