//! Finding incidents by what they say, by what came of them, and by how they came here.
//!
//! Identifiers and places lead to incidents by their hubs, words by their posting lists; everything else is looked up on
//! the cards, in the order in which they lie. Names are compared once for each spelling.

mod condition;
mod cursor;
mod excerpt;
mod wording;

use std::cmp::Reverse;

use backtrail_bus::fold;
use backtrail_bus::incident::{Identifier, IdentifierKind, Incident, Party, Standing};
use backtrail_bus::query::{FindAnswer, FindQuery, FoundIncident, Sort};

use self::condition::Conditions;
pub(super) use self::condition::called;
pub(super) use self::cursor::FrozenOrders;
use self::cursor::{After, Cursor};
use self::excerpt::excerpt;
use self::wording::Wording;
use super::catalogue::Card;
use super::index::Slot;
use super::key::{Key, Mark};
use super::observation::Observation;
use super::question::QuestionError;
use super::store::Reader;
use super::{Engine, summary};

/// When more incidents than this are not read yet, a question about all of them has to wait.
const MAX_READ_AT_ONCE: usize = 20_000;

/// Where an incident stands in the order that was asked for; of two with one rank the one that came later is first.
type Place = (i64, Reverse<Slot>);

/// One question on its way through the incidents.
pub(super) struct Search<'e> {
    engine: &'e Engine,
    query: &'e FindQuery,
    conditions: Conditions,
    wording: Option<Wording>,
    /// The incidents that a key leads to, where one was asked for.
    carrying: Option<Vec<Slot>>,
}

impl Engine {
    /// Incidents for which everything that is asked for holds, page by page.
    ///
    /// A page holds those that were there when the first page was asked for, whatever came since: each once, in one
    /// order. An incident that was revised in between may have moved.
    pub fn find_all(&mut self, query: &FindQuery) -> Result<FindAnswer, QuestionError> {
        self.read_for(query)?;
        let limit = query.limit.clamp(1, FindQuery::MAX_LIMIT);
        let cursor = query.cursor.as_deref().map(|text| Cursor::read(text, query, &self.store)).transpose()?;
        let search = Search::new(self, query)?;
        let held = cursor.as_ref().map_or(self.store.next_slot(), |cursor| cursor.held);
        let (slots, total, after) = match (query.sort, cursor.map(|cursor| cursor.after)) {
            (Sort::Bits, Some(After::Place { order, place })) => {
                let order_then = self.frozen.get(order)?;
                let page = FrozenOrders::page(order_then, place, limit);
                let next = place + page.len();
                let fits = |slot: &Slot| query.retracted || !self.store.held(*slot).is_retracted;
                let slots = page.iter().copied().filter(fits).collect();
                (slots, order_then.len(), (next < order_then.len()).then_some(After::Place { order, place: next }))
            }
            (Sort::Bits, _) => {
                let order: Vec<Slot> = search.all(held).into_iter().map(|(_, Reverse(slot))| slot).collect();
                let (slots, total) = (FrozenOrders::page(&order, 0, limit).to_vec(), order.len());
                let (found, left_out) = (search.describe(&slots), search.left_out());
                let next = (total > limit).then(|| After::Place { order: self.frozen.keep(order), place: limit });
                return Ok(self.answer_of(query, found, total, held, next, left_out));
            }
            (_, after) => search.page(held, limit, after),
        };
        let (found, left_out) = (search.describe(&slots), search.left_out());
        Ok(self.answer_of(query, found, total, held, after, left_out))
    }

    /// The incidents that fit, at most so many of the latest, latest first, and how many there are in all.
    pub(super) fn find_latest(
        &mut self,
        query: &FindQuery,
        limit: usize,
    ) -> Result<(Vec<Slot>, usize, Vec<String>), QuestionError> {
        let query = FindQuery { sort: Sort::DateDown, cursor: None, ..query.clone() };
        self.read_for(&query)?;
        let search = Search::new(self, &query)?;
        let (slots, total, _) = search.page(self.store.next_slot(), limit, None);
        Ok((slots, total, search.left_out()))
    }

    /// Reads everything, or what is left of it; an error if that takes too long.
    pub(super) fn read_everything(&mut self) -> Result<(), QuestionError> {
        let unread = self.unread();
        if unread > MAX_READ_AT_ONCE {
            let held = self.store.len();
            return Err(QuestionError::NotYet { read: held.saturating_sub(unread), held });
        }
        self.read_for_questions(unread);
        Ok(())
    }

