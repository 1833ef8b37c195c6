//! Two incidents side by side: every comparison, its bits, and their sum, by the shipped model alone.
//!
//! This is the audit's view. It knows no history, so it can say how much two incidents have in common, but not how
//! common that is in the stream.

mod context;
mod party;

use std::borrow::Cow;
use std::sync::Arc;

use backtrail_bus::country::CountryCode;
use backtrail_bus::incident::{Incident, Party};
use serde::Serialize;

use self::context::Context;
pub(super) use self::party::parties_in_common;
use self::party::{PairOfParties, PartyFeatures, Side, best_pair};
use super::model::Model;

/// What of an incident is compared.
#[derive(Debug, Clone)]
pub struct Features {
    parties: Vec<PartyFeatures>,
    context: Arc<Context>,
}

/// The sum of all comparisons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score<'a> {
    pub bits: f64,
    /// That the two are linked, 0 to 1, given that they met at a key.
    pub probability: f64,
    pub linked: bool,
    pub evidence: Vec<PairEvidence<'a>>,
    /// Comparisons that one side has no value for: they say nothing.
    pub missing: Vec<&'static str>,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairEvidence<'a> {
    pub comparison: &'static str,
    pub a: Cow<'a, str>,
    pub b: Cow<'a, str>,
    pub bits: f64,
    pub words: Cow<'static, str>,
}

impl Features {
    /// Reads an incident.
    pub fn of(incident: &Incident) -> Self {
        Self {
            parties: incident.parties.iter().map(PartyFeatures::of).collect(),
            context: Arc::new(Context::of(incident)),
        }
    }

    /// The same incident with other parties.
    pub fn with_parties(&self, parties: &[Party]) -> Self {
        Self { parties: parties.iter().map(PartyFeatures::of).collect(), context: Arc::clone(&self.context) }
    }

    /// Compares two incidents.
    pub fn score<'a>(&'a self, other: &'a Self) -> Score<'a> {
        let model = Model::shipped();
        let mut sheet = Sheet { evidence: Vec::with_capacity(8), missing: Vec::new() };
        let parties = self.score_parties(other, model, &mut sheet);
        let (own, others) = (&*self.context, &*other.context);
        let identifiers = own.score_identifiers(others, &mut sheet);
        let mut bits = parties.unwrap_or(0.0) + identifiers + own.score_context(others, model, &mut sheet);
        // An equal quantity speaks for one seizure reported twice, but where parties are named it only confirms that they
        // are the same: other names are not made the same by it.
        if parties.is_none_or(|parties| parties >= model.prior_bits) {
            bits += own.score_quantity(others, &mut sheet);
        }
        let probability = model.probability(bits);
        Score { bits, probability, linked: probability >= 0.5, evidence: sheet.evidence, missing: sheet.missing }
    }

    /// How the comparisons of the model come out, each as its name and the level, where both sides have a value: for each
    /// end the pair of parties that is most alike.
    pub fn levels(&self, other: &Self) -> Vec<(&'static str, &'static str)> {
        let sides = [Side::Sender, Side::Receiver];
        let best =
            sides.map(|side| best_pair(&self.parties, &other.parties, |a, b| a == side && b == side, Model::shipped()));
        let of_parties = best.iter().flatten().flat_map(PairOfParties::levels);
        of_parties.chain(self.context.levels(&other.context)).collect()
    }

    /// The same for two incidents that belong together: of the parties the pair that is most alike, if its names speak for
    /// one party. What ties two shipments together is mostly at one end, and the other end says nothing of it.
    pub fn levels_if_together(&self, other: &Self) -> Vec<(&'static str, &'static str)> {
        let best = best_pair(&self.parties, &other.parties, |_, _| true, Model::shipped());
        let is_one = |pair: &PairOfParties<'_>| pair.name.as_ref().is_some_and(|name| name.bits > 0.0);
        let of_party = best.filter(is_one).into_iter().flat_map(|pair| pair.levels());
        of_party.chain(self.context.levels(&other.context)).collect()
    }

