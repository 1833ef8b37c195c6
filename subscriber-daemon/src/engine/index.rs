//! Posting lists: for each key, the incidents that carry it.

use hashbrown::HashTable;
use serde::{Deserialize, Serialize};

use super::day::Day;
use super::key::{KeyClass, KeyId};

/// Number of an incident in the order of its arrival.
pub type Slot = u32;

/// Number of a key in the order of its first use: its shard in the low bits, its place there above them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct KeyNumber(u32);

const SHARD_BITS: u32 = 10;

/// All posting lists, in shards of which each grows alone.
#[derive(Debug)]
pub(crate) struct Index {
    shards: Vec<Shard>,
}

#[derive(Debug, Default)]
struct Shard {
    /// Places in `hubs`, found by the key's hash.
    table: HashTable<u32>,
    hubs: Vec<Hub>,
}

/// One key and the incidents that share it.
#[derive(Debug)]
pub(crate) struct Hub {
    pub id: KeyId,
    pub class: KeyClass,
    /// True if a lead ever opened here.
    pub has_leads: bool,
    postings: Postings,
}

/// An incident in a posting list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Posting {
    /// The first day on which it may have happened.
    pub day: Day,
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
    /// By day and slot.
    postings: Vec<Posting>,
    /// How many retracted incidents carry the key.
    retracted: u32,
}

impl Hub {
    /// The incidents, by day and slot.
    pub(crate) fn postings(&self) -> &[Posting] {
        match &self.postings {
            Postings::None => &[],
            Postings::One(posting) => std::slice::from_ref(posting),
            Postings::Many(many) => &many.postings,
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

impl Default for Index {
    fn default() -> Self {
        Self { shards: (0..1 << SHARD_BITS).map(|_| Shard::default()).collect() }
    }
}

impl Index {
    /// Adds an incident under a key.
    pub(crate) fn add(&mut self, id: KeyId, class: KeyClass, posting: Posting) -> KeyNumber {
        let number = self.number(id, class);
        let hub = self.hub_mut(number);
        match &mut hub.postings {
            Postings::None => hub.postings = Postings::One(posting),
            Postings::One(only) if *only == posting => {}
            Postings::One(only) => {
                let postings = vec![posting.min(*only), posting.max(*only)];
                hub.postings = Postings::Many(Box::new(Many { postings, retracted: 0 }));
            }
            Postings::Many(many) => {
                if let Err(position) = many.postings.binary_search(&posting) {
                    many.postings.insert(position, posting);
                }
            }
        }
        number
    }

    /// Notes that a retracted incident carries a key.
    pub(crate) fn add_retracted(&mut self, id: KeyId, class: KeyClass) -> KeyNumber {
        let number = self.number(id, class);
        let hub = self.hub_mut(number);
        let mut many = match std::mem::replace(&mut hub.postings, Postings::None) {
            Postings::None => Box::default(),
            Postings::One(only) => Box::new(Many { postings: vec![only], retracted: 0 }),
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
    pub(crate) fn remove(&mut self, number: KeyNumber, posting: Posting) {
        let hub = self.hub_mut(number);
        match &mut hub.postings {
            Postings::One(only) if *only == posting => hub.postings = Postings::None,
            Postings::Many(many) => many.postings.retain(|other| *other != posting),
            Postings::None | Postings::One(_) => {}
        }
    }

    /// The hub with this number.
    pub(crate) fn hub(&self, number: KeyNumber) -> &Hub {
        let (shard, place) = number.split();
        &self.shards[shard].hubs[place]
    }

    /// The number of a key, if any incident ever carried it.
    pub(crate) fn find(&self, id: KeyId) -> Option<KeyNumber> {
        let shard = shard_of(id);
        self.shards[shard].find(id).map(|place| KeyNumber::new(shard, place))
    }

    /// Notes that a lead opened at a hub.
    pub(crate) fn mark_leads(&mut self, number: KeyNumber) {
        self.hub_mut(number).has_leads = true;
    }

    fn number(&mut self, id: KeyId, class: KeyClass) -> KeyNumber {
        let shard_number = shard_of(id);
        let Shard { table, hubs } = &mut self.shards[shard_number];
        let entry =
            table.entry(id.hash(), |place| hubs[*place as usize].id == id, |place| hubs[*place as usize].id.hash());
        let place = match entry {
            hashbrown::hash_table::Entry::Occupied(entry) => *entry.get(),
            hashbrown::hash_table::Entry::Vacant(entry) => {
                let place = u32::try_from(hubs.len()).expect("fewer than four billion keys fit in memory");
                entry.insert(place);
                hubs.push(Hub { id, class, has_leads: false, postings: Postings::None });
                place
            }
        };
        KeyNumber::new(shard_number, place)
    }

    fn hub_mut(&mut self, number: KeyNumber) -> &mut Hub {
        let (shard, place) = number.split();
        &mut self.shards[shard].hubs[place]
    }
}

impl Shard {
    fn find(&self, id: KeyId) -> Option<u32> {
        self.table.find(id.hash(), |place| self.hubs[*place as usize].id == id).copied()
    }
}

impl KeyNumber {
    fn new(shard: usize, place: u32) -> Self {
        Self((place << SHARD_BITS) | shard as u32)
    }

    fn split(self) -> (usize, usize) {
        ((self.0 & ((1 << SHARD_BITS) - 1)) as usize, (self.0 >> SHARD_BITS) as usize)
    }
}

fn shard_of(id: KeyId) -> usize {
    (id.spread() >> (u32::BITS - SHARD_BITS)) as usize
}
