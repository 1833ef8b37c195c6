//! `same-consignor` and `same-consignee`: one party, several shipments.

use backtrail_bus::country::CountryCode;
use backtrail_bus::lead::{Evidence, LeadKind};

use super::{Meeting, View, most_frequent, rounded};
use crate::engine::facts::PartyFacts;
use crate::engine::fingerprint::Fingerprint;
use crate::engine::index::Slot;
use crate::engine::model::{Model, SamePartyModel};
use crate::engine::observation::Observation;
use crate::engine::party_name::PartyName;

/// What the members mostly say of the party.
struct Typical {
    country: Option<CountryCode>,
    address: Option<Fingerprint>,
}

pub(super) fn views(meeting: Meeting<'_>, kind: LeadKind, name_bits: u8) -> Vec<View> {
    let events = meeting.events();
    if events < 2 {
        return Vec::new();
    }
    let bits = rounded(f64::from(name_bits) + history_bits(meeting, events));
    if bits < model().threshold_bits { Vec::new() } else { meeting.view_of_all(kind, bits) }
}

/// What the name's own history says: country and address on the mean of all members; and its frequency.
///
/// That a name turns up often is what one busy sender looks like, and what a common name looks like. The first is mostly
/// in one place, the second in many. So the shipments in the place of most add a bit with each doubling, and those
/// elsewhere, which are other bearers of the name, take one away.
pub(super) fn history_bits(meeting: Meeting<'_>, events: usize) -> f64 {
    let slots = || meeting.postings().iter().map(|posting| posting.slot);
    let typical = typical(meeting, slots());
    let of_party = slots().map(|slot| {
        let party = meeting.parties(slot).next();
        party.map_or(0.0, |party| country_bits(party, &typical) + address_bits(party, &typical))
    });
    let (sum, elsewhere) =
        of_party.fold((0.0, 0_usize), |(sum, elsewhere), bits| (sum + bits, elsewhere + usize::from(bits < 0.0)));
    let here = events.saturating_sub(elsewhere).max(2);
    sum / meeting.postings().len() as f64 + ((here - 1) as f64).log2() - ((elsewhere + 1) as f64).log2()
}

pub(super) fn evidence(
    meeting: Meeting<'_>,
    view: &View,
    name: &PartyName,
    slot: Slot,
    member: &Observation,
) -> Vec<Evidence> {
    let Some(facts) = meeting.parties(slot).next() else { return Vec::new() };
    let Some(party) = member.parties.iter().find(|party| party.name == *name && party.role == facts.role) else {
        return Vec::new();
    };
    let typical = typical(meeting, view.members.iter().copied());
    let role = party.role.code().replace('-', " ");
    let mut evidence = vec![Evidence {
        comparison: format!("{role} name"),
        found: party.written.clone(),
        bits: name.bits(),
        words: format!("{role} {:?}, as on the others but for spelling and legal form", party.written),
    }];
    if let (Some(country), bits) = (party.country, country_bits(facts, &typical))
        && bits != 0.0
    {
        let words = if bits > 0.0 { "in the country of most others" } else { "in another country than most others" };
        evidence.push(Evidence {
            comparison: format!("{role} country"),
            found: country.to_string(),
            bits,
            words: format!("{role} is {words}"),
        });
    }
    let bits = address_bits(facts, &typical);
    if bits != 0.0 {
        evidence.push(Evidence {
            comparison: format!("{role} address"),
            found: party.address.clone(),
            bits,
            words: format!("{role} has the same address as others of the members"),
        });
    }
    evidence
}

pub(super) fn shared<'a>(kind: LeadKind, name: &PartyName, members: impl Iterator<Item = &'a Observation>) -> String {
    let written = members.flat_map(|member| member.parties.iter().find(|party| party.name == *name));
    let typical = most_frequent(written.map(|party| party.written.as_str()));
    let role = match kind {
        LeadKind::SameConsignor => "consignor",
        LeadKind::SameConsignee => "consignee",
        _ => "party",
    };
    format!("{role} {:?}", typical.map_or(name.words(), |(written, _)| written))
}

fn typical(meeting: Meeting<'_>, members: impl Iterator<Item = Slot> + Clone) -> Typical {
    let parties = || members.clone().filter_map(|slot| meeting.parties(slot).next());
    // An address that only one member has is no agreement.
    let address = most_frequent(parties().filter_map(|party| party.address)).filter(|(_, count)| *count > 1);
    let country = most_frequent(parties().filter_map(|party| party.country));
    Typical { country: country.map(|(country, _)| country), address: address.map(|(address, _)| address) }
}

fn country_bits(party: &PartyFacts, typical: &Typical) -> f64 {
    match (party.country, typical.country) {
        (Some(own), Some(others)) if own == others => model().same_country_bits,
        (Some(_), Some(_)) => model().other_country_bits,
        _ => 0.0,
    }
}

fn address_bits(party: &PartyFacts, typical: &Typical) -> f64 {
    if typical.address.is_some() && typical.address == party.address { model().same_address_bits } else { 0.0 }
}

fn model() -> &'static SamePartyModel {
    &Model::shipped().lead.same_party
}
