//! Two incidents side by side: every comparison, its bits, and their sum, by the shipped model alone.
//!
//! This is the audit's view. It knows no history, so it can say how much two incidents have in common, but not how
//! common that is in the stream.

use backtrail_bus::country::CountryCode;
use backtrail_bus::fold;
use backtrail_bus::incident::{IdentifierKind, Incident, LegRole, Party, SubstanceLine};
use backtrail_bus::substance_register::SubstanceRegister;
use backtrail_bus::token::Token;
use serde::Serialize;

use super::day::Day;
use super::model::Model;
use super::name::{self, Name};

/// What of an incident is compared.
#[derive(Debug, Clone)]
pub struct Features {
    parties: Vec<PartyFeatures>,
    identifiers: Vec<(IdentifierKind, String)>,
    substances: Vec<Substance>,
    from: Option<CountryCode>,
    to: Option<CountryCode>,
    first_day: Day,
    /// Substance with the derived amount, nine significant digits.
    quantities: Vec<String>,
    materials: Vec<String>,
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

#[derive(Debug, Clone, Default)]
struct Address {
    words: Vec<String>,
}

/// The sum of all comparisons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    pub bits: f64,
    /// That the two are linked, 0 to 1, given that they met at a key.
    pub probability: f64,
    pub linked: bool,
    pub evidence: Vec<PairEvidence>,
    /// Comparisons that one side has no value for: they say nothing.
    pub missing: Vec<&'static str>,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairEvidence {
    pub comparison: &'static str,
    pub a: String,
    pub b: String,
    pub bits: f64,
    pub words: String,
}

/// What parties on one side of both incidents say at least, in bits: one sender serves many receivers.
const OTHER_SIDE_FLOOR_BITS: f64 = -3.0;
/// log2(10): what one significant digit of an equal quantity says.
const BITS_PER_DIGIT: f64 = std::f64::consts::LOG2_10;
const MAX_QUANTITY_BITS: f64 = 12.0;

impl Features {
    /// Reads an incident.
    pub fn of(incident: &Incident) -> Self {
        let leg = |role: LegRole| incident.route.iter().find(|leg| leg.role == role).and_then(|leg| leg.place.country);
        let lot = incident.identifiers.iter().filter(|identifier| identifier.kind == IdentifierKind::Lot);
        let marks = incident.substances.iter().flat_map(|line| [line.logo.as_deref(), line.lab_profile.as_deref()]);
        let materials = lot.map(|lot| lot.normal_form()).chain(marks.flatten().map(fold::squash));
        Self {
            parties: incident.parties.iter().map(PartyFeatures::of).collect(),
            identifiers: incident.identifiers.iter().map(|id| (id.kind, id.normal_form())).collect(),
            substances: incident.substances.iter().map(|line| (line.entry.clone(), line.family.clone())).collect(),
            from: leg(LegRole::Departure).or_else(|| leg(LegRole::Origin)),
            to: leg(LegRole::UltimateDestination).or_else(|| leg(LegRole::Destination)),
            first_day: incident.occurred_at.first_day().into(),
            quantities: incident.substances.iter().filter_map(quantity).collect(),
            materials: materials.filter(|mark| mark.len() > 1).collect(),
        }
    }

    /// Compares two incidents.
    pub fn score(&self, other: &Self) -> Score {
        let model = Model::shipped();
        let mut sheet = Sheet::default();
        let parties = self.score_parties(other, model, &mut sheet);
        let identifiers = self.score_identifiers(other, model, &mut sheet);
        let context = self.score_context(other, model, &mut sheet);
        let mut bits = parties + identifiers + context;
        // An equal quantity speaks for one seizure reported twice, unless the parties speak against it.
        if parties >= 0.0 {
            bits += self.score_quantity(other, &mut sheet);
        }
        let probability = model.probability(bits);
        Score { bits, probability, linked: probability >= 0.5, evidence: sheet.evidence, missing: sheet.missing }
    }

