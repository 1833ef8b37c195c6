//! What incidents are asked for by, on the command line.

use anyhow::{Context as _, anyhow, bail};
use backtrail_bus::agency::{AgencyId, CircleId};
use backtrail_bus::country::CountryCode;
use backtrail_bus::gazetteer::PlaceText;
use backtrail_bus::incident::{
    Coordinates, HandlingCode, IdentifierKind, IncidentKind, Locode, PartyRole, Standing, TransportMode,
};
use backtrail_bus::query::{FindQuery, Near, RouteWanted};
use backtrail_bus::registers::Registers;
use backtrail_bus::substance_register::{Resolution, SubstanceRegister};
use backtrail_bus::token::Token;
use jiff::civil::Date;
use serde::de::DeserializeOwned;

use crate::session::Session;

/// What an incident can be found by, beside its words.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Carried {
    /// An identifier, such as container:MSKU6011672
    #[arg(long, value_name = "KIND:VALUE", value_parser = identifier)]
    id: Option<(IdentifierKind, String)>,
    /// The name of a party
    #[arg(long, value_name = "NAME")]
    party: Option<String>,
    /// The country of that party
    #[arg(long, value_name = "COUNTRY", requires = "party", value_parser = country)]
    country: Option<CountryCode>,
    /// The UN/LOCODE of a place that the goods left, passed or came to
    #[arg(long, value_name = "LOCODE")]
    place: Option<Locode>,
    /// A substance, as you would write it
    #[arg(long, value_name = "NAME")]
    substance: Option<String>,
    /// The way of the goods, such as 'CN>NL', '*>US' or 'CN>*', whatever lies between
    #[arg(long, value_name = "FROM>TO")]
    route: Option<RouteWanted>,
}

/// Every condition.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Wanted {
    #[command(flatten)]
    carried: Carried,
    /// The role of that party, or of any
    #[arg(long)]
    role: Option<PartyRole>,
    /// The standing of that party, or of any: named-on-document, verified, suspect or misused-identity
    #[arg(long, value_parser = standing)]
    standing: Option<Standing>,
    /// A family of substances
    #[arg(long, value_parser = family)]
    family: Option<Token>,
    /// Substances that the family is made from, too
    #[arg(long, requires = "family")]
    with_precursors: bool,
    /// At least so many kilograms of it
    #[arg(long, value_name = "KG")]
    min_kg: Option<f64>,
    /// At most so many kilograms of it
    #[arg(long, value_name = "KG")]
    max_kg: Option<f64>,
    /// What happened
    #[arg(long)]
    kind: Option<IncidentKind>,
    /// The agency that posted it
    #[arg(long, value_name = "AGENCY")]
    originator: Option<AgencyId>,
    /// The country where it happened
    #[arg(long = "in", value_name = "COUNTRY", value_parser = country)]
    happened_in: Option<CountryCode>,
    /// The mode of transport of any leg
    #[arg(long)]
    mode: Option<TransportMode>,
    /// A handling code: H0 to H3
    #[arg(long, value_parser = handling)]
    handling: Option<HandlingCode>,
    /// A circle by which it came here
    #[arg(long)]
    circle: Option<CircleId>,
    /// Words of the narrative, of names, goods, places and marks, and identifiers; 'chem*' for how a word begins
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// Not farther than this from --of, such as 50km
    #[arg(long, value_name = "DISTANCE", requires = "of", value_parser = kilometres)]
    within: Option<f64>,
    /// A place: UN/LOCODE, latitude and longitude as in 51.9,4.1, or 'Antwerp, BE'
    #[arg(long, value_name = "PLACE", requires = "within", allow_hyphen_values = true)]
    of: Option<String>,
    /// What may have happened on or after this day
    #[arg(long, value_name = "DATE")]
    since: Option<Date>,
    /// What may have happened on or before this day
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// Only what is in a lead of so many bits or more
    #[arg(long, value_name = "BITS")]
    min_bits: Option<f64>,
    /// Incidents that were taken back, too
    #[arg(long)]
    retracted: bool,
}

