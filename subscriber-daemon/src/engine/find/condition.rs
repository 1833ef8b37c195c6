//! What must hold of an incident, as numbers that its card is compared with.

use backtrail_bus::gazetteer::distance::great_circle_km;
use backtrail_bus::incident::Coordinates;
use backtrail_bus::judgement::LeadState;
use backtrail_bus::query::{FindQuery, Near};
use backtrail_bus::substance_register::SubstanceRegister;

use super::super::Engine;
use super::super::catalogue::{
    Called, Card, Catalogue, LineCard, PartyCard, WayPlace, country_number, handling_bit, standing_number,
};
use super::super::circles::HasCircle;
use super::super::day::Day;
use super::super::index::Slot;
use super::super::name::Name;
use super::super::question::QuestionError;

/// Stands for a value that no incident has.
const NOWHERE: u32 = u32::MAX - 1;
/// Kilometres of one degree of latitude, rounded down.
const KM_A_DEGREE: f64 = 111.0;

/// Everything that must hold.
#[derive(Debug)]
pub(super) struct Conditions {
    kind: Option<u8>,
    originator: Option<u32>,
    country: Option<u16>,
    modes: Option<u16>,
    handling: Option<u8>,
    since: Option<Day>,
    until: Option<Day>,
    retracted: bool,
    line: LineCondition,
    party: Option<PartyCondition>,
    route: Option<(u16, u16)>,
    near: Option<Near>,
    circle: Option<HasCircle>,
    min_bits: Option<f32>,
    /// Bits of the strongest lead of each incident, where the question is about bits.
    bits: Vec<f32>,
}

#[derive(Debug)]
struct LineCondition {
    entry: Option<u32>,
    families: Option<Vec<u32>>,
    min_kg: Option<f32>,
    max_kg: Option<f32>,
}

#[derive(Debug)]
struct PartyCondition {
    called: Option<Called>,
    country: Option<u16>,
    role: Option<u8>,
    standing: Option<u8>,
}

impl Conditions {
    pub(super) fn of(query: &FindQuery, engine: &Engine) -> Result<Self, QuestionError> {
        let catalogue = &engine.catalogue;
        if let (Some(min), Some(max)) = (query.min_kg, query.max_kg)
            && min > max
        {
            return Err(QuestionError::refused(format_args!("{min} to {max} kg"), "the lesser first"));
        }
        if let (Some(since), Some(until)) = (query.since, query.until)
            && since > until
        {
            return Err(QuestionError::refused(format_args!("{since} to {until}"), "the earlier day first"));
        }
        let circle = query.circle.as_ref().map(|circle| engine.circles.having(circle));
        let is_about_bits = query.min_bits.is_some() || query.sort == backtrail_bus::query::Sort::Bits;
        Ok(Self {
            kind: query.kind.map(|kind| kind as u8),
            originator: query.originator.as_ref().map(|agency| catalogue.originator(agency).unwrap_or(NOWHERE)),
            country: query.country.map(|country| country_number(Some(country))),
            modes: query.mode.map(|mode| 1 << mode as u16),
            handling: query.handling.map(handling_bit),
            since: query.since.map(Day::from),
            until: query.until.map(Day::from),
            retracted: query.retracted,
            line: LineCondition::of(query, catalogue)?,
            party: PartyCondition::of(query, catalogue)?,
            route: query.route.map(|route| (country_number(route.from), country_number(route.to))),
            near: query.near.map(checked).transpose()?,
            circle,
            min_bits: query.min_bits.map(|bits| bits as f32),
            bits: if is_about_bits { bits_of_all(engine) } else { Vec::new() },
        })
    }