    /// The best pair of parties on each side; one that changed sides counts as well.
    fn score_parties(&self, other: &Self, model: &Model, sheet: &mut Sheet) -> f64 {
        let mut sums = Vec::new();
        for side in [Side::Sender, Side::Receiver, Side::Between] {
            let best = best_pair(&self.parties, &other.parties, |a, b| a == side && b == side, model);
            let label = side.label();
            match best {
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
        let rest = |sums: &[f64]| sums.iter().skip(1).map(|bits| bits.max(OTHER_SIDE_FLOOR_BITS)).sum::<f64>();
        sums.first().map_or(0.0, |best| best + rest(&sums))
    }

    fn score_identifiers(&self, other: &Self, model: &Model, sheet: &mut Sheet) -> f64 {
        let mut sum = 0.0;
        for (kind, normal) in &self.identifiers {
            let Some(level) = level_of(*kind) else { continue };
            if other.identifiers.iter().any(|(other_kind, other)| other_kind == kind && other == normal) {
                let bits = model.bits("shipment identifier", level);
                sheet.add("shipment identifier", normal, normal, bits, format!("{kind} {normal} is on both"));
                sum += bits;
            }
        }
        if let Some(mark) = self.materials.iter().find(|mark| other.materials.contains(mark)) {
            let bits = model.bits("material", "same lot, logo or profile");
            sheet.add("material", mark, mark, bits, "the same lot, logo or laboratory profile".to_owned());
            sum += bits;
        }
        sum
    }

    /// Substance, route and time: why the two are looked at, so together they count little.
    fn score_context(&self, other: &Self, model: &Model, sheet: &mut Sheet) -> f64 {
        let mut sum = 0.0;
        let mut add = |comparison: &'static str, a: String, b: String, level: &str| {
            let bits = model.bits(comparison, level);
            sum += bits;
            sheet.add(comparison, &a, &b, bits, level.to_owned());
        };
        add("substance", shown(&self.substances), shown(&other.substances), self.substance_level(other));
        let route = |features: &Self| format!("{} > {}", country(features.from), country(features.to));
        match (self.from.zip(other.from), self.to.zip(other.to)) {
            (None, None) => sheet.missing.push("route"),
            (from, to) => {
                let same = |pair: Option<(CountryCode, CountryCode)>| pair.is_some_and(|(a, b)| a == b);
                let level = match (same(from), same(to)) {
                    (true, true) => "same",
                    (false, false) => "other",
                    _ => "one end",
                };
                let bits = model.bits("route", level);
                sum += bits;
                sheet.add("route", &route(self), &route(other), bits, level.to_owned());
            }
        }
        let days = (self.first_day.0 - other.first_day.0).abs();
        let level = match days {
            0..=7 => "within 7 days",
            8..=90 => "within 90 days",
            _ => "farther",
        };
        let bits = model.bits("time", level);
        sheet.add(
            "time",
            &self.first_day.to_string(),
            &other.first_day.to_string(),
            bits,
            format!("{days} days apart"),
        );
        (sum + bits).min(model.context_cap_bits)
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

    fn score_quantity(&self, other: &Self, sheet: &mut Sheet) -> f64 {
        let is_near = (self.first_day.0 - other.first_day.0).abs() <= 1;
        let shared = self.quantities.iter().find(|quantity| other.quantities.contains(quantity)).filter(|_| is_near);
        let Some(quantity) = shared else { return 0.0 };
        let mantissa = quantity.split(' ').nth(1).and_then(|amount| amount.split('e').next()).unwrap_or_default();
        let digits = mantissa.replace('.', "").trim_end_matches('0').len();
        let bits = (digits as f64 * BITS_PER_DIGIT).min(MAX_QUANTITY_BITS);
        sheet.add("quantity", quantity, quantity, bits, "the very same quantity within a day".to_owned());
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

impl Address {
    fn parse(written: &str) -> Self {
        let folded = fold::words(written);
        Self { words: folded.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect() }
    }

    /// The level of agreement; `None` where one side has none. House numbers decide: neighbours are not the same.
    fn level(&self, other: &Self) -> Option<&'static str> {
        if self.words.is_empty() || other.words.is_empty() {
            return None;
        }
        let is_number = |word: &&String| word.bytes().any(|byte| byte.is_ascii_digit());
        let shared = |of: &dyn Fn(&&String) -> bool| {
            self.words.iter().filter(|word| of(word) && other.words.contains(word)).count()
        };
        let numbers = |address: &Self| address.words.iter().filter(is_number).count();
        let (shared_numbers, shared_words) =
            (shared(&|word| is_number(word)), shared(&|word| !is_number(word) && word.len() > 2));
        let fewest_numbers = numbers(self).min(numbers(other));
        let fewest_words = self.words.len().min(other.words.len());
        let long_number = shared(&|word| is_number(word) && word.len() >= 4);
        Some(match () {
            () if shared_numbers == fewest_numbers && (shared_words + shared_numbers) * 10 >= fewest_words * 8 => {
                "same"
            }
            () if shared_numbers > 0 && shared_words >= 1 && shared_numbers == fewest_numbers => {
                "same street and number"
            }
            () if long_number > 0 => "same postcode",
            () if shared_words > 0 => "same city",
            () => "other",
        })
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
    let name = own.name.as_ref().zip(other.name.as_ref()).map(|(a, b)| name::compare(a, b));
    let address = own.address.level(&other.address).map(|level| (level, model.bits("address", level)));
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

/// The comparisons as they are made.
#[derive(Debug, Default)]
struct Sheet {
    evidence: Vec<PairEvidence>,
    missing: Vec<&'static str>,
}

impl Sheet {
    fn add(&mut self, comparison: &'static str, a: &str, b: &str, bits: f64, words: String) {
        self.evidence.push(PairEvidence { comparison, a: a.to_owned(), b: b.to_owned(), bits, words });
    }

    /// Notes the comparisons of two parties; returns their sum.
    fn take(&mut self, label: &str, pair: PairOfParties<'_>) -> f64 {
        let bits = pair.bits();
        let (a, b) = (pair.own, pair.other);
        if let Some(name) = pair.name {
            self.add("party name", &a.written, &b.written, name.bits, format!("{label}: {}", name.words));
        }
        if let Some((level, bits)) = pair.address {
            self.add(
                "address",
                &a.address.words.join(" "),
                &b.address.words.join(" "),
                bits,
                format!("{label}: {level}"),
            );
        }
        if let Some((level, bits)) = pair.country {
            self.add("party country", &country(a.country), &country(b.country), bits, format!("{label}: {level}"));
        }
        if let Some((contact, bits)) = pair.contact {
            self.add(
                "phone or e-mail",
                &a.contacts.join(", "),
                &b.contacts.join(", "),
                bits,
                format!("{label}: {contact}"),
            );
        }
        bits
    }
}

fn level_of(kind: IdentifierKind) -> Option<&'static str> {
    match kind {
        IdentifierKind::AirWaybill
        | IdentifierKind::HouseAirWaybill
        | IdentifierKind::BillOfLading
        | IdentifierKind::PostalItem
        | IdentifierKind::CourierTracking
        | IdentifierKind::Seal
        | IdentifierKind::CryptoAddress
        | IdentifierKind::Email
        | IdentifierKind::VendorHandle
        | IdentifierKind::PreExportNotification => Some("same waybill or item"),
        IdentifierKind::Container | IdentifierKind::Permit | IdentifierKind::Phone => Some("same container or permit"),
        IdentifierKind::Invoice | IdentifierKind::Flight | IdentifierKind::ImoCompany => Some("same invoice or lot"),
        // Lots count as material; what goods are says nothing of which shipment it is; ships carry thousands.
        IdentifierKind::Lot
        | IdentifierKind::Cas
        | IdentifierKind::HsCode
        | IdentifierKind::ImoShip
        | IdentifierKind::Other => None,
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
