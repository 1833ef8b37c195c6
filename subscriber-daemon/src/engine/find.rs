//! Finding incidents by what they carry.

use backtrail_bus::incident::Identifier;
use backtrail_bus::query::{FindAnswer, FindQuery, FoundIncident, LeadsQuery};
use rustc_hash::FxHashSet;

use super::day::Day;
use super::fingerprint::Fingerprint;
use super::index::Slot;
use super::key::Key;
use super::name::{Name, compare};
use super::observation::ObservedParty;
use super::party_name::PartyName;
use super::store::Reader;
use super::{Engine, summary};

/// Names of fewer bits in common are two names.
const SAME_NAME_BITS: f64 = 8.0;
/// Of the incidents that share a word with a name, so many of the latest are looked at.
const MAX_READ: usize = 2_000;

impl Engine {
    /// Incidents by what they carry, latest first. Nothing is found where nothing was asked for that a key leads to.
    pub fn find_all(&self, query: &FindQuery) -> FindAnswer {
        let keys = self.keys_of(query);
        let name = query.party.as_deref().and_then(Name::parse);
        let mut found: Option<FxHashSet<Slot>> = None;
        for alternatives in keys {
            let slots: FxHashSet<Slot> = alternatives.iter().flat_map(|key| self.carrying(key)).collect();
            found = Some(match found {
                None => slots,
                Some(before) => before.intersection(&slots).copied().collect(),
            });
        }
        let mut slots: Vec<Slot> = found.unwrap_or_default().into_iter().collect();
        slots.retain(|slot| self.fits(*slot, query));
        slots.sort_by_key(|slot| std::cmp::Reverse((self.store.facts(*slot).first_day, *slot)));
        if name.is_some() {
            slots.truncate(MAX_READ);
        }
        let reader = Reader::new(&self.store);
        let matched = |slot: &Slot| {
            let observation = reader.observation(*slot);
            let party = name.as_ref().map(|name| party_called(name, query, &observation.parties));
            match party {
                Some(None) => None,
                party => Some((*slot, party.flatten().map(described))),
            }
        };
        let all: Vec<(Slot, Option<String>)> = match name {
            Some(_) => slots.iter().filter_map(matched).collect(),
            None => slots.into_iter().map(|slot| (slot, None)).collect(),
        };
        let (total, limit) = (all.len(), query.limit.min(LeadsQuery::MAX_LIMIT));
        let page = all.into_iter().skip(query.offset).take(limit);
        let incidents =
            page.map(|(slot, party)| FoundIncident { incident: summary(&reader.observation(slot)), party }).collect();
        FindAnswer { incidents, total }
    }

    /// For each thing asked for, the keys of which one must be carried.
    fn keys_of(&self, query: &FindQuery) -> Vec<Vec<Key>> {
        let mut keys = Vec::new();
        if let Some((kind, value)) = &query.identifier {
            let normal = Identifier::new(*kind, value.clone()).normal_form();
            keys.push(vec![Key::Identifier { kind: *kind, normal }]);
        }
        if let Some(place) = &query.place {
            keys.push(vec![Key::Place(place.to_string())]);
        }
        if let Some(party) = &query.party {
            let name = PartyName::parse(party);
            let words = |name: PartyName| {
                let words = name.proper_words().iter().map(|word| Key::NameWord(word.clone())).collect::<Vec<_>>();
                [vec![Key::Party(name)], words].concat()
            };
            keys.push(name.map(words).unwrap_or_default());
        }
        keys
    }

    fn carrying(&self, key: &Key) -> Vec<Slot> {
        self.index.find(key.id()).map(|number| self.index.hub(number).slots()).unwrap_or_default()
    }

    fn fits(&self, slot: Slot, query: &FindQuery) -> bool {
        let facts = self.store.facts(slot);
        let family = query.family.as_ref().map(|family| Fingerprint::of(family.as_str()));
        family.is_none_or(|family| facts.families.contains(&family))
            && query.since.is_none_or(|since| facts.last_day >= Day::from(since))
            && query.until.is_none_or(|until| facts.first_day <= Day::from(until))
    }
}

/// The party of these that is called so, by the best fit.
fn party_called<'p>(name: &Name, query: &FindQuery, parties: &'p [ObservedParty]) -> Option<&'p ObservedParty> {
    let in_country = |party: &&ObservedParty| {
        query.party_country.is_none_or(|country| party.country.is_none_or(|own| own == country))
    };
    let fits = parties.iter().filter(in_country).filter_map(|party| {
        let bits = compare(name, &Name::parse(&party.written)?).bits;
        (bits >= SAME_NAME_BITS).then_some((bits, party))
    });
    fits.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, party)| party)
}

fn described(party: &ObservedParty) -> String {
    format!("{} {:?}", party.role.code().replace('-', " "), party.written)
}
