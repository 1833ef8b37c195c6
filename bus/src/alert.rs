//! Alerts: saved questions that a daemon asks of everything that comes, and what it says when something fits.
//!
//! They see what comes after they were added. Definitions, what waits and what was said are kept in the agency's own
//! JetStream, so that neither a restart nor a daemon built anew says anything twice.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::country::CountryCode;
use crate::id::LeadId;
use crate::incident::{Coordinates, IdentifierKind, IncidentKind, Locode, code_list};
use crate::lead::{IncidentSummary, LeadChange, LeadKind};
use crate::token::{Token, token_name};

token_name! {
    /// What people call an alert; it stands in its subject.
    AlertName
}

/// What an alert waits for; all that is given must fit.
///
/// With conditions on the incident it fires for each incident that fits, once. With `min_bits` it fires for leads too
/// that open or grow with at least so many bits and have a member that fits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertCondition {
    /// Entry of the substance register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub substance: Option<Token>,
    /// Family of a substance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<Token>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<RoutePattern>,
    /// A place of the incident or of its route lies near.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<Near>,
    /// Name of a party, in any spelling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// Kind and value of an identifier, in any writing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<(IdentifierKind, String)>,
    /// Where it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<IncidentKind>,
    /// Leads too, from so many bits on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_bits: Option<f64>,
}

/// From where to where: `CN>NL`, with `*` for anywhere. The goods left the one country or passed it, and came to the
/// other, were on their way to it, or were found there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoutePattern {
    pub from: Option<CountryCode>,
    pub to: Option<CountryCode>,
}

/// A circle around a place.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Near {
    pub place: Locode,
    /// Where that place is.
    pub coordinates: Coordinates,
    pub within_km: f64,
}

code_list! {
    /// How soon an alert says what it found.
    Pace {
        AtOnce = "at-once",
        /// At the full hour.
        Hourly = "hourly",
        /// At seven in the morning.
        Daily = "daily",
    }
}

code_list! {
    /// What a limit counts over.
    LimitPeriod {
        Hour = "hour",
        Day = "day",
    }
}

/// At most so many findings in each hour or day; of the rest only the number is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    pub count: u32,
    pub per: LimitPeriod,
}

/// Hours of a day in which nothing is said; it is said at their end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    pub from: Time,
    pub to: Time,
}

/// How an alert says what it found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    pub pace: Pace,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<QuietHours>,
    /// Name of the time zone that hours and days are meant in, as IANA has it: `Europe/Amsterdam`.
    pub time_zone: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
}

/// An alert as it was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertDefinition {
    pub name: AlertName,
    /// Who asked for it.
    pub by: String,
    pub condition: AlertCondition,
    pub delivery: Delivery,
}

/// An alert as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    #[serde(flatten)]
    pub definition: AlertDefinition,
    pub added_at: Timestamp,
    pub is_paused: bool,
    /// How many notices it gave.
    pub notices: u64,
    /// How many findings wait for their hour.
    pub waiting: u64,
    /// When they are said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

/// What an alert says at one time, as a message in the agency's own account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertNotice {
    pub alert: AlertName,
    /// 1 for the first of this name, then without gaps.
    pub number: u64,
    pub at: Timestamp,
    /// In the order in which they were found.
    pub findings: Vec<Finding>,
    /// How many more there were, beyond the limit.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u64,
}

/// What fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    Incident(IncidentSummary),
    Lead(FoundLead),
}

/// A lead that opened or grew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundLead {
    pub lead_id: LeadId,
    pub change: LeadChange,
    pub kind: LeadKind,
    pub shared: String,
    pub bits: f64,
    pub member_count: u32,
}

/// What somebody does with an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertChange {
    /// What comes until it is resumed is not looked at.
    Pause,
    Resume,
    Remove,
}

/// Why an alert is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlertError {
    #[error("found no condition, expected at least one: it would fire for everything")]
    Everything,
    #[error("found the time zone {0:?}, expected a name such as Europe/Amsterdam")]
    TimeZone(String),
    #[error("found {found} for {what}, expected {expected}")]
    Range { what: &'static str, found: String, expected: &'static str },
}

/// The longest name of a party or a person and the longest identifier, in characters.
const MAX_TEXT: usize = 300;
/// No two places on earth are farther apart, in kilometres.
const MAX_WITHIN_KM: f64 = 20_100.0;
const MAX_LIMIT: u32 = 1_000;
const MAX_BITS: f64 = 1_000.0;

