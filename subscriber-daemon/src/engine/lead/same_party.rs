//! `same-consignor` and `same-consignee`: one party, several shipments.

use backtrail_bus::incident::Incident;
use backtrail_bus::lead::{Evidence, LeadKind};
use smallvec::SmallVec;

use super::{Meeting, View, distinct_events, most_frequent, rounded};
use crate::engine::index::Slot;
use crate::engine::mark::Mark;
use crate::engine::model::{Model, SamePartyModel};
use crate::engine::observation::address_of;
use crate::engine::party_name::PartyName;

/// What the members mostly say of the party, each as a number.
struct Typical {
    country: Option<u16>,
    address: Option<u64>,
}

/// Those who bear the name at one end.
pub(super) struct Bearers {
    typical: Typical,
    /// How many are in other countries than most.
    elsewhere: usize,
}

impl Bearers {
    pub(super) fn of(meeting: Meeting<'_>, kind: LeadKind) -> Self {
        let here = meeting.postings().iter().map(|posting| posting.mark).filter(|mark| stands_at_end(*mark, kind));
        let typical = typical(here.clone());
        let elsewhere = bearers_elsewhere(here, &typical);
        Self { typical, elsewhere }
    }
}

pub(super) fn views(meeting: Meeting<'_>, name_bits: u8) -> Vec<View> {
    let kinds = [LeadKind::SameConsignor, LeadKind::SameConsignee];
    kinds.into_iter().filter_map(|kind| view(meeting, kind, name_bits)).collect()
}

fn view(meeting: Meeting<'_>, kind: LeadKind, name_bits: u8) -> Option<View> {
    let at_this_end = || meeting.postings().iter().filter(|posting| stands_at_end(posting.mark, kind));
    // Nobody meets alone.
    at_this_end().nth(1)?;
    let mut members: Vec<Slot> = at_this_end().map(|posting| posting.slot).collect();
    let events = distinct_events(members.iter().copied(), meeting.store);
    let marks = at_this_end().map(|posting| posting.mark);
    let bits = || rounded(f64::from(name_bits) + history_bits(marks, events));
    let bits = (events > 1).then(bits).filter(|bits| *bits >= model().threshold_bits)?;
    members.sort_unstable();
    Some(View { lead_id: meeting.lead_id(kind, ""), kind, members, bits })
}

/// True if the party stands at the end of the shipment that the lead is about.
fn stands_at_end(party: Mark, kind: LeadKind) -> bool {
    if kind == LeadKind::SameConsignor { party.is_sender() } else { party.is_receiver() }
}

/// What the name's own history says: country and address on the mean of all members; and its frequency.
pub(super) fn history_bits(parties: impl Iterator<Item = Mark> + Clone, events: usize) -> f64 {
    let typical = typical(parties.clone());
    let of_party = parties.clone().map(|party| country_bits(party, &typical) + address_bits(party, &typical));
    let (sum, count, elsewhere) = of_party.fold((0.0, 0_usize, 0_usize), |(sum, count, elsewhere), bits| {
        (sum + bits, count + 1, elsewhere + usize::from(bits < 0.0))
    });
    let here = events.saturating_sub(elsewhere);
    sum / count.max(1) as f64 + frequency_bits(here, bearers_elsewhere(parties, &typical))
}

/// What the stream's own counts add to the prior, which is what the words of the name say.
///
/// That a name turns up often is what one busy sender looks like, and what a common name looks like. The first is mostly
/// in one place, the second in many. So each doubling of the shipments in the place of most adds a bit, and each doubling
/// of the other bearers takes one away; neither without end.
fn frequency_bits(shipments_here: usize, bearers_elsewhere: usize) -> f64 {
    let added = ((shipments_here.max(2) - 1) as f64).log2().min(model().most_frequency_bits);
    let taken = ((bearers_elsewhere + 1) as f64).log2();
    (added - taken).max(model().least_frequency_bits)
}

/// Other bearers of the name: those in another country than most. One agency that reports one of them again and again
/// makes the name no more common.
fn bearers_elsewhere(parties: impl Iterator<Item = Mark>, typical: &Typical) -> usize {
    let others = parties.filter(|party| country_bits(*party, typical) < 0.0);
    let mut bearers: SmallVec<[u32; 8]> = others.map(Mark::country_and_agency).collect();
    bearers.sort_unstable();
    bearers.dedup();
    bearers.len()
}

pub(super) fn evidence(
    meeting: Meeting<'_>,
    bearers: &Bearers,
    view: &View,
    name: &PartyName,
    slot: Slot,
    member: &Incident,
) -> Vec<Evidence> {
    let is_sender = view.kind == LeadKind::SameConsignor;
    let Some(party) = meeting.parties(slot).find(|party| party.role.is_sender() == is_sender) else {
        return Vec::new();
    };
    let Bearers { typical, elsewhere } = bearers;
    let mark = Mark::of_party(party, meeting.facts(slot).originator);
    let elsewhere = match elsewhere {
        0 => String::new(),
        1 => "; another in another country has the name too".to_owned(),
        count => format!("; {count} others in other countries have the name too"),
    };
    let role = party.role.code().replace('-', " ");
    let mut evidence = vec![Evidence {
        comparison: format!("{role} name"),
        found: party.written.to_string(),
        bits: name.bits(),
        words: format!("{role} {:?}, as on the others but for spelling and legal form{elsewhere}", party.written),
    }];
    if let (Some(country), bits) = (party.country, country_bits(mark, typical))
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
    let bits = address_bits(mark, typical);
    if bits != 0.0 {
        evidence.push(Evidence {
            comparison: format!("{role} address"),
            found: address_of(member, party),
            bits,
            words: format!("{role} has the same address as others of the members"),
        });
    }
    evidence
}

pub(super) fn shared(kind: LeadKind, name: &str) -> String {
    let role = match kind {
        LeadKind::SameConsignor => "consignor",
        LeadKind::SameConsignee => "consignee",
        _ => "party",
    };
    format!("{role} {name:?}")
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
