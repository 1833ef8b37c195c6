//! Planted patterns, after cases that public sources describe: one sender and many receivers (P1), a master carton (P2),
//! a repeat importer (P4), shared documents (P3, P8), marks on tablets (P10), one seizure reported twice, bursts on a
//! corridor, goods relabelled in a free zone (P3), a precursor and what was made from it; honest look-alikes beside them;
//! and those of `case.rs`.

use serde_json::json;

use super::names::Names;
use super::{AGENCIES, DEPARTURES, Maker, Report, SUBSTANCES, noise, pick};
use crate::lead::LeadKind;

impl Maker {
    /// Plants one pattern.
    pub(super) fn plant(&mut self) {
        let first = self.drafts.len();
        let kind = match self.rng.u8(..100) {
            0..=19 => self.same_party(true),
            20..=32 => self.same_party(false),
            33..=46 => self.shared_identifier(),
            47..=56 => self.split_consignment(),
            57..=63 => self.party_changes_role(),
            64..=72 => self.same_material(),
            73..=82 => self.possible_duplicate(),
            83..=85 => self.same_corridor(),
            86..=87 => self.passed_on(false),
            88..=89 => self.passed_on(true),
            90..=91 => self.hijacked_identity(),
            92..=93 => self.hijacked_return_address(),
            94..=95 => self.importer_on_paper(),
            96..=97 => self.precursor_with_cutting_agent(),
            _ => self.let_run_to_a_warehouse(),
        };
        self.planted.push((kind, (first..self.drafts.len()).collect()));
        if matches!(kind, LeadKind::SameConsignor) && self.rng.u8(..5) == 0 {
            self.honest_look_alike(first);
        }
    }

    /// A sister company of the consignor in another place, which belongs to nobody.
    fn honest_look_alike(&mut self, beside: usize) {
        let Some(party) = self.last_party.take() else { return };
        let sister = Names::sister(&mut self.rng, &party);
        let mut report = self.background();
        let from = pick(&mut self.rng, &DEPARTURES);
        report.fields["substances"] = self.drafts[beside].fields["substances"].clone();
        report.fields["parties"] = json!([self.party("consignor", &sister, from)]);
        self.add(report);
    }

    fn same_party(&mut self, is_sender: bool) -> LeadKind {
        let party = self.names.company(&mut self.rng);
        let (from, substance) = (pick(&mut self.rng, &DEPARTURES), pick(&mut self.rng, &SUBSTANCES));
        let count = if is_sender { self.rng.usize(3..8) } else { self.rng.usize(2..5) };
        let home = AGENCIES[self.rng.usize(..AGENCIES.len())].1;
        for _ in 0..count {
            let mut report = self.background();
            let other = self.names.anybody(&mut self.rng);
            let to = AGENCIES[report.agency].1;
            let parties = if is_sender {
                json!([self.party("consignor", &party, from), self.party("consignee", &other, to)])
            } else {
                json!([self.party("consignor", &other, from), self.party("consignee", &party, home)])
            };
            report.fields["parties"] = parties;
            report.fields["substances"] = json!([self.quantity_of(substance)]);
            self.add(report);
        }
        self.last_party = Some(party);
        if is_sender { LeadKind::SameConsignor } else { LeadKind::SameConsignee }
    }

    fn shared_identifier(&mut self) -> LeadKind {
        let kind = ["container", "invoice", "courier-tracking", "permit"][self.rng.usize(..4)];
        let number = match kind {
            "container" => json!({ "kind": kind, "value": format!("EXRU{:07}", self.rng.u32(..9_999_999)) }),
            _ => self.number(kind),
        };
        for _ in 0..self.rng.usize(2..4) {
            let mut report = self.background();
            let mut own = number.clone();
            if self.noisy(0.03) {
                own["value"] = noise::slip(&mut self.rng, own["value"].as_str().unwrap_or_default()).into();
            }
            report.fields["identifiers"] = json!([own]);
            self.add(report);
        }
        LeadKind::SharedIdentifier
    }

    fn split_consignment(&mut self) -> LeadKind {
        let master = format!("176-{:08}", self.rng.u32(..99_999_999));
        let day = self.day();
        for parcel in 0..self.rng.u32(3..7) {
            let mut report = self.background();
            report.day = day.saturating_add(jiff::Span::new().days(self.rng.i32(0..10)));
            report.fields["occurred_at"] = report.day.to_string().into();
            report.fields["identifiers"] = json!([
                { "kind": "air-waybill", "value": master },
                { "kind": "house-air-waybill", "value": format!("H{}{parcel:03}", self.rng.u32(10_000..99_999)) },
            ]);
            self.add(report);
        }
        LeadKind::SplitConsignment
    }

