//! Two incidents side by side: every comparison, its bits, and their sum, by the shipped model alone.
//!
//! This is the audit's view. It knows no history, so it can say how much two incidents have in common, but not how
//! common that is in the stream.

use std::borrow::Cow;
use std::sync::Arc;

use backtrail_bus::country::CountryCode;
use backtrail_bus::fold;
use backtrail_bus::incident::{IdentifierKind, Incident, LegRole, Party, SubstanceLine};
use backtrail_bus::substance_register::SubstanceRegister;
use backtrail_bus::token::Token;
use serde::Serialize;

use super::address::Address;
use super::day::Day;
use super::key::Mark;
use super::lead;
use super::model::Model;
use super::name::{self, Name};

/// What of an incident is compared.
#[derive(Debug, Clone)]
pub struct Features {
    parties: Vec<PartyFeatures>,
    context: Arc<Context>,
}

/// What of an incident is compared beside its parties.
#[derive(Debug)]
struct Context {
    identifiers: Vec<(IdentifierKind, String)>,
    substances: Vec<Substance>,
    from: Option<CountryCode>,
    to: Option<CountryCode>,
    first_day: Day,
    first_day_shown: String,
    /// Substance with the derived amount, nine significant digits.
    quantities: Vec<String>,
    materials: Vec<(Mark, String)>,
    /// Substances and route as evidence shows them.
    substances_shown: String,
    route_shown: String,
}

/// Entry and family of a substance line.
type Substance = (Option<Token>, Option<Token>);

#[derive(Debug, Clone)]
struct PartyFeatures {
    side: Side,
    written: String,
    name: Option<Name>,
    address: Address,
    country: Option<CountryCode>,
    /// Phones, e-mails and registration numbers in normal form.
    contacts: Vec<String>,
}

/// On which end of the shipment a party stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Sender,
    Receiver,
    Between,
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

/// log2(10): what one significant digit of an equal quantity says.
const BITS_PER_DIGIT: f64 = std::f64::consts::LOG2_10;

impl Features {
    /// Reads an incident.
    pub fn of(incident: &Incident) -> Self {
        let leg = |role: LegRole| incident.route.iter().find(|leg| leg.role == role).and_then(|leg| leg.place.country);
        let lots = incident.identifiers.iter().filter(|identifier| identifier.kind == IdentifierKind::Lot);
        let marks = incident
            .substances
            .iter()
            .flat_map(|line| [(Mark::Logo, line.logo.as_deref()), (Mark::LabProfile, line.lab_profile.as_deref())]);
        let marks = marks.filter_map(|(mark, text)| Some((mark, fold::squash(text?))));
        let materials = lots.map(|lot| (Mark::Lot, lot.normal_form())).chain(marks);
        let from = leg(LegRole::Departure).or_else(|| leg(LegRole::Origin));
        let to = leg(LegRole::UltimateDestination).or_else(|| leg(LegRole::Destination));
        let substances: Vec<Substance> =
            incident.substances.iter().map(|line| (line.entry.clone(), line.family.clone())).collect();
        let context = Context {
            identifiers: incident.identifiers.iter().map(|id| (id.kind, id.normal_form())).collect(),
            substances_shown: shown(&substances),
            route_shown: format!("{} > {}", country(from), country(to)),
            substances,
            from,
            to,
            first_day: incident.occurred_at.first_day().into(),
            first_day_shown: incident.occurred_at.first_day().to_string(),
            quantities: incident.substances.iter().filter_map(quantity).collect(),
            materials: materials.filter(|(_, text)| text.len() > 1).collect(),
        };
        Self { parties: incident.parties.iter().map(PartyFeatures::of).collect(), context: Arc::new(context) }
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

impl Context {
    fn score_identifiers<'a>(&'a self, other: &'a Self, sheet: &mut Sheet<'a>) -> f64 {
        let mut sum = 0.0;
        for (kind, normal) in &self.identifiers {
            let bits = lead::identifier_bits(*kind);
            // Lots count as material; what goods are says nothing of which shipment it is.
            if *kind == IdentifierKind::Lot || bits <= 0.0 {
                continue;
            }
            if other.identifiers.iter().any(|(other_kind, other)| other_kind == kind && other == normal) {
                sheet.add(
                    "shipment identifier",
                    &**normal,
                    &**normal,
                    bits,
                    format!("{kind} {normal} is on both").into(),
                );
                sum += bits;
            }
        }
        let shared = self.materials.iter().filter(|mark| other.materials.contains(mark));
        if let Some((mark, text)) = shared.max_by(|a, b| lead::material_bits(a.0).total_cmp(&lead::material_bits(b.0)))
        {
            let bits = lead::material_bits(*mark);
            sheet.add("material", &**text, &**text, bits, format!("the same {}", mark.words()).into());
            sum += bits;
        }
        sum
    }

    /// Substance, route and time: why the two are looked at, so together they count little.
    fn score_context<'a>(&'a self, other: &'a Self, model: &Model, sheet: &mut Sheet<'a>) -> f64 {
        let level = self.substance_level(other);
        let mut sum = model.bits("substance", level);
        sheet.add("substance", &*self.substances_shown, &*other.substances_shown, sum, level.into());
        match self.route_level(other) {
            None => sheet.missing.push("route"),
            Some(level) => {
                let bits = model.bits("route", level);
                sum += bits;
                sheet.add("route", &*self.route_shown, &*other.route_shown, bits, level.into());
            }
        }
        let days = self.days_to(other);
        let bits = model.bits("time", self.time_level(other));
        let words = if days == 0 { "on one day".into() } else { format!("{days} days apart").into() };
        sheet.add("time", &*self.first_day_shown, &*other.first_day_shown, bits, words);
        (sum + bits).min(model.context_cap_bits)
    }

