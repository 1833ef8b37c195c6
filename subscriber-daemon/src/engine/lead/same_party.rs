//! `same-consignor` and `same-consignee`: one party, several shipments.

use backtrail_bus::lead::{Evidence, LeadKind};

use super::{Meeting, View, most_frequent, rounded};
use crate::engine::index::Slot;
use crate::engine::mark::Mark;
use crate::engine::model::{Model, SamePartyModel};
use crate::engine::observation::{Observation, ObservedParty};
use crate::engine::party_name::PartyName;

/// What the members mostly say of the party, each as a number.
struct Typical {
    country: Option<u16>,
    address: Option<u64>,
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
    let parties = || meeting.postings().iter().map(|posting| posting.mark);
    let typical = typical(parties());
    let of_party = parties().map(|party| country_bits(party, &typical) + address_bits(party, &typical));
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
    let is_it = |party: &&ObservedParty| party.name == *name && party.role == facts.role;
    let Some(party) = member.parties.iter().find(is_it) else {
        return Vec::new();
    };
    let of_members = view.members.iter().filter_map(|slot| meeting.parties(*slot).next());
    let typical = typical(of_members.map(Mark::of_party));
    let facts = Mark::of_party(facts);
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

fn typical(parties: impl Iterator<Item = Mark> + Clone) -> Typical {
    // An address that only one member has is no agreement.
    let address = most_frequent(parties.clone().filter_map(Mark::address)).filter(|(_, count)| *count > 1);
    let country = most_frequent(parties.filter_map(Mark::country));
    Typical { country: country.map(|(country, _)| country), address: address.map(|(address, _)| address) }
}

fn country_bits(party: Mark, typical: &Typical) -> f64 {
    match (party.country(), typical.country) {
        (Some(own), Some(others)) if own == others => model().same_country_bits,
        (Some(_), Some(_)) => model().other_country_bits,
        _ => 0.0,
    }
}

fn address_bits(party: Mark, typical: &Typical) -> f64 {
    if typical.address.is_some() && typical.address == party.address() { model().same_address_bits } else { 0.0 }
}

fn model() -> &'static SamePartyModel {
    &Model::shipped().lead.same_party
}