    fn party_changes_role(&mut self) -> LeadKind {
        let party = self.names.company(&mut self.rng);
        let (mut received, mut sent) = (self.background(), self.background());
        if sent.day < received.day {
            std::mem::swap(&mut received, &mut sent);
        }
        let home = AGENCIES[received.agency].1;
        received.fields["parties"] = json!([self.party("consignee", &party, home)]);
        sent.fields["parties"] = json!([self.party("consignor", &party, home)]);
        self.add(received);
        self.add(sent);
        LeadKind::PartyChangesRole
    }

    fn same_material(&mut self) -> LeadKind {
        let animal =
            ["Falcon", "Tiger", "Dolphin", "Scorpion", "Crown", "Rocket", "Skull", "Anchor"][self.rng.usize(..8)];
        let logo = format!("{animal} {}", self.names.company(&mut self.rng).words[0]);
        for _ in 0..self.rng.usize(2..6) {
            let mut report = self.background();
            let mut line = self.quantity_of("Ecstasy");
            line["logo"] = if self.noisy(0.2) { logo.to_uppercase() } else { logo.clone() }.into();
            report.fields["substances"] = json!([line]);
            self.add(report);
        }
        LeadKind::SameMaterial
    }

    /// Two agencies report one seizure: same day or the next, same quantity, the party written anew.
    fn possible_duplicate(&mut self) -> LeadKind {
        let first = self.background();
        let name = self.names.anybody(&mut self.rng);
        let to = AGENCIES[first.agency].1;
        let grams = self.rng.u32(10_000..999_999);
        let substance = pick(&mut self.rng, &SUBSTANCES);
        let agency = (first.agency + self.rng.usize(1..AGENCIES.len())) % AGENCIES.len();
        let mut reports = vec![first];
        let second = Report { agency, day: reports[0].day, fields: reports[0].fields.clone() };
        reports.push(second);
        for mut report in reports {
            if self.noisy(0.2) {
                report.day = report.day.saturating_add(jiff::Span::new().days(1));
                report.fields["occurred_at"] = report.day.to_string().into();
            }
            report.fields["substances"] =
                json!([{ "name": substance, "quantity": { "amount": grams.to_string(), "unit": "Gram" } }]);
            report.fields["parties"] = json!([self.party("consignee", &name, to)]);
            self.add(report);
        }
        LeadKind::PossibleDuplicate
    }

    /// Goods come to a free zone and leave it for elsewhere; or a precursor comes to a place and its product leaves.
    fn passed_on(&mut self, is_product: bool) -> LeadKind {
        let (came, left) = match self.rng.usize(..4) {
            0 if is_product => ("Acetic anhydride", "Heroin"),
            1 if is_product => ("BMK methyl glycidate", "Methamphetamine"),
            2 if is_product => ("4-ANPP", "Fentanyl"),
            _ if is_product => ("Pseudoephedrine", "Methamphetamine"),
            0 => ("Tramadol", "Tramadol"),
            1 => ("Ketamine", "Ketamine"),
            2 => ("GBL", "GBL"),
            _ => ("Fentanyl", "Fentanyl"),
        };
        let country = ["AE", "PA", "TR", "MX", "PL"][self.rng.usize(..5)];
        let place =
            json!({ "country": country, "name": format!("{} Free Zone", self.names.company(&mut self.rng).words[0]) });
        let (mut first, mut second) = (self.background(), self.background());
        let days = if is_product { 8..40 } else { 2..15 };
        second.day = first.day.saturating_add(jiff::Span::new().days(self.rng.i32(days)));
        second.fields["occurred_at"] = second.day.to_string().into();
        first.fields["place"] = place.clone();
        first.fields["substances"] = json!([self.quantity_of(came)]);
        second.fields["route"][0]["place"] = place;
        second.fields["substances"] = json!([self.quantity_of(left)]);
        self.add(first);
        self.add(second);
        if is_product { LeadKind::PrecursorToProduct } else { LeadKind::Continuation }
    }

    /// A burst on a corridor that has little else.
    fn same_corridor(&mut self) -> LeadKind {
        let from = ["MU", "MG", "UY", "IS", "MT", "FJ", "BW", "NP"][self.rng.usize(..8)];
        let agency = self.rng.usize(..AGENCIES.len());
        let (to, day) = (AGENCIES[agency].1, self.day());
        let substance = ["GBL", "Tramadol", "Acetic anhydride", "BMK methyl glycidate"][self.rng.usize(..4)];
        for _ in 0..self.rng.usize(6..10) {
            let mut report = self.background();
            report.agency = agency;
            report.day = day.saturating_add(jiff::Span::new().days(self.rng.i32(0..12)));
            report.fields["occurred_at"] = report.day.to_string().into();
            report.fields["place"] = json!({ "country": to, "name": format!("Terminal {}", self.rng.u8(1..9)) });
            report.fields["route"] = json!([{ "role": "departure", "place": { "country": from }, "mode": "mail" }]);
            report.fields["substances"] = json!([self.quantity_of(substance)]);
            self.add(report);
        }
        LeadKind::SameCorridor
    }
}