    /// True if everything holds.
    pub(super) fn hold(&self, card: &Card, engine: &Engine) -> bool {
        let arenas = &engine.catalogue.arenas;
        self.kind.is_none_or(|kind| card.kind == kind)
            && (self.retracted || !card.is_retracted)
            && self.originator.is_none_or(|originator| card.originator == originator)
            && self.country.is_none_or(|country| card.country == country)
            && self.modes.is_none_or(|modes| card.modes & modes != 0)
            && self.handling.is_none_or(|handling| card.handling & handling != 0)
            && self.since.is_none_or(|since| card.last_day >= since)
            && self.until.is_none_or(|until| card.first_day <= until)
            && self.near.is_none_or(|near| self.distance_km(card).is_some_and(|km| km <= near.within_km))
            && (self.line.is_open() || arenas.lines(card).iter().any(|line| self.line.holds(line)))
            && self.route.is_none_or(|route| goes(arenas.way(card), route))
            && self.party.as_ref().is_none_or(|party| arenas.parties(card).iter().any(|of| party.holds(of)))
            && self.circle.as_ref().is_none_or(|circle| engine.circles.has(card.slot, circle))
            && self.min_bits.is_none_or(|bits| self.bits(card.slot) >= bits)
    }

    /// Bits of the strongest open lead that an incident is in.
    pub(super) fn bits(&self, slot: Slot) -> f32 {
        self.bits.get(slot as usize).copied().unwrap_or(0.0)
    }

    /// The most kilograms of a line that is asked for.
    pub(super) fn most_kg(&self, lines: &[LineCard]) -> Option<f32> {
        let fitting = lines.iter().filter(|line| !line.kg.is_nan() && self.line.holds(line));
        fitting.map(|line| line.kg).max_by(f32::total_cmp)
    }

    /// How far it is from the position that is asked for; `None` too where it is clearly too far.
    pub(super) fn distance_km(&self, card: &Card) -> Option<f64> {
        let near = self.near?;
        let at = card.coordinates()?;
        let is_near = (at.latitude - near.at.latitude).abs() * KM_A_DEGREE <= near.within_km;
        is_near.then(|| great_circle_km(near.at, at))
    }

    /// The place in its list of the party that is asked for: of several the one whose name fits best.
    pub(super) fn party(&self, catalogue: &Catalogue, card: &Card) -> Option<usize> {
        let wanted = self.party.as_ref()?;
        let bits =
            |party: &PartyCard| wanted.called.as_ref().and_then(|called| called.bits.get(&party.spelling).copied());
        let fitting = catalogue.arenas.parties(card).iter().enumerate().filter(|(_, party)| wanted.holds(party));
        fitting.reduce(|best, other| if bits(other.1) > bits(best.1) { other } else { best }).map(|(place, _)| place)
    }

    /// What was not looked at, in words.
    pub(super) fn left_out(&self) -> Option<String> {
        let left_out = self.party.as_ref()?.called.as_ref()?.left_out;
        (left_out > 0).then(|| format!("names that share only common words with the one asked for ({left_out})"))
    }
}

impl LineCondition {
    fn of(query: &FindQuery, catalogue: &Catalogue) -> Result<Self, QuestionError> {
        for kg in [query.min_kg, query.max_kg].into_iter().flatten() {
            if !kg.is_finite() || kg < 0.0 {
                return Err(QuestionError::refused(format_args!("{kg} kg"), "0 or more"));
            }
        }
        if query.with_precursors && query.family.is_none() {
            return Err(QuestionError::refused("no family", "one whose precursors are wanted too"));
        }
        let number = |token| catalogue.token(token).unwrap_or(NOWHERE);
        let families = query.family.as_ref().map(|family| {
            let register = SubstanceRegister::shipped();
            let all = register.families().iter().map(|family| &family.id);
            let precursors = all.filter(|other| query.with_precursors && register.is_precursor_family(other, family));
            std::iter::once(family).chain(precursors).map(number).collect()
        });
        Ok(Self {
            entry: query.substance.as_ref().map(number),
            families,
            min_kg: query.min_kg.map(|kg| kg as f32),
            max_kg: query.max_kg.map(|kg| kg as f32),
        })
    }

