//! What is held of an incident for judging leads: numbers, no texts. Everything else is read again from its payload.

use backtrail_bus::agency::AgencyId;
use backtrail_bus::country::CountryCode;
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::{Coordinates, IdentifierKind, PartyRole, Precision, TransportMode};
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::day::Day;
use super::fingerprint::Fingerprint;
use super::key::{Key, KeyClass, KeyId};
use super::name::Outline;
use super::observation::{MAX_NEAR_KEYS, Observation};

/// The facts of one incident. Its short lists stand in it: they are written with every incident, and read wherever it meets
/// others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub incident_id: IncidentId,
    pub revision: u32,
    pub originator: Fingerprint,
    pub first_day: Day,
    pub last_day: Day,
    /// True if the day is known, not only the month or the year.
    pub is_dated: bool,
    pub country: Option<CountryCode>,
    /// The place's folded name or UN/LOCODE.
    pub place: Option<Fingerprint>,
    pub coordinates: Option<Coordinates>,
    pub mode: Option<TransportMode>,
    /// Families of all substance lines.
    pub families: SmallVec<[Fingerprint; 2]>,
    pub parties: SmallVec<[PartyFacts; 2]>,
    /// Places that goods set out from, in the order of travel.
    pub starts: KeyPlaces,
    /// Places that goods came to or were found at.
    pub ends: KeyPlaces,
    /// What tells this parcel from others of one consignment: its own numbers and receivers.
    pub parcel: Option<Fingerprint>,
}

/// A place in the list of an incident's keys.
pub(crate) type KeyPlace = u16;

type KeyPlaces = SmallVec<[KeyPlace; 8]>;

/// The facts of one party at an end of the shipment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PartyFacts {
    pub role: PartyRole,
    pub country: Option<CountryCode>,
    /// The folded address.
    pub address: Option<Fingerprint>,
    /// Where the keys of its name and of its address stand.
    pub name_key: KeyPlace,
    pub address_key: Option<KeyPlace>,
    /// Where the keys stand at which near spellings of its name meet, and what is compared first there.
    pub near_keys: [Option<KeyPlace>; MAX_NEAR_KEYS],
    pub outline: Outline,
    /// Its name as written: names that meet are compared again with every one that comes.
    pub written: CompactString,
}

impl PartyFacts {
    /// True if the key at this place is one of the party's.
    pub(crate) fn has_key_at(&self, place: usize) -> bool {
        let keys = [Some(self.name_key), self.address_key];
        keys.into_iter().chain(self.near_keys).flatten().any(|key| usize::from(key) == place)
    }
}

/// So many keys that most incidents have no more.
const USUAL_KEYS: usize = 24;

/// Keys as they are held, each once.
#[derive(Debug, Default)]
pub(crate) struct KeyList(Vec<(KeyId, KeyClass)>);

impl KeyList {
    /// Puts a key in, if it is not there, and says where it stands.
    fn put(&mut self, key: &Key) -> KeyPlace {
        let id = key.id();
        let place = self.0.iter().position(|(other, _)| *other == id).unwrap_or_else(|| {
            self.0.push((id, key.class()));
            self.0.len() - 1
        });
        KeyPlace::try_from(place).expect("an incident has a few hundred parties, places and numbers at most")
    }

    /// Keys as they were held.
    pub(crate) fn from(keys: Vec<(KeyId, KeyClass)>) -> Self {
        Self(keys)
    }

    pub(crate) fn as_slice(&self) -> &[(KeyId, KeyClass)] {
        &self.0
    }
}

impl Facts {
    /// What stands for an originator.
    pub(crate) fn originator(agency: &AgencyId) -> Fingerprint {
        Fingerprint::of(agency.as_str())
    }

    /// The facts of an incident, and its keys.
    pub(crate) fn of(observation: &Observation<'_>) -> (Self, KeyList) {
        let incident = observation.incident;
        let mut keys = KeyList(Vec::with_capacity(USUAL_KEYS));
        let parties = observation.parties.iter().map(|party| PartyFacts {
            role: party.role,
            country: party.country,
            address: Fingerprint::of_any(&party.address),
            name_key: keys.put(&party.name_key()),
            address_key: party.address_key().map(|key| keys.put(&key)),
            near_keys: {
                let mut near = party.near_keys();
                std::array::from_fn(|_| near.next().map(|key| keys.put(&key)))
            },
            outline: party.name.outline(),
            written: party.written.into(),
        });
        let parties = parties.collect();
        let starts = observation.starts.iter().map(|key| keys.put(key)).collect();
        let ends = observation.ends.iter().map(|key| keys.put(key)).collect();
        observation.own_keys().for_each(|key| {
            keys.put(&key);
        });
        let facts = Self {
            incident_id: incident.incident_id,
            revision: incident.revision,
            originator: Self::originator(&incident.originator),
            first_day: observation.first_day,
            last_day: observation.last_day,
            is_dated: incident.occurred_at.precision() <= Precision::Day,
            country: incident.place.country,
            place: Fingerprint::of_any(&observation.place),
            coordinates: observation.coordinates,
            mode: observation.mode,
            families: observation.families.iter().map(|family| Fingerprint::of(family.as_str())).collect(),
            parties,
            starts,
            ends,
            parcel: parcel(observation),
        };
        (facts, keys)
    }
}

fn parcel(observation: &Observation<'_>) -> Option<Fingerprint> {
    use IdentifierKind::{AirWaybill, BillOfLading, CourierTracking, HouseAirWaybill, PostalItem};
    let of_kinds = |kinds: &'static [IdentifierKind]| {
        let is_of_kind = |key: &&Key| matches!(key, Key::Identifier { kind, .. } if kinds.contains(kind));
        observation.identifiers.iter().map(|(key, _)| key).filter(is_of_kind)
    };
    of_kinds(&[AirWaybill, BillOfLading]).next()?;
    let mut own: Vec<String> = of_kinds(&[HouseAirWaybill, PostalItem, CourierTracking]).map(Key::to_string).collect();
    let receivers = observation.parties.iter().filter(|party| party.role.is_receiver());
    own.extend(receivers.map(|party| party.name.words().to_owned()));
    Fingerprint::of_any(&own.join("\n"))
}
