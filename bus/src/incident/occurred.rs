//! When something happened, as exactly as it is known and no more.

use std::fmt;
use std::str::FromStr;

use compact_str::{CompactString, ToCompactString as _};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::wire_text::{WireText, wire_text};

/// The years in which an incident may have happened.
const YEARS: std::ops::RangeInclusive<i16> = 1950..=2100;

/// A time as reported: an instant (RFC 3339), a day, a month or a year (ISO 8601 reduced precision).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OccurredAt {
    text: CompactString,
    precision: Precision,
    first_day: Date,
}

/// How exactly a time is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    Instant,
    Day,
    Month,
    Year,
}

/// A text that is no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "found {found:?}, expected a date such as 2026-03-04, 2026-03 or 2026, or a time such as 2026-03-04T10:15:00Z, in the years 1950 to 2100"
)]
pub struct OccurredError {
    pub found: String,
}

impl OccurredAt {
    /// One day.
    pub fn day(date: Date) -> Self {
        Self { text: date.to_compact_string(), precision: Precision::Day, first_day: date }
    }

    /// How exactly the time is known.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The first day on which it may have happened (UTC for an instant).
    pub fn first_day(&self) -> Date {
        self.first_day
    }

    /// The last day on which it may have happened.
    pub fn last_day(&self) -> Date {
        match self.precision {
            Precision::Instant | Precision::Day => self.first_day,
            Precision::Month => self.first_day.last_of_month(),
            Precision::Year => self.first_day.last_of_year(),
        }
    }

    /// The text as reported.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for OccurredAt {
    type Err = OccurredError;

    fn from_str(text: &str) -> Result<Self, OccurredError> {
        let (precision, first_day) = parse(text)
            .filter(|(_, day)| YEARS.contains(&day.year()))
            .ok_or_else(|| OccurredError { found: text.chars().take(64).collect() })?;
        Ok(Self { text: text.into(), precision, first_day })
    }
}

impl WireText for OccurredAt {
    type Error = OccurredError;

    fn from_wire(text: &str) -> Result<Self, OccurredError> {
        text.parse()
    }

    fn as_wire(&self) -> &str {
        &self.text
    }
}

wire_text!(OccurredAt);

impl fmt::Display for OccurredAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn parse(text: &str) -> Option<(Precision, Date)> {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    match text.len() {
        4 if digits(text) => Some((Precision::Year, Date::new(text.parse().ok()?, 1, 1).ok()?)),
        7 => {
            let (year, month) = text.split_once('-')?;
            (digits(year) && digits(month)).then_some(())?;
            Some((Precision::Month, Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?))
        }
        10 => Some((Precision::Day, text.parse().ok()?)),
        _ => {
            has_rfc_3339_form(text).then_some(())?;
            let instant: Timestamp = text.parse().ok()?;
            Some((Precision::Instant, instant.to_zoned_datetime(jiff::tz::TimeZone::UTC).date()))
        }
    }
}

/// True for `2026-03-04T10:15:00Z`, with a fraction or an offset perhaps. Parsers take more than RFC 3339 and than
/// other readers of this bus do: a space for the T, no seconds, names of time zones.
fn has_rfc_3339_form(text: &str) -> bool {
    let form = |part: &str, form: &str| {
        part.len() == form.len()
            && part.bytes().zip(form.bytes()).all(|(b, f)| if f == b'0' { b.is_ascii_digit() } else { b == f })
    };
    let Some((start, rest)) = text.split_at_checked(19) else { return false };
    let (fraction, zone) = rest.split_at(rest.find(['Z', '+', '-']).unwrap_or(rest.len()));
    let is_fraction = fraction.strip_prefix('.').is_none_or(|digits| form(digits, &"0".repeat(digits.len().max(1))));
    form(start, "0000-00-00T00:00:00")
        && (fraction.is_empty() || fraction.starts_with('.'))
        && is_fraction
        && (zone == "Z" || form(zone, "+00:00") || form(zone, "-00:00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_text_and_precision() {
        fn check(text: &str, precision: Precision, first: &str, last: &str) {
            let occurred_at: OccurredAt = text.parse().unwrap();
            assert_eq!(occurred_at.as_str(), text);
            assert_eq!(occurred_at.precision(), precision);
            assert_eq!(occurred_at.first_day().to_string(), first);
            assert_eq!(occurred_at.last_day().to_string(), last);
        }
        check("2026-03-04T23:30:00-05:00", Precision::Instant, "2026-03-05", "2026-03-05");
        check("2026-03-04", Precision::Day, "2026-03-04", "2026-03-04");
        check("2024-02", Precision::Month, "2024-02-01", "2024-02-29");
        check("2024", Precision::Year, "2024-01-01", "2024-12-31");
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "yesterday",
            "04-03-2026",
            "2026-02-30",
            "2026-13",
            "1026",
            "2026-03-04 10:00:00Z",
            "2026-03-04T10:00Z",
            "2026-03-04T10:00:00+0100",
            "2026-03-04T10:00:00Z[UTC]",
            "2026-03-04T10:00:00.Z",
            " 2026-03-04",
            "20é",
        ] {
            assert!(text.parse::<OccurredAt>().is_err(), "{text:?}");
        }
    }
}
