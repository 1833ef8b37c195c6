//! Finding incidents: by what they say, what came of them, and how they came here.

use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Query;
use crate::agency::{AgencyId, CircleId};
use crate::country::CountryCode;
use crate::incident::{
    Coordinates, HandlingCode, IdentifierKind, IncidentKind, Locode, PartyRole, Standing, TransportMode, code_list,
};
use crate::lead::IncidentSummary;
use crate::token::Token;

/// Incidents for which everything that is asked for holds. With nothing asked for, all that are held.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FindQuery {
    /// Kind and value of an identifier, in any spelling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<(IdentifierKind, String)>,
    /// Name of a party, in any spelling. What else is asked of a party must hold of the same one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// Country of that party; one without a country fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party_country: Option<CountryCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party_role: Option<PartyRole>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party_standing: Option<Standing>,
    /// UN/LOCODE of a place that the goods left, passed or came to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Locode>,
    /// Where it happened, by distance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near: Option<Near>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<IncidentKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub originator: Option<AgencyId>,
    /// Where it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<RouteWanted>,
    /// Mode of transport of any leg.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<TransportMode>,
    /// Entry of a substance in the register. What else is asked of substances must hold of the same line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub substance: Option<Token>,
    /// Family of a substance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<Token>,
    /// Families that the wanted one is made from, too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub with_precursors: bool,
    /// Least and most kilograms of one substance line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_kg: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_kg: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handling: Option<HandlingCode>,
    /// A circle by which it came here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub circle: Option<CircleId>,
    /// Words of the narrative, of names, goods, places and marks, and identifiers; all of them, in any order, misspelt by
    /// a letter or two on either side. A word that ends with `*` is the start of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The first and the last day on which it may have happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Least bits of the strongest open lead that it is in; dismissed ones do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_bits: Option<f64>,
    /// Incidents that were taken back, too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub retracted: bool,
    pub sort: Sort,
    /// Where the page before this one ended: [`FindAnswer::next`] of the same question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// At most so many; the daemon caps it at [`FindQuery::MAX_LIMIT`].
    pub limit: usize,
}

/// Not farther than so many kilometres from a position.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Near {
    pub at: Coordinates,
    pub within_km: f64,
}

/// From one country to another, whatever lies between; `*` on one side for wherever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RouteWanted {
    pub from: Option<CountryCode>,
    pub to: Option<CountryCode>,
}

code_list! {
    /// The order of what is found. Of two that are equal the one that came later is first.
    #[derive(Default)]
    Sort {
        /// Latest first.
        #[default]
        DateDown = "-date",
        /// Earliest first.
        Date = "date",
        /// By the bits of the strongest lead, most first.
        Bits = "bits",
        /// By kilograms, most first; those without come last.
        Quantity = "quantity",
        /// Nearest first.
        Distance = "distance",
        /// Those that have the words as they were asked for first.
        Relevance = "relevance",
    }
}

/// The answer to [`FindQuery`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindAnswer {
    pub incidents: Vec<FoundIncident>,
    /// How many there are in all, among those that were held when the first page was asked for.
    pub total: usize,
    /// Asks for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// What was left out, in words; empty if nothing was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// An incident that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundIncident {
    #[serde(flatten)]
    pub incident: IncidentSummary,
    /// True if its originator took it back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_retracted: bool,
    /// The circles by which it came here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub circles: Vec<CircleId>,
    /// The party that was asked for, as written there, with its role, and with its standing where that says something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// Distance from the position that was asked for, in kilometres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_km: Option<f64>,
    /// Bits of the strongest open lead that it is in, where the question is about bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits: Option<f64>,
    /// Where the words that were asked for stand, with some words around them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
}

impl FindQuery {
    /// The most incidents in one answer.
    pub const MAX_LIMIT: usize = 1_000;
    /// The most words of a text.
    pub const MAX_WORDS: usize = 8;
    /// The longest distance, in kilometres: half way round the earth.
    pub const MAX_KM: f64 = 20_040.0;
}

impl Query for FindQuery {
    const NAME: &'static str = "find";
    type Answer = FindAnswer;
}

impl FromStr for RouteWanted {
    type Err = String;

    /// Parses `CN>NL`, `*>US` or `CN>*`; countries are codes or names.
    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("found {text:?}, expected two countries as in CN>NL, or one as in '*>US' and 'CN>*'");
        let end = |part: &str| match part.trim() {
            "*" => Ok(None),
            country => CountryCode::named(country).map(Some).ok_or_else(expected),
        };
        let (from, to) = text.split_once('>').ok_or_else(expected)?;
        let (from, to) = (end(from)?, end(to)?);
        if from.is_none() && to.is_none() { Err(expected()) } else { Ok(Self { from, to }) }
    }
}

impl TryFrom<String> for RouteWanted {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<RouteWanted> for String {
    fn from(RouteWanted { from, to }: RouteWanted) -> Self {
        let end = |country: Option<CountryCode>| country.map_or_else(|| "*".to_owned(), |country| country.to_string());
        format!("{}>{}", end(from), end(to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_read_and_written() {
        fn check(text: &str, expected: Option<&str>) {
            let read = text.parse::<RouteWanted>().ok().map(String::from);
            assert_eq!(read.as_deref(), expected, "{text:?}");
        }
        check("CN>NL", Some("CN>NL"));
        check("China > Netherlands", Some("CN>NL"));
        check("*>US", Some("*>US"));
        check("CN>*", Some("CN>*"));
        for wrong in ["CN", "*>*", "CN>", ">NL", "CN>XQ", ""] {
            check(wrong, None);
        }
    }

    #[test]
    fn a_question_for_nothing_is_short() {
        let query = FindQuery { limit: 3, ..FindQuery::default() };
        assert_eq!(serde_json::to_string(&query).unwrap(), r#"{"sort":"-date","limit":3}"#);
        assert_eq!(serde_json::from_str::<FindQuery>(r#"{"limit":3}"#).unwrap(), query);
        assert!(serde_json::from_str::<FindQuery>(r#"{"limit":3,"offset":2}"#).is_err());
    }
}
