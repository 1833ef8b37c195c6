//! Planted paths: consignments that several agencies met on their way, from an origin to the seizure that is traced,
//! with a point of diversion, and decoys beside them.

use jiff::Span;
use serde_json::{Value, json};

use super::names::{Name, Names};
use super::{AGENCIES, HUBS, Maker, Report};

/// One planted path, as numbers of reports.
pub(super) struct Path {
    /// From the origin to the seizure that is traced.
    pub members: Vec<usize>,
    /// The goods were diverted between the member before this one and this one.
    pub diverted_at: usize,
    /// Other shipments of the first sender from the same place: they have the same origin.
    pub twins: Vec<usize>,
}

/// What travels: under its name until it is diverted, and what it is then.
struct Goods {
    before: &'static str,
    after: &'static str,
    cover: &'static str,
}

const GOODS: [(&str, &str); 8] = [
    ("Ketamine", "Ketamine"),
    ("Tramadol", "Tramadol"),
    ("GBL", "GBL"),
    ("Fentanyl", "Fentanyl"),
    ("Acetic anhydride", "Heroin"),
    ("BMK methyl glycidate", "Methamphetamine"),
    ("Pseudoephedrine", "Methamphetamine"),
    ("4-ANPP", "Fentanyl"),
];
const COVERS: [&str; 6] =
    ["Ceramic tiles", "Cosmetic samples", "Machine parts", "Glass cleaner", "Toys", "Cotton textiles"];

/// A party on the path, with its country and place.
struct Station {
    name: Name,
    country: &'static str,
    place: Value,
}

impl Maker {
    /// Plants a path of so many hops, and what looks like parts of it.
    pub(super) fn plant_path(&mut self, hops: usize) -> Path {
        let (before, after) = GOODS[self.rng.usize(..GOODS.len())];
        let goods = Goods { before, after, cover: COVERS[self.rng.usize(..COVERS.len())] };
        let diverted_at = self.rng.usize(1..=hops);
        let stations: Vec<Station> = (0..hops + 2).map(|_| self.station()).collect();
        let mut day = self.day();
        let mut members = Vec::new();
        let mut days = Vec::new();
        let mut number: Option<Value> = None;
        for step in 0..=hops {
            let mut report = self.shipment(&stations[step], &stations[step + 1], &goods, step < diverted_at);
            let by_role = step == 0 || self.rng.f64() < 0.75;
            if !by_role {
                // Somebody in between whom nobody reported sent it on.
                let other = self.names.company(&mut self.rng);
                report.fields["parties"][0] = self.party("consignor", &other, stations[step].country);
            }
            let mut numbers: Vec<Value> = number.take().into_iter().collect();
            // What is on this shipment's papers and on the next one's too; always, where no party tells them to be one.
            if self.rng.f64() < 0.4 || !by_role {
                let kind = ["container", "invoice", "seal", "permit"][self.rng.usize(..4)];
                number = Some(self.number(kind));
                numbers.extend(number.clone());
            }
            if !by_role && step > 0 {
                let shared = self.number("seal");
                numbers.push(shared.clone());
                let before: &mut Report = &mut self.drafts[members[step - 1]];
                match before.fields["identifiers"].as_array_mut() {
                    Some(identifiers) => identifiers.push(shared),
                    None => before.fields["identifiers"] = json!([shared]),
                }
            }
            if !numbers.is_empty() {
                report.fields["identifiers"] = numbers.into();
            }
            report.day = day;
            report.fields["occurred_at"] = day.to_string().into();
            days.push(day);
            day = day.saturating_add(Span::new().days(self.rng.i32(4..25)));
            members.push(self.add(report));
        }
        let twins = self.decoys(&stations, &goods, &days);
        Path { members, diverted_at, twins }
    }

    fn station(&mut self) -> Station {
        let country = HUBS[self.rng.usize(..HUBS.len())].0;
        let place = if self.rng.f64() < 0.5 {
            self.place(country)
        } else {
            let word = self.names.company(&mut self.rng).words[0].clone();
            json!({ "country": country, "name": format!("{word} Free Zone") })
        };
        Station { name: self.names.company(&mut self.rng), country, place }
    }

    /// A seizure on the way from one station to the next.
    fn shipment(&mut self, from: &Station, to: &Station, goods: &Goods, is_licit: bool) -> Report {
        let mut report = self.background();
        report.agency = AGENCIES.iter().position(|(_, country)| *country == to.country).unwrap_or(report.agency);
        let substance = if is_licit { goods.before } else { goods.after };
        let mut departure = json!({ "role": "departure", "place": from.place, "mode": "air" });
        if self.noisy(0.15) {
            departure["place"] = json!({ "country": from.country });
        }
        let place = if self.noisy(0.1) { json!({ "country": to.country }) } else { to.place.clone() };
        let mut parties =
            [self.party("consignor", &from.name, from.country), self.party("consignee", &to.name, to.country)];
        if is_licit && self.rng.f64() < 0.5 {
            parties[1]["standing"] = "verified".into();
        }
        report.fields["place"] = place;
        report.fields["route"] = json!([departure]);
        report.fields["parties"] = json!(parties);
        report.fields["substances"] = json!([self.quantity_of(substance)]);
        if let Some(fields) = report.fields.as_object_mut() {
            fields.remove("identifiers");
        }
        if !self.noisy(0.1) {
            let description = if is_licit { goods.before } else { goods.cover };
            report.fields["goods"] = json!({ "description": description });
        }
        report
    }

    /// Reports that share something with a path and are no part of it; returns those with the same origin.
    fn decoys(&mut self, stations: &[Station], goods: &Goods, days: &[jiff::civil::Date]) -> Vec<usize> {
        let mut twins = Vec::new();
        for _ in 0..self.rng.usize(2..5) {
            let step = self.rng.usize(..days.len());
            let from = &stations[step];
            let (stranger, elsewhere) = (self.station(), self.station());
            let (earlier, later) = (-self.rng.i32(5..40), self.rng.i32(3..40));
            let (mut report, shift) = match self.rng.usize(..4) {
                // The same goods came from others to others at the same place. Where the path begins, that would be the
                // better explanation.
                0 if step > 0 => {
                    let there = Station { place: from.place.clone(), ..elsewhere };
                    (self.shipment(&stranger, &there, goods, false), earlier)
                }
                // The sender receives something only after it sent.
                0 | 1 => (self.shipment(&stranger, from, goods, false), later),
                // A sister company received something in time.
                2 => {
                    let name = Names::sister(&mut self.rng, &from.name);
                    (self.shipment(&stranger, &Station { name, ..elsewhere }, goods, false), earlier)
                }
                // Another shipment of the same sender.
                _ => {
                    if step == 0 {
                        twins.push(self.drafts.len());
                    }
                    (self.shipment(from, &stranger, goods, true), earlier)
                }
            };
            report.day = days[step].saturating_add(Span::new().days(shift));
            report.fields["occurred_at"] = report.day.to_string().into();
            self.add(report);
        }
        twins
    }
}
