//! Filling in what follows from what was reported, beside it and never instead of it.

use super::{Identifier, Incident, Place};
use crate::country::CountryCode;
use crate::substance_register::SubstanceRegister;

/// Resolves substances, quantities, countries and identifiers. Run when a post enters the outbox; what it derives is
/// signed with the rest. Derived values that a draft brought along are replaced, so nobody can post a wrong one.
pub fn derive(incident: &mut Incident, register: &SubstanceRegister) {
    for line in &mut incident.substances {
        let resolution = register.resolve(&line.name);
        line.entry = resolution.and_then(|r| r.entry.clone());
        line.family = resolution.map(|r| r.family.clone());
        line.register = Some(register.version.clone());
        if let Some(quantity) = &mut line.quantity {
            quantity.derived = quantity.derive();
        }
    }
    derive_country(&mut incident.place);
    for leg in &mut incident.route {
        derive_country(&mut leg.place);
    }
    for identifier in &mut incident.identifiers {
        *identifier = Identifier::new(identifier.kind, std::mem::take(&mut identifier.value));
    }
}

fn derive_country(place: &mut Place) {
    if place.country.is_none() {
        let reported = place.country_reported.as_deref().and_then(CountryCode::named);
        place.country = reported.or_else(|| place.locode.map(super::Locode::country));
    }
}