    fn levels(&self, other: &Self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let route = self.route_level(other).map(|level| ("route", level));
        [("substance", self.substance_level(other)), ("time", self.time_level(other))].into_iter().chain(route)
    }

    /// `None` where neither end can be compared.
    fn route_level(&self, other: &Self) -> Option<&'static str> {
        let (from, to) = (self.from.zip(other.from), self.to.zip(other.to));
        let same = |pair: Option<(CountryCode, CountryCode)>| pair.is_some_and(|(a, b)| a == b);
        (from.is_some() || to.is_some()).then(|| match (same(from), same(to)) {
            (true, true) => "same",
            (false, false) => "other",
            _ => "one end",
        })
    }

    fn days_to(&self, other: &Self) -> i32 {
        (self.first_day.0 - other.first_day.0).abs()
    }

    fn time_level(&self, other: &Self) -> &'static str {
        match self.days_to(other) {
            0..=7 => "within 7 days",
            8..=90 => "within 90 days",
            _ => "farther",
        }
    }

    fn substance_level(&self, other: &Self) -> &'static str {
        let any = |is: fn(&Substance, &Substance) -> bool| {
            self.substances.iter().any(|a| other.substances.iter().any(|b| is(a, b)))
        };
        if any(|a, b| a.0.is_some() && a.0 == b.0) {
            return "same";
        }
        if any(|a, b| a.1.is_some() && a.1 == b.1) {
            return "same family";
        }
        if any(made_into) { "precursor and product" } else { "other" }
    }

    fn score_quantity<'a>(&'a self, other: &'a Self, sheet: &mut Sheet<'a>) -> f64 {
        let is_near = self.days_to(other) <= 1;
        let shared = self.quantities.iter().find(|quantity| other.quantities.contains(quantity)).filter(|_| is_near);
        let Some(quantity) = shared else { return 0.0 };
        let mantissa = quantity.split(' ').nth(1).and_then(|amount| amount.split('e').next()).unwrap_or_default();
        let digits = mantissa.replace('.', "").trim_end_matches('0').len();
        let bits = (digits as f64 * BITS_PER_DIGIT).min(Model::shipped().lead.possible_duplicate.most_quantity_bits);
        sheet.add("quantity", &**quantity, &**quantity, bits, "the very same quantity within a day".into());
        bits
    }
}

impl PartyFeatures {
    fn of(party: &Party) -> Self {
        use backtrail_bus::incident::Identifier;
        let side = match (party.role.is_sender(), party.role.is_receiver()) {
            (true, _) => Side::Sender,
            (_, true) => Side::Receiver,
            _ => Side::Between,
        };
        let phone = party.phone.iter().map(|phone| Identifier::new(IdentifierKind::Phone, phone.clone()).normal_form());
        let email = party.email.iter().map(|email| Identifier::new(IdentifierKind::Email, email.clone()).normal_form());
        let number = party.id_number.iter().map(|number| fold::squash(number));
        Self {
            side,
            written: party.name.clone(),
            name: Name::parse(&party.name),
            address: Address::parse(party.address.as_deref().unwrap_or_default()),
            country: party.country,
            contacts: phone.chain(email).chain(number).filter(|contact| contact.len() > 3).collect(),
        }
    }
}

impl Side {
    fn label(self) -> &'static str {
        match self {
            Self::Sender => "consignor",
            Self::Receiver => "consignee",
            Self::Between => "party in between",
        }
    }
}

