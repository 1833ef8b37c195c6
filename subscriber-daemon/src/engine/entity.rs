//! Everything that is known of one party, under all its spellings.
//!
//! A name is compared with every spelling. What is written in one way in one country is taken as one party, and each such
//! group is compared with the one that is most likely meant, by name, address, contacts and country. Groups that are
//! probably somebody else are named, and nothing of theirs is counted.

mod tally;

use backtrail_bus::country::CountryCode;
use backtrail_bus::fold;
use backtrail_bus::incident::{IdentifierKind, Incident, Measure, Party, PartyRole, Standing};
use backtrail_bus::query::{
    Counted, Counterparty, Entity, EntityQuery, EntityRole, EntitySpelling, EntityStanding, EntitySubstance,
};
use backtrail_bus::substance_register::SubstanceRegister;
use rustc_hash::{FxHashMap, FxHashSet};

use self::tally::Tally;
use super::Engine;
use super::catalogue::country_number;
use super::day::Day;
use super::find::{called, described};
use super::index::Slot;
use super::model::Model;
use super::pair::parties_in_common;
use super::question::QuestionError;
use super::store::Reader;

/// Of the incidents that name it so many of the latest are read.
const MAX_READ: usize = 2_000;
/// Of the parties of one spelling so many that differ in what else is known are compared.
const MAX_COMPARED: usize = 8;
/// A name this much nearer to the one that was asked for is the one that is meant, in bits.
const CLEARLY_NEARER_BITS: f64 = 3.0;

/// The party once, as an incident names it.
struct Sighting {
    slot: Slot,
    first_day: Day,
    last_day: Day,
    party: Party,
    /// Bits that the name has in common with the one that was asked for.
    name_bits: f64,
}

/// Sightings that are written in one way, in one country.
struct Group<'s> {
    written: &'s str,
    country: Option<CountryCode>,
    sightings: Vec<&'s Sighting>,
}

impl Engine {
    /// What is known of the party with this name.
    pub fn entity(&mut self, query: &EntityQuery) -> Result<Entity, QuestionError> {
        self.read_everything()?;
        let limit = query.limit.clamp(1, EntityQuery::MAX_LIMIT);
        let (sightings, incidents, mut left_out) = self.sightings(query)?;
        let groups = groups(&sightings);
        let anchor = anchor(&groups);
        let name = groups[anchor].written.to_owned();
        let compared: Vec<EntitySpelling> = groups.iter().map(|group| spelling(group, &groups[anchor])).collect();
        let same: Vec<bool> = compared.iter().map(|spelling| spelling.probability >= 0.5).collect();
        let (mut spellings, mut others): (Vec<_>, Vec<_>) = (Vec::new(), Vec::new());
        for (spelling, is_same) in compared.into_iter().zip(&same) {
            if *is_same { spellings.push(spelling) } else { others.push(spelling) }
        }
        let mut own: Vec<&Sighting> = groups
            .iter()
            .zip(&same)
            .filter(|(_, is_same)| **is_same)
            .flat_map(|(group, _)| group.sightings.iter().copied())
            .collect();
        own.sort_by_key(|sighting| (sighting.first_day, sighting.slot));
        let slots: FxHashSet<Slot> = own.iter().map(|sighting| sighting.slot).collect();
        let known = Known::of(&own, &slots, &incidents);
        let mut cut = |what: &str, length: usize| {
            if length > limit {
                left_out.push(format!("{what} beyond {limit} ({})", length - limit));
            }
        };
        for (what, length) in [
            ("spellings", spellings.len()),
            ("other parties of a like name", others.len()),
            ("changes of standing", known.standings.len()),
            ("addresses", known.addresses.len()),
            ("contacts", known.contacts.len()),
            ("substances", known.substances.len()),
            ("counterparties", known.counterparties.len()),
            ("incidents", slots.len()),
        ] {
            cut(what, length);
        }
        let mut latest: Vec<Slot> = slots.iter().copied().collect();
        latest.sort_by_key(|slot| std::cmp::Reverse((self.store.facts(*slot).first_day, *slot)));
        let shown = latest.iter().take(limit).map(|slot| {
            let parties =
                own.iter().filter(|sighting| sighting.slot == *slot).map(|sighting| described(&sighting.party));
            let mut found = self.shown(*slot, &incidents[slot]);
            found.party = Some(parties.collect::<Vec<String>>().join("; "));
            found
        });
        let first = |mut list: Vec<EntitySpelling>| {
            list.truncate(limit);
            list
        };
        Ok(Entity {
            incident_count: slots.len(),
            first_day: own.first().map(|sighting| sighting.first_day.to_string()).unwrap_or_default(),
            last_day: own.iter().map(|sighting| sighting.last_day).max().map(|day| day.to_string()).unwrap_or_default(),
            one_party: spellings.iter().map(|spelling| spelling.probability).fold(1.0, f64::min),
            spellings: first(spellings),
            others: first(others),
            misused_count: known.misused_count,
            standings: known.standings.into_iter().rev().take(limit).rev().collect(),
            roles: known.roles.into_list(limit, |role, tallied| EntityRole {
                role,
                count: tallied.count,
                first_day: tallied.first_day.to_string(),
                last_day: tallied.last_day.to_string(),
            }),
            countries: known.countries.into_list(limit, counted),
            addresses: known.addresses.into_list(limit, counted),
            contacts: known.contacts.into_list(limit, counted),
            substances: known.substances.into_iter().take(limit).collect(),
            counterparties: known.counterparties.into_iter().take(limit).collect(),
            incidents: shown.collect(),
            name,
            left_out,
        })
    }