    fn is_open(&self) -> bool {
        self.entry.is_none() && self.families.is_none() && self.min_kg.is_none() && self.max_kg.is_none()
    }

    /// A quantity that is not known is in no range.
    fn holds(&self, line: &LineCard) -> bool {
        self.entry.is_none_or(|entry| line.entry == entry)
            && self.families.as_ref().is_none_or(|families| families.contains(&line.family))
            && self.min_kg.is_none_or(|min| line.kg >= min)
            && self.max_kg.is_none_or(|max| line.kg <= max)
    }
}

impl PartyCondition {
    fn of(query: &FindQuery, catalogue: &Catalogue) -> Result<Option<Self>, QuestionError> {
        let called = query.party.as_deref().map(|written| called(catalogue, written)).transpose()?;
        let condition = Self {
            called,
            country: query.party_country.map(|country| country_number(Some(country))),
            role: query.party_role.map(|role| role as u8),
            standing: query.party_standing.map(standing_number),
        };
        let is_open = condition.called.is_none()
            && condition.country.is_none()
            && condition.role.is_none()
            && condition.standing.is_none();
        Ok((!is_open).then_some(condition))
    }

    fn holds(&self, party: &PartyCard) -> bool {
        // Of a name that is asked for, one without a country may be it; a country alone must be there.
        let may_lack_country = self.called.is_some() && party.country == 0;
        self.role.is_none_or(|role| party.role == role)
            && self.standing.is_none_or(|standing| party.standing == standing)
            && self.country.is_none_or(|country| party.country == country || may_lack_country)
            && self.called.as_ref().is_none_or(|called| called.bits.contains_key(&party.spelling))
    }
}

/// The names that may be this one.
pub(in super::super) fn called(catalogue: &Catalogue, written: &str) -> Result<Called, QuestionError> {
    let name = Name::parse(written);
    let name = name.ok_or_else(|| QuestionError::refused(format_args!("{written:?}"), "a name of somebody"))?;
    Ok(catalogue.spellings.called(written, &name))
}

fn checked(near: Near) -> Result<Near, QuestionError> {
    let Near { at: Coordinates { latitude, longitude }, within_km } = near;
    if !(-90.0..=90.0).contains(&latitude) || !(-180.0..=180.0).contains(&longitude) {
        let found = format_args!("the position {latitude}, {longitude}");
        return Err(QuestionError::refused(found, "degrees of latitude and longitude"));
    }
    if !(0.0..=FindQuery::MAX_KM).contains(&within_km) {
        let expected = format_args!("0 to {} km", FindQuery::MAX_KM);
        return Err(QuestionError::refused(format_args!("within {within_km} km"), expected));
    }
    Ok(near)
}

/// True if the goods were in one country, and later in the other or meant to end there. 0 is wherever.
fn goes(way: &[WayPlace], (from, to): (u16, u16)) -> bool {
    let last = way.len().saturating_sub(1);
    let leaves = |(place, at): (usize, &WayPlace)| at.country == from && (place < last || at.is_start);
    let comes = |(place, at): (usize, &WayPlace)| at.country == to && (place > 0 || at.is_end);
    match (from, to) {
        (0, _) => way.iter().enumerate().any(comes),
        (_, 0) => way.iter().enumerate().any(leaves),
        _ => {
            let start = way.iter().position(|at| at.country == from);
            start.is_some_and(|start| way[start + 1..].iter().any(|at| at.country == to))
        }
    }
}

/// For each incident the bits of the strongest open lead that it is in; dismissed leads do not count.
fn bits_of_all(engine: &Engine) -> Vec<f32> {
    let mut bits = vec![0.0_f32; engine.store.len()];
    for (lead_id, record) in engine.book.all() {
        if record.is_open() && engine.state(lead_id, record) != LeadState::Dismissed {
            for (slot, _) in &record.members {
                let most = &mut bits[*slot as usize];
                *most = most.max(record.bits as f32);
            }
        }
    }
    bits
}