/// The comparisons of two parties.
struct PairOfParties<'a> {
    own: &'a PartyFeatures,
    other: &'a PartyFeatures,
    name: Option<name::NameEvidence>,
    address: Option<(&'static str, f64)>,
    country: Option<(&'static str, f64)>,
    contact: Option<(&'a str, f64)>,
    cap: f64,
}

impl PairOfParties<'_> {
    /// The levels of all but the names, which have none.
    fn levels(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let is_shared = self.own.contacts.iter().any(|contact| self.other.contacts.contains(contact));
        let contact = self.contact.map(|_| ("phone or e-mail", if is_shared { "same" } else { "other" }));
        let address = self.address.map(|(level, _)| ("address", level));
        let country = self.country.map(|(level, _)| ("party country", level));
        [address, country, contact].into_iter().flatten()
    }

    fn bits(&self) -> f64 {
        let bits = |level: &Option<(&str, f64)>| level.map_or(0.0, |(_, bits)| bits);
        let sum = self.name.as_ref().map_or(0.0, |name| name.bits)
            + bits(&self.address)
            + bits(&self.country)
            + bits(&self.contact);
        sum.min(self.cap)
    }
}

fn best_pair<'a>(
    own: &'a [PartyFeatures],
    others: &'a [PartyFeatures],
    sides: impl Fn(Side, Side) -> bool,
    model: &Model,
) -> Option<PairOfParties<'a>> {
    let pairs = own.iter().flat_map(|a| others.iter().map(move |b| (a, b)));
    let scored = pairs.filter(|(a, b)| sides(a.side, b.side)).map(|(a, b)| pair_of_parties(a, b, model));
    scored
        .filter(|pair| pair.name.is_some() || pair.address.is_some() || pair.contact.is_some())
        .max_by(|a, b| a.bits().total_cmp(&b.bits()))
}

fn pair_of_parties<'a>(own: &'a PartyFeatures, other: &'a PartyFeatures, model: &Model) -> PairOfParties<'a> {
    let names = own.name.as_ref().zip(other.name.as_ref());
    let mut name = names.map(|(a, b)| name::compare(a, b));
    let address = own.address.level(&other.address).map(|level| (level, model.bits("address", level)));
    // At one door, a slip of the pen tells nobody apart.
    if let (Some(found), Some((a, b))) = (&mut name, names)
        && found.bits < 0.0
        && matches!(address, Some(("same" | "same street and number", _)))
        && a.is_slip_of(b)
    {
        found.bits = 0.0;
    }
    let country = own.country.zip(other.country).map(|(a, b)| {
        let level = if a == b { "same" } else { "other" };
        (level, model.bits("party country", level))
    });
    let shared = own.contacts.iter().find(|contact| other.contacts.contains(contact));
    let contact = match shared {
        Some(contact) => Some((contact.as_str(), model.bits("phone or e-mail", "same"))),
        None if own.contacts.is_empty() || other.contacts.is_empty() => None,
        None => Some(("other", model.bits("phone or e-mail", "other"))),
    };
    PairOfParties { own, other, name, address, country, contact, cap: model.party_cap_bits }
}

/// What two parties have in common, in bits, and what agrees and what does not.
pub(super) fn parties_in_common(a: &Party, b: &Party) -> (f64, String) {
    let (a, b) = (PartyFeatures::of(a), PartyFeatures::of(b));
    let pair = pair_of_parties(&a, &b, Model::shipped());
    let names = a.name.as_ref().zip(b.name.as_ref());
    let name = pair.name.as_ref().zip(names).map(|(found, (a, b))| format!("name: {}", found.words(a, b)));
    let level = |what: &str, level: Option<(&str, f64)>| level.map(|(level, _)| format!("{what}: {level}"));
    let all = [name, level("address", pair.address), level("country", pair.country), level("contact", pair.contact)];
    (pair.bits(), all.into_iter().flatten().collect::<Vec<String>>().join("; "))
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

fn quantity(line: &SubstanceLine) -> Option<String> {
    let derived = line.quantity.as_ref()?.derived.as_ref()?;
    let substance = line.entry.as_ref().map_or_else(|| fold::squash(&line.name), Token::to_string);
    Some(format!("{substance} {:.8e} {}", derived.value, derived.measure))
}

/// True if one is made into the other.
fn made_into(a: &Substance, b: &Substance) -> bool {
    let register = SubstanceRegister::shipped();
    match (&a.1, &b.1) {
        (Some(a), Some(b)) => register.is_precursor_family(a, b) || register.is_precursor_family(b, a),
        _ => false,
    }
}

fn shown(substances: &[Substance]) -> String {
    let name =
        |(entry, family): &Substance| entry.as_ref().or(family.as_ref()).map_or("unknown".to_owned(), Token::to_string);
    substances.iter().map(name).collect::<Vec<String>>().join(", ")
}

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