impl Carried {
    pub(crate) fn is_empty(&self) -> bool {
        let Self { id, party, country: _, place, substance, route } = self;
        id.is_none() && party.is_none() && place.is_none() && substance.is_none() && route.is_none()
    }

    /// The identifier, if it is one.
    pub(crate) fn identifier(&self) -> Option<(IdentifierKind, String)> {
        self.id.clone()
    }

    /// The question for it, without anything else; names of substances are read by the installed registers.
    pub(crate) fn query(self, session: &Session) -> anyhow::Result<FindQuery> {
        let installed = session.registers()?;
        self.query_by(installed.get())
    }

    fn query_by(self, registers: Registers<'_>) -> anyhow::Result<FindQuery> {
        let Self { id, party, country, place, substance, route } = self;
        let mut query =
            FindQuery { identifier: id, party, party_country: country, place, route, limit: 1, ..FindQuery::default() };
        let Some(name) = substance else { return Ok(query) };
        match registers.substances.resolve(&name) {
            Resolution::Entry(found) => query.substance = Some(found.entry.id.clone()),
            Resolution::Family(family) => query.family = Some(family.id.clone()),
            Resolution::Ambiguous(entries) => {
                let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
                bail!("found {name:?}, which may be {}; expected one of them", names.join(", "));
            }
            Resolution::Unrecognised => {
                let near = registers.substances.suggestions(&name, 3).join(", ");
                let near = if near.is_empty() { String::new() } else { format!(" ({near}?)") };
                bail!("found the substance {name:?}, which the register does not know{near}; try --text");
            }
        }
        Ok(query)
    }
}

impl Wanted {
    /// The conditions as a question; names of substances and places are read by the installed registers.
    pub(crate) fn query(self, session: &Session) -> anyhow::Result<FindQuery> {
        let installed = session.registers()?;
        self.query_by(installed.get())
    }

    fn query_by(self, registers: Registers<'_>) -> anyhow::Result<FindQuery> {
        let carried = self.carried.query_by(registers)?;
        if carried.family.is_some() && self.family.is_some() {
            bail!("found a family as --substance beside --family, expected one of both");
        }
        let near = self
            .within
            .zip(self.of)
            .map(|(within_km, of)| anyhow::Ok(Near { at: position(&of, registers)?, within_km }));
        Ok(FindQuery {
            party_role: self.role,
            party_standing: self.standing,
            family: self.family.or(carried.family),
            with_precursors: self.with_precursors,
            min_kg: self.min_kg,
            max_kg: self.max_kg,
            kind: self.kind,
            originator: self.originator,
            country: self.happened_in,
            mode: self.mode,
            handling: self.handling,
            circle: self.circle,
            text: self.text,
            near: near.transpose()?,
            since: self.since,
            until: self.until,
            min_bits: self.min_bits,
            retracted: self.retracted,
            ..carried
        })
    }
}

/// Where a place is.
fn position(text: &str, registers: Registers<'_>) -> anyhow::Result<Coordinates> {
    let numbers: Option<Vec<f64>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    if let Some([latitude, longitude]) = numbers.as_deref() {
        return Ok(Coordinates { latitude: *latitude, longitude: *longitude });
    }
    let locode: Option<Locode> = text.parse().ok();
    let (name, country) = match text.rsplit_once(',') {
        Some((name, country)) if CountryCode::named(country.trim()).is_some() => {
            (name, CountryCode::named(country.trim()))
        }
        _ => (text, None),
    };
    let place = locode.and_then(|locode| registers.places.by_locode(locode)).or_else(|| {
        let text = PlaceText { country, name: Some(name.trim()), ..PlaceText::default() };
        Some(registers.places.resolve(text)?.place)
    });
    let place = place.ok_or_else(|| {
        anyhow!("found {text:?}, which the gazetteer does not know; give it as 'Antwerp, BE' or as 51.9,4.1")
    })?;
    place.coordinates.with_context(|| format!("no position is known of {}; give it as in 51.9,4.1", place.name))
}

