//! What two incidents have in common beside their parties: numbers, marks, substance, route, time and quantity.

use backtrail_bus::country::CountryCode;
use backtrail_bus::fold;
use backtrail_bus::incident::{IdentifierKind, Incident, LegRole, SubstanceLine};
use backtrail_bus::substance_register::SubstanceRegister;
use backtrail_bus::token::Token;

use super::{Sheet, country};
use crate::engine::day::Day;
use crate::engine::key::Mark;
use crate::engine::lead;
use crate::engine::model::Model;

/// What of an incident is compared beside its parties.
#[derive(Debug)]
pub(super) struct Context {
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

/// log2(10): what one significant digit of an equal quantity says.
const BITS_PER_DIGIT: f64 = std::f64::consts::LOG2_10;

impl Context {
    /// Reads an incident.
    pub(super) fn of(incident: &Incident) -> Self {
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
        Self {
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
        }
    }

    pub(super) fn score_identifiers<'a>(&'a self, other: &'a Self, sheet: &mut Sheet<'a>) -> f64 {
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
    pub(super) fn score_context<'a>(&'a self, other: &'a Self, model: &Model, sheet: &mut Sheet<'a>) -> f64 {
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

    pub(super) fn levels(&self, other: &Self) -> impl Iterator<Item = (&'static str, &'static str)> {
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

    pub(super) fn score_quantity<'a>(&'a self, other: &'a Self, sheet: &mut Sheet<'a>) -> f64 {
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
