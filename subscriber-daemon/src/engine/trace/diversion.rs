//! Where licit goods became illicit, or goods were given another description: the hop of a path at which most changed.

use backtrail_bus::fold;
use backtrail_bus::incident::{Incident, LegRole, Standing};
use backtrail_bus::substance_register::{Resolution, SubstanceRegister};
use backtrail_bus::trace::Diversion;

use crate::engine::Engine;
use crate::engine::families::Families;
use crate::engine::index::Slot;
use crate::engine::key::Key;
use crate::engine::observation::Observation;
use crate::engine::store::Reader;

/// What a change between two shipments counts for a diversion between them. Judgements: a true declaration that becomes
/// a false one is what diversion means; the others are found beside it.
const NO_LONGER_DECLARED: u32 = 6;
const MADE_INTO_PRODUCT: u32 = 4;
const OTHER_ORIGIN: u32 = 4;
const NO_LONGER_VERIFIED: u32 = 3;
const OTHER_DESCRIPTION: u32 = 2;

/// The most likely point of diversion on a path from the root upstream, the one farthest upstream of several.
pub(super) fn diversion(engine: &Engine, path: &[Slot]) -> Option<Diversion> {
    let reader = Reader::new(&engine.store);
    let hops = path.windows(2).map(|pair| (between(engine, reader, pair[1], pair[0]), pair));
    // Of equal ones the last, which is the farthest upstream.
    let (changes, pair) = hops.filter(|(changes, _)| changes.weight > 0).max_by_key(|(changes, _)| changes.weight)?;
    let incidents = (reader.incident(pair[1]), reader.incident(pair[0]));
    let (earlier, later) = (Observation::of(&incidents.0), Observation::of(&incidents.1));
    // Who sent them on was the last to have them there; where nobody is named, who had received them.
    let holder = later.parties.iter().find(|party| party.role.is_sender());
    let holder = holder.or_else(|| earlier.parties.iter().find(|party| party.role.is_receiver()));
    let place = later.starts.first().or(earlier.ends.last()).map(|key| match key {
        Key::Place(place) => place.to_string(),
        other => other.to_string(),
    });
    let country =
        || later.edge.map(|(from, _)| from).or(earlier.incident.place.country).map(|country| country.name().to_owned());
    Some(Diversion {
        after: earlier.incident.incident_id,
        before: later.incident.incident_id,
        place: place.or_else(country),
        party: holder.map(|party| party.written.to_owned()),
        why: changes.why,
    })
}

#[derive(Default)]
struct Changes {
    weight: u32,
    why: Vec<String>,
}

impl Changes {
    fn add(&mut self, weight: u32, why: impl Into<String>) {
        self.weight += weight;
        self.why.push(why.into());
    }
}

fn between(engine: &Engine, reader: Reader<'_>, earlier: Slot, later: Slot) -> Changes {
    let (before, after) = (reader.incident(earlier), reader.incident(later));
    let mut changes = Changes::default();
    let families = |slot| &engine.store.facts(slot).families;
    if Families::shipped().are_related(families(earlier), families(later), true) {
        changes.add(MADE_INTO_PRODUCT, "what was a precursor before is a product after");
    }
    let description = |incident: &Incident| incident.goods.as_ref().and_then(|goods| goods.description.clone());
    if let (Some(declared), Some(then)) = (description(&before), description(&after)) {
        if is_declared(&before, &declared) && !is_declared(&after, &then) {
            changes.add(NO_LONGER_DECLARED, format!("declared as {declared:?} before, as {then:?} after"));
        } else if fold::words(&declared) != fold::words(&then) {
            changes.add(OTHER_DESCRIPTION, format!("described as {declared:?} before, as {then:?} after"));
        }
    }
    let origin = |incident: &Incident| {
        incident.route.iter().find(|leg| leg.role == LegRole::Origin).and_then(|leg| leg.place.country)
    };
    if let (Some(was), Some(is)) = (origin(&before), origin(&after))
        && was != is
    {
        changes.add(OTHER_ORIGIN, format!("said to come from {} before, from {} after", was.name(), is.name()));
    }
    let is_verified = |incident: &Incident| incident.parties.iter().any(|party| party.standing == Standing::Verified);
    if is_verified(&before) && !is_verified(&after) {
        changes.add(NO_LONGER_VERIFIED, "a verified party before, none after");
    }
    changes
}

/// True if the goods were declared as what they are.
fn is_declared(incident: &Incident, description: &str) -> bool {
    let Resolution::Entry(found) = SubstanceRegister::shipped().resolve(description) else { return false };
    incident.substances.iter().any(|line| line.family.as_ref() == Some(&found.entry.family))
}