    /// Reads what the question is about: where keys lead to it, only that.
    fn read_for(&mut self, query: &FindQuery) -> Result<(), QuestionError> {
        let carrying = if query.retracted { None } else { self.carrying(query)? };
        match carrying {
            Some(slots) if slots.len() <= MAX_READ_AT_ONCE => self.catalogue.read_these(&self.store, &slots),
            _ => self.read_everything()?,
        }
        Ok(())
    }

    /// The incidents that carry the identifier and the place that are asked for, ascending.
    fn carrying(&self, query: &FindQuery) -> Result<Option<Vec<Slot>>, QuestionError> {
        let mut carrying: Option<Vec<Slot>> = None;
        for key in keys_of(query)? {
            let mut slots = self.index.find(key.id()).map(|number| self.index.hub(number).slots()).unwrap_or_default();
            if query.retracted {
                slots.extend(self.retracted_with(&key));
                slots.sort_unstable();
            }
            carrying = Some(match carrying {
                None => slots,
                Some(before) => before.into_iter().filter(|slot| slots.binary_search(slot).is_ok()).collect(),
            });
        }
        Ok(carrying)
    }

    /// Hubs only count the incidents that were taken back, so these are read; they are few.
    fn retracted_with(&self, key: &Key) -> Vec<Slot> {
        let reader = Reader::new(&self.store);
        let retracted = self.catalogue.live().filter(|(_, card)| card.is_retracted).map(|(_, card)| card.slot);
        retracted.filter(|slot| Observation::of(&reader.read(*slot)).key(key.id(), key.class()).is_some()).collect()
    }

    /// What is shown of an incident, whatever was asked for.
    pub(super) fn shown(&self, slot: Slot, incident: &Incident) -> FoundIncident {
        FoundIncident {
            incident: summary(incident),
            is_retracted: self.store.held(slot).is_retracted,
            circles: self.circles.of(slot).cloned().collect(),
            party: None,
            distance_km: None,
            bits: None,
            excerpt: None,
        }
    }

    fn answer_of(
        &self,
        query: &FindQuery,
        incidents: Vec<FoundIncident>,
        total: usize,
        held: Slot,
        after: Option<After>,
        left_out: Vec<String>,
    ) -> FindAnswer {
        let next = after.map(|after| Cursor { held, after }.write(query, &self.store));
        FindAnswer { incidents, total, next, left_out }
    }
}

impl<'e> Search<'e> {
    pub(super) fn new(engine: &'e Engine, query: &'e FindQuery) -> Result<Self, QuestionError> {
        if query.sort == Sort::Distance && query.near.is_none() {
            return Err(QuestionError::refused("no position", "one to sort by the distance from it"));
        }
        if query.sort == Sort::Relevance && query.text.is_none() {
            return Err(QuestionError::refused("no text", "one to sort by how well it is met"));
        }
        let wording = query.text.as_deref().map(|text| Wording::read(text, engine)).transpose()?;
        let conditions = Conditions::of(query, engine)?;
        Ok(Self { engine, query, conditions, wording, carrying: engine.carrying(query)? })
    }

    /// The slots of a page in order, how many fit in all, and where the next page begins.
    fn page(&self, held: Slot, limit: usize, after: Option<After>) -> (Vec<Slot>, usize, Option<After>) {
        let after = after.and_then(|after| match after {
            After::Incident { rank, slot } => Some((rank, Reverse(slot))),
            After::Place { .. } => None,
        });
        let mut first = First::new(limit + 1);
        let mut total = 0;
        self.for_each(held, |place| {
            total += 1;
            if after.is_none_or(|after| place > after) {
                first.push(place);
            }
        });
        let mut page = first.into_sorted();
        let has_more = page.len() > limit;
        page.truncate(limit);
        let next =
            page.last().filter(|_| has_more).map(|(rank, Reverse(slot))| After::Incident { rank: *rank, slot: *slot });
        (page.into_iter().map(|(_, Reverse(slot))| slot).collect(), total, next)
    }

    /// All places in order.
    fn all(&self, held: Slot) -> Vec<Place> {
        let mut all = Vec::new();
        self.for_each(held, |place| all.push(place));
        all.sort_unstable();
        all
    }

    /// Calls `take` with the place of each incident that fits, of those that were `held`.
    fn for_each(&self, held: Slot, mut take: impl FnMut(Place)) {
        let catalogue = &self.engine.catalogue;
        let mut consider = |card: &Card, relevance: u16| {
            if card.slot < held && self.conditions.hold(card, self.engine) {
                take((self.rank(card, relevance), Reverse(card.slot)));
            }
        };
        match (&self.carrying, &self.wording) {
            (Some(slots), None) => {
                let entries = slots.iter().filter_map(|slot| catalogue.entry_of(*slot));
                entries.filter_map(|entry| catalogue.card(entry)).for_each(|card| consider(card, 0));
            }
            (carrying, Some(wording)) => {
                for (entry, relevance) in wording.entries(catalogue) {
                    let Some(card) = catalogue.card(entry) else { continue };
                    if carrying.as_ref().is_none_or(|slots| slots.binary_search(&card.slot).is_ok()) {
                        consider(card, relevance);
                    }
                }
            }
            (None, None) => catalogue.live().for_each(|(_, card)| consider(card, 0)),
        }
    }

