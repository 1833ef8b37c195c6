//! Planted patterns after single cases that public sources describe: a company whose identity is used by others (P5), a
//! shop whose address is (P6), an importer that exists on paper only (P7), a precursor sent with a cutting agent (P9),
//! and a container that was let run to a warehouse (P11).

use jiff::{Span, civil::Date};
use serde_json::json;

use super::{AGENCIES, DEPARTURES, Maker, Report, pick};
use crate::lead::LeadKind;

impl Maker {
    /// P5: a company's name and permit on shipments that are not its own.
    pub(super) fn hijacked_identity(&mut self) -> LeadKind {
        let company = self.names.company(&mut self.rng);
        let home = AGENCIES[self.rng.usize(..AGENCIES.len())].1;
        let permit = self.number("permit");
        let first = self.drafts.len();
        for _ in 0..self.rng.usize(2..5) {
            let mut report = self.background();
            report.fields["substances"] = json!([self.quantity_of("Acetic anhydride")]);
            report.fields["parties"] = json!([self.party("consignee", &company, home)]);
            report.fields["identifiers"] = json!([permit]);
            self.add(report);
        }
        self.also(LeadKind::SharedIdentifier, first);
        LeadKind::SameConsignee
    }

    /// P6: parcels with the return address of an honest shop, and one that could not be delivered and came back to it.
    pub(super) fn hijacked_return_address(&mut self) -> LeadKind {
        let shop = self.names.company(&mut self.rng);
        let home = pick(&mut self.rng, &DEPARTURES);
        let (first, first_parcel) = (self.day(), self.drafts.len());
        let parcels = self.rng.i32(2..5);
        for parcel in 0..parcels {
            let mut report = self.background();
            on(&mut report, first, parcel * 10);
            let receiver = self.names.anybody(&mut self.rng);
            let to = AGENCIES[report.agency].1;
            report.fields["parties"] =
                json!([self.party("consignor", &shop, home), self.party("consignee", &receiver, to)]);
            self.add(report);
        }
        self.also(LeadKind::SameConsignor, first_parcel);
        let mut returned = self.background();
        on(&mut returned, first, (parcels - 1) * 10 - 3);
        returned.fields["parties"] = json!([self.party("consignee", &shop, home)]);
        self.add(returned);
        LeadKind::PartyChangesRole
    }

    /// P7: a container that is met at several ports, for an importer that knows nothing of it.
    pub(super) fn importer_on_paper(&mut self) -> LeadKind {
        let importer = self.names.company(&mut self.rng);
        let container = json!({ "kind": "container", "value": format!("EXRU{:07}", self.rng.u32(..9_999_999)) });
        let route = json!([
            { "role": "departure", "place": { "country": "PA", "locode": "PAONX" }, "mode": "sea" },
            { "role": "transhipment", "place": { "country": "BE", "locode": "BEANR" }, "mode": "sea" },
            { "role": "destination", "place": { "country": "IN", "locode": "INNSA" }, "mode": "sea" },
        ]);
        let (first, first_port) = (self.day(), self.drafts.len());
        let substances = json!([self.quantity_of("Cocaine")]);
        for port in 0..self.rng.i32(2..4) {
            let mut report = self.background();
            on(&mut report, first, port * 18);
            report.fields["kind"] = if port == 0 { "suspicious-shipment" } else { "seizure" }.into();
            report.fields["route"] = route.clone();
            report.fields["substances"] = substances.clone();
            report.fields["parties"] = json!([self.party("consignee", &importer, "IN")]);
            report.fields["identifiers"] = json!([container]);
            self.add(report);
        }
        self.also(LeadKind::SameConsignee, first_port);
        LeadKind::SharedIdentifier
    }

    /// P9: a precursor and what the drug will be cut with, in one shipment, again and again from one sender.
    pub(super) fn precursor_with_cutting_agent(&mut self) -> LeadKind {
        let sender = self.names.company(&mut self.rng);
        let from = pick(&mut self.rng, &DEPARTURES);
        for _ in 0..self.rng.usize(2..5) {
            let mut report = self.background();
            report.fields["substances"] =
                json!([self.quantity_of("BMK methyl glycidate"), self.quantity_of("Benzocaine")]);
            report.fields["parties"] = json!([self.party("consignor", &sender, from)]);
            self.add(report);
        }
        LeadKind::SameConsignor
    }

    /// P11: a container that was let run, and what was found one after the other of its load: tablets of one lot.
    pub(super) fn let_run_to_a_warehouse(&mut self) -> LeadKind {
        let agency = self.rng.usize(..AGENCIES.len());
        let receiver = self.names.company(&mut self.rng);
        let (first, lot) = (self.day(), self.number("lot"));
        for found in 0..self.rng.i32(3..7) {
            let mut report = self.background();
            report.agency = agency;
            on(&mut report, first, found * 4);
            let to = AGENCIES[agency].1;
            report.fields["kind"] = if found == 0 { "suspicious-shipment" } else { "seizure" }.into();
            report.fields["place"] = self.place(to);
            report.fields["substances"] = json!([self.quantity_of("Tramadol")]);
            report.fields["identifiers"] = json!([lot]);
            if found == 0 {
                report.fields["parties"] = json!([self.party("consignee", &receiver, to)]);
            }
            self.add(report);
        }
        LeadKind::SameMaterial
    }
}

impl Maker {
    /// Notes another lead that should say of the reports from this one on that they belong together.
    fn also(&mut self, kind: LeadKind, first: usize) {
        self.planted.push((kind, (first..self.drafts.len()).collect()));
    }
}

/// Moves a report to so many days after another.
fn on(report: &mut Report, first: Date, days: i32) {
    report.day = first.saturating_add(Span::new().days(days));
    report.fields["occurred_at"] = report.day.to_string().into();
}