pub(crate) fn country(text: &str) -> Result<CountryCode, String> {
    CountryCode::named(text).ok_or_else(|| format!("found {text:?}, expected a country such as NL or Netherlands"))
}

pub(crate) fn family(text: &str) -> Result<Token, String> {
    let families = || SubstanceRegister::shipped().families().iter().map(|family| &family.id);
    families().find(|family| family.as_str() == text).cloned().ok_or_else(|| {
        let known: Vec<&str> = families().map(Token::as_str).collect();
        format!("found {text:?}, expected a family: {}", known.join(", "))
    })
}

pub(crate) fn identifier(text: &str) -> Result<(IdentifierKind, String), String> {
    let expected = || format!("found {text:?}, expected a kind and a value, as in container:MSKU6011672");
    let (kind, value) = text.split_once(':').ok_or_else(expected)?;
    let kind = kind.parse().map_err(|_| {
        let kinds: Vec<&str> = IdentifierKind::ALL.iter().map(|kind| kind.code()).collect();
        format!("found the kind {kind:?}, expected one of {}", kinds.join(", "))
    })?;
    if value.trim().is_empty() { Err(expected()) } else { Ok((kind, value.to_owned())) }
}

fn kilometres(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches("km").trim();
    let km = number.parse::<f64>().ok().filter(|km| (0.0..=FindQuery::MAX_KM).contains(km));
    km.ok_or_else(|| format!("found {text:?}, expected kilometres such as 50km"))
}

fn standing(text: &str) -> Result<Standing, String> {
    code(text)
        .ok_or_else(|| format!("found {text:?}, expected named-on-document, verified, suspect or misused-identity"))
}

fn handling(text: &str) -> Result<HandlingCode, String> {
    code(&text.to_ascii_uppercase()).ok_or_else(|| format!("found {text:?}, expected H0, H1, H2 or H3"))
}

/// A code as it is written on the wire.
fn code<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(text.into()).ok()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        wanted: Wanted,
    }

    fn query(flags: &[&str]) -> Result<FindQuery, String> {
        let line = Line::try_parse_from(std::iter::once(&"find").chain(flags)).map_err(|error| error.to_string())?;
        line.wanted.query_by(Registers::shipped()).map_err(|error| error.to_string())
    }

    #[test]
    fn places_are_positions() {
        let at = |of: &str| query(&["--within", "50 km", "--of", of]).unwrap().near.unwrap();
        for of in ["NLRTM", "nl rtm", "51.95,4.14", "Rotterdam, NL"] {
            let Near { at, within_km } = at(of);
            assert!((at.latitude - 51.9).abs() < 0.3 && (at.longitude - 4.3).abs() < 0.5, "{of}: {at:?}");
            assert_eq!(within_km, 50.0);
        }
        assert_eq!(at("-33.9,18.4").at.latitude, -33.9);
    }

    #[test]
    fn substances_are_what_the_register_says() {
        let substance = |name: &str| query(&["--substance", name]).unwrap().substance.map(|entry| entry.to_string());
        assert_eq!(substance("KETAMINE Hydrochloride").as_deref(), Some("ketamine"));
        let error = query(&["--substance", "Gold"]).unwrap_err();
        assert!(error.contains("\"Gold\"") && error.contains("--text"), "{error}");
    }

    #[test]
    fn wrong_values_are_named() {
        fn check(flags: &[&str], expected: &str) {
            let error = query(flags).unwrap_err();
            assert!(error.contains(expected), "{error} should contain {expected:?}");
        }
        check(&["--route", "CN"], "CN>NL");
        check(&["--within", "50km"], "--of");
        check(&["--within", "far", "--of", "NLRTM"], "kilometres");
        check(&["--within", "50km", "--of", "Nowhere at all"], "gazetteer");
        check(&["--standing", "guilty"], "misused-identity");
        check(&["--handling", "H9"], "H0, H1, H2 or H3");
        check(&["--country", "NL"], "--party");
    }
}