    /// The lower the earlier.
    fn rank(&self, card: &Card, relevance: u16) -> i64 {
        let day = i64::from(card.first_day.0);
        match self.query.sort {
            Sort::DateDown => -day,
            Sort::Date => day,
            // Numbers from 0 on have the order of their bits.
            Sort::Bits => -i64::from(self.conditions.bits(card.slot).to_bits()),
            Sort::Quantity => match self.conditions.most_kg(self.engine.catalogue.arenas.lines(card)) {
                Some(kg) => -i64::from(kg.to_bits()),
                None => 1,
            },
            Sort::Distance => self.conditions.distance_km(card).map_or(i64::MAX, |km| i64::from((km as f32).to_bits())),
            Sort::Relevance => -i64::from(relevance),
        }
    }

    fn left_out(&self) -> Vec<String> {
        self.conditions.left_out().into_iter().collect()
    }

    /// What is shown of incidents.
    pub(super) fn describe(&self, slots: &[Slot]) -> Vec<FoundIncident> {
        slots.iter().map(|slot| self.found(*slot)).collect()
    }

    fn found(&self, slot: Slot) -> FoundIncident {
        let engine = self.engine;
        let incident = Reader::new(&engine.store).incident(slot);
        let catalogue = &engine.catalogue;
        let entry = catalogue.entry_of(slot);
        let card = entry.and_then(|entry| catalogue.card(entry));
        let party = card.and_then(|card| self.conditions.party(catalogue, card));
        let is_about_bits = self.query.min_bits.is_some() || self.query.sort == Sort::Bits;
        let hits = self.wording.as_ref().map(|wording| wording.hits(&catalogue.words));
        FoundIncident {
            party: party.and_then(|place| incident.parties.get(place)).map(described),
            distance_km: card.and_then(|card| self.conditions.distance_km(card)),
            bits: is_about_bits.then(|| f64::from(self.conditions.bits(slot))),
            excerpt: hits.and_then(|hits| excerpt(&incident, &hits)),
            ..engine.shown(slot, &incident)
        }
    }
}

/// A party with its role, and its standing where that says more than that a name stands on a document.
pub(super) fn described(party: &Party) -> String {
    let standing = match party.standing {
        Standing::NamedOnDocument => "",
        Standing::Verified => " (verified)",
        Standing::Suspect => " (suspect)",
        Standing::MisusedIdentity => " (misused identity)",
    };
    format!("{} {:?}{standing}", party.role.code().replace('-', " "), party.name)
}

/// The first of many places, so many of them.
struct First {
    most: usize,
    places: Vec<Place>,
    /// Once so many were seen: none after this one is among them.
    bound: Option<Place>,
}

impl First {
    fn new(most: usize) -> Self {
        Self { most, places: Vec::with_capacity(2 * most + 512), bound: None }
    }

    fn push(&mut self, place: Place) {
        if self.bound.is_some_and(|bound| place >= bound) {
            return;
        }
        self.places.push(place);
        if self.places.len() == 2 * self.most + 512 {
            self.places.select_nth_unstable(self.most - 1);
            self.places.truncate(self.most);
            self.bound = self.places.last().copied();
        }
    }

    fn into_sorted(mut self) -> Vec<Place> {
        self.places.sort_unstable();
        self.places.truncate(self.most);
        self.places
    }
}

/// The keys of which an incident must carry each.
fn keys_of(query: &FindQuery) -> Result<Vec<Key>, QuestionError> {
    let mut keys = Vec::new();
    if let Some((kind, value)) = &query.identifier {
        let identifier = Identifier::new(*kind, fold::cut(value, 300).to_owned());
        let normal = identifier.normal_form();
        keys.push(match kind {
            IdentifierKind::Lot => {
                Key::Material { mark: Mark::Lot, family: None, text: fold::squash(&identifier.value).into() }
            }
            _ if normal.chars().count() > 3 => Key::Identifier { kind: *kind, normal: normal.into() },
            _ => return Err(QuestionError::refused(format_args!("{value:?}"), "an identifier of four signs or more")),
        });
    }
    if let Some(place) = &query.place {
        keys.push(Key::Place(place.as_str().into()));
    }
    Ok(keys)
}

#[cfg(test)]
mod tests;