    /// Every place where a name stands that may be this one, with the incidents; what was left out, in words.
    #[expect(clippy::type_complexity, reason = "three things that are read in one pass")]
    fn sightings(
        &self,
        query: &EntityQuery,
    ) -> Result<(Vec<Sighting>, FxHashMap<Slot, Incident>, Vec<String>), QuestionError> {
        let called = called(&self.catalogue, &query.name)?;
        let country = country_number(query.country);
        let fits = |party: &super::catalogue::PartyCard| {
            called.bits.contains_key(&party.spelling)
                && (country == 0 || party.country == 0 || party.country == country)
        };
        let arenas = &self.catalogue.arenas;
        let live = self.catalogue.live().map(|(_, card)| card).filter(|card| !card.is_retracted);
        let mut cards: Vec<_> = live.filter(|card| arenas.parties(card).iter().any(fits)).collect();
        if cards.is_empty() {
            let place = query.country.map(|country| format!(" and of {country}")).unwrap_or_default();
            return Err(QuestionError::not_found(format_args!("called {:?}{place}", query.name)));
        }
        let mut left_out = Vec::new();
        if called.left_out > 0 {
            left_out.push(format!("names that share only common words with this one ({})", called.left_out));
        }
        cards.sort_by_key(|card| std::cmp::Reverse((card.first_day, card.slot)));
        if cards.len() > MAX_READ {
            left_out.push(format!("incidents before the latest {MAX_READ} ({})", cards.len() - MAX_READ));
            cards.truncate(MAX_READ);
        }
        let reader = Reader::new(&self.store);
        let (mut sightings, mut incidents) = (Vec::new(), FxHashMap::default());
        for card in cards {
            let incident = reader.read(card.slot);
            let parties = arenas.parties(card).iter().zip(&incident.parties).filter(|(party, _)| fits(party));
            sightings.extend(parties.map(|(number, party)| Sighting {
                slot: card.slot,
                first_day: card.first_day,
                last_day: card.last_day,
                party: party.clone(),
                name_bits: called.bits[&number.spelling],
            }));
            incidents.insert(card.slot, incident);
        }
        Ok((sightings, incidents, left_out))
    }
}