impl AlertCondition {
    /// True if an incident can fit by what it says itself.
    pub fn is_of_incidents(&self) -> bool {
        let Self { substance, family, route, near, party, identifier, country, kind, min_bits: _ } = self;
        let says_way = route.is_some() || near.is_some() || country.is_some();
        let says_goods = substance.is_some() || family.is_some() || kind.is_some();
        says_way || says_goods || party.is_some() || identifier.is_some()
    }
}

impl AlertDefinition {
    /// Checks what the types do not say.
    pub fn check(&self) -> Result<(), AlertError> {
        let Self { name: _, by, condition, delivery } = self;
        let range = |what, found: &dyn fmt::Display, expected| {
            Err(AlertError::Range { what, found: found.to_string(), expected })
        };
        if !condition.is_of_incidents() && condition.min_bits.is_none() {
            return Err(AlertError::Everything);
        }
        let identifier = condition.identifier.as_ref().map(|(_, value)| value);
        for (what, text) in [("a name", Some(by)), ("a party", condition.party.as_ref()), ("an identifier", identifier)]
        {
            let length = text.map(|text| text.trim().chars().count());
            if length.is_some_and(|length| length == 0 || length > MAX_TEXT) {
                return range(what, &format!("{} characters", length.unwrap_or_default()), "1 to 300");
            }
        }
        if let Some(Near { coordinates, within_km, .. }) = &condition.near {
            if !(*within_km > 0.0 && *within_km <= MAX_WITHIN_KM) {
                return range("a distance", within_km, "more than 0 and at most 20100 km");
            }
            let Coordinates { latitude, longitude } = coordinates;
            if !((-90.0..=90.0).contains(latitude) && (-180.0..=180.0).contains(longitude)) {
                return range("a position", &format!("{latitude}, {longitude}"), "one on earth");
            }
        }
        if let Some(bits) = condition.min_bits.filter(|bits| !(0.0..=MAX_BITS).contains(bits)) {
            return range("bits", &bits, "0 to 1000");
        }
        if let Some(limit) = delivery.limit.filter(|limit| !(1..=MAX_LIMIT).contains(&limit.count)) {
            return range("a limit", &limit.count, "1 to 1000");
        }
        if delivery.quiet.is_some_and(|quiet| quiet.from == quiet.to) {
            return range("quiet hours", &"a whole day", "less; an alert can be paused");
        }
        delivery.zone().map(|_| ())
    }
}

impl Delivery {
    /// The time zone that is meant.
    pub fn zone(&self) -> Result<TimeZone, AlertError> {
        TimeZone::get(&self.time_zone).map_err(|_| AlertError::TimeZone(self.time_zone.chars().take(64).collect()))
    }
}

impl QuietHours {
    /// True at this time of the day.
    pub fn contain(self, time: Time) -> bool {
        let Self { from, to } = self;
        if from < to { from <= time && time < to } else { from <= time || time < to }
    }
}

impl AlertNotice {
    /// The id under which it is published.
    pub fn event_id(&self) -> String {
        format!("{}.{}", self.alert, self.number)
    }
}

impl FromStr for RoutePattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("found {text:?}, expected a route such as CN>NL, *>US or CN>*");
        let (from, to) = text.split_once('>').ok_or_else(expected)?;
        let end = |text: &str| match text.trim() {
            "*" => Ok(None),
            country => CountryCode::from_alpha2(&country.to_ascii_uppercase()).map(Some).ok_or_else(expected),
        };
        let pattern = Self { from: end(from)?, to: end(to)? };
        if pattern.from.is_none() && pattern.to.is_none() { Err(expected()) } else { Ok(pattern) }
    }
}

impl TryFrom<String> for RoutePattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<RoutePattern> for String {
    fn from(pattern: RoutePattern) -> Self {
        pattern.to_string()
    }
}

impl fmt::Display for RoutePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |country: Option<CountryCode>| country.map_or_else(|| "*".to_owned(), |country| country.to_string());
        write!(f, "{}>{}", end(self.from), end(self.to))
    }
}

impl FromStr for QuietHours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("found {text:?}, expected quiet hours such as 22:00-06:00");
        let (from, to) = text.split_once('-').ok_or_else(expected)?;
        let time = |text: &str| text.trim().parse::<Time>().map_err(|_| expected());
        Ok(Self { from: time(from)?, to: time(to)? })
    }
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from.strftime("%H:%M"), self.to.strftime("%H:%M"))
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("found {text:?}, expected a limit such as 20/hour or 100/day");
        let (count, per) = text.split_once('/').ok_or_else(expected)?;
        let per = per.trim().parse().map_err(|_| expected())?;
        Ok(Self { count: count.trim().parse().map_err(|_| expected())?, per })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.per)
    }
}

