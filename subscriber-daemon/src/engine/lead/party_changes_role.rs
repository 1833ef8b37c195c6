//! `party-changes-role`: who received one shipment sent another. Goods were passed on, or a name is used by both ends.

use backtrail_bus::lead::{Evidence, LeadKind};

use super::{Meeting, View, rounded, same_party};
use crate::engine::index::Slot;
use crate::engine::model::{ChangedRoleModel, Model};
use crate::engine::party_name::PartyName;

pub(super) fn view(meeting: Meeting<'_>, name_bits: u8) -> Option<View> {
    let postings = meeting.postings();
    let sent = || postings.iter().filter(|posting| posting.mark.is_sender());
    // It received before it sent, in different events: one shipment to oneself is a removal.
    let is_passed_on = postings.iter().filter(|posting| posting.mark.is_receiver()).any(|earlier| {
        let mut sent = sent().filter(|later| later.slot != earlier.slot);
        // What cannot have happened before need not be read.
        sent.any(|later| later.day >= earlier.day || meeting.facts(later.slot).last_day >= earlier.day)
    });
    if !is_passed_on {
        return None;
    }
    let events = meeting.events();
    if events < 2 {
        return None;
    }
    let party_bits =
        f64::from(name_bits) + same_party::history_bits(postings.iter().map(|posting| posting.mark), events);
    let bits = rounded(party_bits + model().changed_role_bits);
    let kind = LeadKind::PartyChangesRole;
    let view = || View { lead_id: meeting.lead_id(kind, ""), kind, members: meeting.hub.slots(), bits };
    (bits >= model().threshold_bits).then(view)
}

pub(super) fn evidence(meeting: Meeting<'_>, name: &PartyName, slot: Slot) -> Vec<Evidence> {
    let Some(party) = meeting.parties(slot).next() else { return Vec::new() };
    let role = party.role.code().replace('-', " ");
    vec![Evidence {
        comparison: "party changes role".to_owned(),
        found: party.written.to_string(),
        bits: name.bits() + model().changed_role_bits,
        words: format!("{:?} is {role} here and stands at the other end elsewhere", party.written),
    }]
}

fn model() -> &'static ChangedRoleModel {
    &Model::shipped().lead.party_changes_role
}