/// Sightings by spelling and country, the most frequent first.
fn groups(sightings: &[Sighting]) -> Vec<Group<'_>> {
    let mut places: FxHashMap<(&str, Option<CountryCode>), usize> = FxHashMap::default();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for sighting in sightings {
        let (written, country) = (sighting.party.name.as_str(), sighting.party.country);
        let place = *places.entry((written, country)).or_insert_with(|| {
            groups.push(Group { written, country, sightings: Vec::new() });
            groups.len() - 1
        });
        groups[place].sightings.push(sighting);
    }
    groups.sort_by(|a, b| {
        let key =
            |group: &Group<'_>| (std::cmp::Reverse(group.sightings.len()), group.written.to_owned(), group.country);
        key(a).cmp(&key(b))
    });
    groups
}

/// The group that is most likely meant: the most frequent of those whose name is as near as any.
fn anchor(groups: &[Group<'_>]) -> usize {
    let bits = |group: &Group<'_>| group.sightings[0].name_bits;
    let most = groups.iter().map(bits).fold(f64::NEG_INFINITY, f64::max);
    groups.iter().position(|group| bits(group) > most - CLEARLY_NEARER_BITS).expect("one group has the most")
}

/// What speaks for a group being the party that is meant: the best pair of reports of the two.
fn spelling(group: &Group<'_>, anchor: &Group<'_>) -> EntitySpelling {
    let (own, others) = (samples(group), samples(anchor));
    let pairs = own.iter().flat_map(|a| others.iter().map(move |b| (a, b)));
    // Two reports that say the same agree; a report does not agree with itself.
    let pairs = pairs.filter(|((a, count), (b, _))| !std::ptr::eq(*a, *b) || *count > 1);
    let best = pairs.map(|((a, _), (b, _))| parties_in_common(a, b)).max_by(|a, b| a.0.total_cmp(&b.0));
    let (bits, probability, words) = match best {
        Some((bits, words)) => (bits, Model::shipped().probability(bits), words),
        None => (0.0, 1.0, "named once".to_owned()),
    };
    EntitySpelling {
        written: group.written.to_owned(),
        country: group.country,
        count: group.sightings.len(),
        bits,
        probability,
        words,
    }
}

/// Parties of a group that differ in what is known beside name and country, with how often each is reported.
fn samples<'s>(group: &Group<'s>) -> Vec<(&'s Party, usize)> {
    let mut samples: Vec<(&Party, usize)> = Vec::new();
    for sighting in &group.sightings {
        let party = &sighting.party;
        let is_same = |other: &Party| {
            (&other.address, &other.phone, &other.email, &other.id_number)
                == (&party.address, &party.phone, &party.email, &party.id_number)
        };
        match samples.iter().position(|(other, _)| is_same(other)) {
            Some(place) => samples[place].1 += 1,
            None if samples.len() < MAX_COMPARED => samples.push((party, 1)),
            None => {}
        }
    }
    samples
}

/// What the sightings come to.
#[derive(Default)]
struct Known {
    misused_count: usize,
    standings: Vec<EntityStanding>,
    roles: Tally<PartyRole>,
    countries: Tally<String>,
    addresses: Tally<String>,
    contacts: Tally<String>,
    substances: Vec<EntitySubstance>,
    counterparties: Vec<Counterparty>,
}

impl Known {
    /// Of sightings in the order of time, and their incidents.
    fn of(own: &[&Sighting], slots: &FxHashSet<Slot>, incidents: &FxHashMap<Slot, Incident>) -> Self {
        let mut known = Self::default();
        let mut misused: FxHashSet<Slot> = FxHashSet::default();
        for Sighting { slot, first_day, last_day, party, .. } in own.iter().copied() {
            let days = (*first_day, *last_day);
            known.note_standing(party.standing, days);
            if party.standing == Standing::MisusedIdentity {
                misused.insert(*slot);
            }
            known.roles.note(party.role, &party.role, days);
            if let Some(country) = party.country {
                known.countries.note(country.to_string(), &country.to_string(), days);
            }
            if let Some(address) = &party.address {
                known.addresses.note(fold::words(address), address, days);
            }
            for contact in contacts(party) {
                known.contacts.note(contact.clone(), &contact, days);
            }
        }
        known.misused_count = misused.len();
        let mut slots: Vec<Slot> = slots.iter().copied().collect();
        slots.sort_unstable();
        let named = |slot: Slot, party: &Party| {
            own.iter().any(|sighting| sighting.slot == slot && sighting.party.name == party.name)
        };
        known.substances = substances(slots.iter().map(|slot| &incidents[slot]));
        known.counterparties = counterparties(slots.iter().flat_map(|slot| {
            incidents[slot].parties.iter().filter(|party| !named(*slot, party)).map(|party| (*slot, party))
        }));
        known
    }