impl fmt::Display for AlertCondition {
    /// As on the command line that adds it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let near = self.near.map(|near| format!("{} within {} km", near.place, near.within_km));
        let identifier = self.identifier.as_ref().map(|(kind, value)| format!("{kind}:{value}"));
        let parts = [
            ("substance", self.substance.as_ref().map(ToString::to_string)),
            ("family", self.family.as_ref().map(ToString::to_string)),
            ("route", self.route.map(|route| route.to_string())),
            ("near", near),
            ("party", self.party.as_ref().map(|party| format!("{party:?}"))),
            ("identifier", identifier),
            ("country", self.country.map(|country| country.to_string())),
            ("kind", self.kind.map(|kind| kind.to_string())),
            ("leads from", self.min_bits.map(|bits| format!("{bits} bits"))),
        ];
        let given = parts.into_iter().filter_map(|(what, value)| Some(format!("{what} {}", value?)));
        f.write_str(&given.collect::<Vec<_>>().join(", "))
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.pace.code().replace('-', " "))?;
        if let Some(quiet) = self.quiet {
            write!(f, ", quiet {quiet}")?;
        }
        if let Some(limit) = self.limit {
            write!(f, ", at most {limit}")?;
        }
        write!(f, ", {}", self.time_zone)
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_read_back() {
        fn check<T: FromStr<Err = String> + fmt::Display>(text: &str, expected: Result<&str, &str>) {
            match (text.parse::<T>(), expected) {
                (Ok(value), Ok(expected)) => assert_eq!(value.to_string(), expected),
                (Err(error), Err(expected)) => assert!(error.contains(expected), "{error}"),
                (found, _) => panic!("{text:?}: {:?}", found.map(|value| value.to_string())),
            }
        }
        check::<RoutePattern>("cn > nl", Ok("CN>NL"));
        check::<RoutePattern>("*>US", Ok("*>US"));
        check::<RoutePattern>("CN>*", Ok("CN>*"));
        check::<RoutePattern>("*>*", Err("found \"*>*\""));
        check::<RoutePattern>("CN-NL", Err("expected a route"));
        check::<RoutePattern>("ZZ>NL", Err("expected a route"));
        check::<QuietHours>("22:00-06:30", Ok("22:00-06:30"));
        check::<QuietHours>("22", Err("expected quiet hours"));
        check::<Limit>("20/hour", Ok("20/hour"));
        check::<Limit>("many/day", Err("expected a limit"));
    }

    #[test]
    fn what_would_fire_for_everything_is_refused() {
        let check = |condition: AlertCondition, time_zone: &str, expected: Option<&str>| {
            let delivery = Delivery { pace: Pace::AtOnce, quiet: None, time_zone: time_zone.to_owned(), limit: None };
            let name = AlertName::new("a").unwrap();
            let definition = AlertDefinition { name, by: "A".to_owned(), condition, delivery };
            let found = definition.check().map_err(|error| error.to_string());
            match expected {
                None => assert_eq!(found, Ok(())),
                Some(expected) => assert!(found.as_ref().unwrap_err().contains(expected), "{found:?}"),
            }
        };
        let route = AlertCondition { route: "*>US".parse().ok(), ..AlertCondition::default() };
        check(AlertCondition::default(), "UTC", Some("it would fire for everything"));
        check(AlertCondition { min_bits: Some(12.0), ..AlertCondition::default() }, "UTC", None);
        check(AlertCondition { min_bits: Some(f64::NAN), ..AlertCondition::default() }, "UTC", Some("found NaN"));
        check(route.clone(), "Europe/Amsterdam", None);
        check(route.clone(), "Europe/Nowhere", Some("expected a name such as"));
        check(AlertCondition { party: Some(" ".to_owned()), ..route }, "UTC", Some("0 characters for a party"));
    }

    #[test]
    fn quiet_hours_may_go_over_midnight() {
        let check = |quiet: &str, time: &str, expected: bool| {
            let quiet: QuietHours = quiet.parse().unwrap();
            assert_eq!(quiet.contain(time.parse().unwrap()), expected, "{time}");
        };
        check("22:00-06:00", "22:00", true);
        check("22:00-06:00", "05:59", true);
        check("22:00-06:00", "06:00", false);
        check("12:00-13:00", "12:30", true);
        check("12:00-13:00", "22:30", false);
    }
}