    /// The best pair of parties on each side; one that changed sides counts as well. `None` if no two can be compared.
    fn score_parties<'a>(&'a self, other: &'a Self, model: &Model, sheet: &mut Sheet<'a>) -> Option<f64> {
        let mut sums = Vec::with_capacity(4);
        for side in [Side::Sender, Side::Receiver, Side::Between] {
            let best = best_pair(&self.parties, &other.parties, |a, b| a == side && b == side, model);
            let label = side.label();
            match best {
                // Goods go through many hands: another broker or carrier says nothing, the same one something.
                Some(best) if side == Side::Between && best.bits() <= 0.0 => {}
                Some(best) => sums.push(sheet.take(label, best)),
                None if side != Side::Between => sheet.missing.push(label),
                None => {}
            }
        }
        let changed =
            best_pair(&self.parties, &other.parties, |a, b| a != b && a != Side::Between && b != Side::Between, model);
        if let Some(changed) = changed.filter(|changed| changed.bits() > model.prior_bits) {
            sums.push(sheet.take("party that changes role", changed));
        }
        sums.sort_by(|a, b| b.total_cmp(a));
        let rest = |sums: &[f64]| sums.iter().skip(1).map(|bits| bits.max(model.other_side_floor_bits)).sum::<f64>();
        sums.first().map(|best| best + rest(&sums))
    }
}

/// The comparisons as they are made.
#[derive(Debug)]
struct Sheet<'a> {
    evidence: Vec<PairEvidence<'a>>,
    missing: Vec<&'static str>,
}

impl<'a> Sheet<'a> {
    fn add(
        &mut self,
        comparison: &'static str,
        a: impl Into<Cow<'a, str>>,
        b: impl Into<Cow<'a, str>>,
        bits: f64,
        words: Cow<'static, str>,
    ) {
        self.evidence.push(PairEvidence { comparison, a: a.into(), b: b.into(), bits, words });
    }

    /// Notes the comparisons of two parties; returns their sum.
    fn take(&mut self, label: &str, pair: PairOfParties<'a>) -> f64 {
        let bits = pair.bits();
        let (a, b) = (pair.own, pair.other);
        let about = |words: &str| Cow::Owned([label, ": ", words].concat());
        if let (Some(name), Some(own), Some(other)) = (pair.name, &a.name, &b.name) {
            self.add("party name", &*a.written, &*b.written, name.bits, about(&name.words(own, other)));
        }
        if let Some((level, bits)) = pair.address {
            let words = |party: &PartyFeatures| party.address.words();
            self.add("address", words(a), words(b), bits, about(level));
        }
        if let Some((level, bits)) = pair.country {
            self.add("party country", country(a.country), country(b.country), bits, about(level));
        }
        if let Some((contact, bits)) = pair.contact {
            let contacts = |party: &PartyFeatures| party.contacts.join(", ");
            self.add("phone or e-mail", contacts(a), contacts(b), bits, about(contact));
        }
        bits
    }
}

/// The code of a country, as evidence shows it.
fn country(country: Option<CountryCode>) -> String {
    country.map_or_else(|| "?".to_owned(), |country| country.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::tests_support::incident;

    #[test]
    fn another_broker_speaks_against_nothing() {
        let report = |number, broker: &str| {
            let draft = json!({
                "kind": "seizure", "occurred_at": "2026-03-04", "place": {"country": "NL"},
                "substances": [{"name": "ketamine"}], "parties": [{"role": "broker", "name": broker, "country": "NL"}],
                "identifiers": [{"kind": "container", "value": "MSKU6011672"}],
            });
            Features::of(&incident(number, 1, "nl-customs", draft))
        };
        let (own, other) = (report(1, "Scheldepoort Expeditie"), report(2, "Gulf Lantern Freight"));
        let misspelt = report(3, "SCHELDEPOORT EXPEDITIE");
        let (apart, together) = (own.score(&other), own.score(&misspelt));
        assert!(apart.linked && apart.evidence.iter().all(|evidence| evidence.comparison != "party name"), "{apart:?}");
        assert!(together.bits > apart.bits, "{together:?}");
    }

    #[test]
    fn at_one_door_a_slip_tells_nobody_apart() {
        let report = |number, name: &str, address: &str| {
            let party = json!({"role": "consignee", "name": name, "country": "AU", "address": address});
            let draft = json!({
                "kind": "seizure", "occurred_at": "2026-03-04", "place": {"country": "AU"},
                "substances": [{"name": "ketamine"}], "parties": [party],
            });
            Features::of(&incident(number, 1, "au-border", draft))
        };
        let here = "40 Keysor Place, Toorak 4480";
        let own = report(1, "Jack Rees", here);
        let name_bits = |other: &Features| {
            let score = own.score(other);
            score.evidence.iter().find(|evidence| evidence.comparison == "party name").unwrap().bits
        };
        assert_eq!(name_bits(&report(2, "Jadk Rees", here)), 0.0);
        assert!(name_bits(&report(3, "Jadk Rees", "7 Mckail Crescent, Boyanup 2720")) < 0.0);
        assert!(name_bits(&report(4, "Amelia Rees", here)) < 0.0);
    }
}