    fn note_standing(&mut self, standing: Standing, (first_day, last_day): (Day, Day)) {
        match self.standings.last_mut() {
            Some(last) if last.standing == standing => {
                last.count += 1;
                last.last_day = last.last_day.clone().max(last_day.to_string());
            }
            _ => self.standings.push(EntityStanding {
                standing,
                count: 1,
                first_day: first_day.to_string(),
                last_day: last_day.to_string(),
            }),
        }
    }
}

fn counted(_: String, tallied: tally::Tallied) -> Counted {
    Counted {
        value: tallied.written,
        count: tallied.count,
        first_day: tallied.first_day.to_string(),
        last_day: tallied.last_day.to_string(),
    }
}

fn contacts(party: &Party) -> Vec<String> {
    let normal = |kind: IdentifierKind, value: &String| format!("{kind} {}", kind.normal_form(value));
    let phone = party.phone.iter().map(|phone| normal(IdentifierKind::Phone, phone));
    let email = party.email.iter().map(|email| normal(IdentifierKind::Email, email));
    let number = party.id_number.iter().map(|number| format!("number {number}"));
    phone.chain(email).chain(number).collect()
}

/// The substances of these incidents, the most frequent first.
fn substances<'i>(incidents: impl Iterator<Item = &'i Incident>) -> Vec<EntitySubstance> {
    let mut all: FxHashMap<String, EntitySubstance> = FxHashMap::default();
    for incident in incidents {
        let mut seen: FxHashSet<String> = FxHashSet::default();
        for line in &incident.substances {
            let entry = line.entry.as_ref().and_then(|entry| SubstanceRegister::shipped().get(entry));
            let name = entry.map_or_else(|| line.name.clone(), |entry| entry.name.clone());
            let key = fold::words(&name);
            let substance =
                all.entry(key.clone()).or_insert_with(|| EntitySubstance { name, count: 0, kilograms: None });
            substance.count += usize::from(seen.insert(key));
            let derived = line.quantity.as_ref().and_then(|quantity| quantity.derived.as_ref());
            if let Some(derived) = derived.filter(|derived| derived.measure == Measure::Kilograms) {
                substance.kilograms = Some(substance.kilograms.unwrap_or(0.0) + derived.value);
            }
        }
    }
    let mut all: Vec<EntitySubstance> = all.into_values().collect();
    all.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    all
}

/// The parties in these roles, the most frequent first, each as written last.
fn counterparties<'i>(parties: impl Iterator<Item = (Slot, &'i Party)>) -> Vec<Counterparty> {
    let mut all: FxHashMap<(String, PartyRole), (Counterparty, Slot)> = FxHashMap::default();
    for (slot, party) in parties {
        let is_misused = party.standing == Standing::MisusedIdentity;
        let (other, last) = all.entry((fold::words(&party.name), party.role)).or_insert_with(|| {
            let (name, role, country) = (party.name.clone(), party.role, party.country);
            (Counterparty { name, role, country, count: 0, is_misused }, Slot::MAX)
        });
        other.count += usize::from(*last != slot);
        *last = slot;
        other.is_misused |= is_misused;
        other.country = other.country.or(party.country);
        other.name.clone_from(&party.name);
    }
    let mut all: Vec<Counterparty> = all.into_values().map(|(party, _)| party).collect();
    all.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| (&a.name, a.role).cmp(&(&b.name, b.role))));
    all
}

#[cfg(test)]
mod tests;
