//! Filling in what follows from what was reported, beside it and never instead of it.

use super::{Identifier, Incident, Place, ResolvedPlace};
use crate::country::CountryCode;
use crate::gazetteer::{Gazetteer, PlaceText};
use crate::registers::Registers;

/// Resolves substances, quantities, countries, places and identifiers. Run when a post enters the outbox; what it derives is
/// signed with the rest. Derived values that a draft brought along are replaced, so nobody can post a wrong one.
pub fn derive(incident: &mut Incident, registers: Registers<'_>) {
    let register = registers.substances;
    for line in &mut incident.substances {
        let resolution = register.resolve(&line.name);
        line.entry = resolution.entry().map(|entry| entry.id.clone());
        line.family = resolution.family().cloned();
        line.register = Some(register.version().to_owned());
        if let Some(quantity) = &mut line.quantity {
            quantity.derived = quantity.derive();
        }
    }
    derive_place(&mut incident.place, registers.places);
    for leg in &mut incident.route {
        derive_place(&mut leg.place, registers.places);
    }
    for identifier in &mut incident.identifiers {
        *identifier = Identifier::new(identifier.kind, std::mem::take(&mut identifier.value));
    }
}

fn derive_place(place: &mut Place, gazetteer: &Gazetteer) {
    let reported = place.country_reported.as_deref().and_then(CountryCode::named);
    place.country = reported.or(place.country).or_else(|| place.locode.map(super::Locode::country));
    let text = PlaceText {
        country: place.country,
        locode: place.locode,
        name: place.name.as_deref(),
        division: place.division.as_deref(),
    };
    place.resolved = gazetteer.resolve(text).map(ResolvedPlace::from);
}
