//! Identifiers of transport: containers, seals, waybills, flights, ships.

use jiff::civil::Date;

use super::{Judged, Validity, capitals, digits};
use crate::check_digit;

pub(super) fn container(value: &str) -> Judged {
    let normal = capitals(value);
    let fits = check_digit::container(&normal);
    Judged::checked(normal, fits, "ISO 6346", "4 letters, 6 digits and a check digit, as in MSKU6011672")
}

/// A high-security seal (ISO 17712) has a number of its maker's choosing.
pub(super) fn seal(value: &str) -> Judged {
    let normal = capitals(value);
    match normal.len() {
        4..=20 => Judged::new(normal, Validity::Unchecked, "seal numbers have no check digit"),
        _ => Judged::new(normal, Validity::UnknownFormat, "expected 4 to 20 letters and digits"),
    }
}

pub(super) fn air_waybill(value: &str) -> Judged {
    let normal = capitals(value);
    let fits = check_digit::air_waybill(&normal);
    Judged::checked(normal, fits, "IATA master air waybill", "3 digits of the airline and 8 digits, as in 176-21394262")
}

/// A forwarder's own number; many forwarders copy the form of a master air waybill.
pub(super) fn house_air_waybill(value: &str) -> Judged {
    let normal = capitals(value);
    let reason = match check_digit::air_waybill(&normal) {
        Some(true) => "has the form of a master air waybill, and its check digit fits",
        Some(false) => "has the form of a master air waybill, without its check digit",
        None => "house air waybills have no check digit",
    };
    match normal.len() {
        4..=20 => Judged::new(normal, Validity::Unchecked, reason),
        _ => Judged::new(normal, Validity::UnknownFormat, "expected 4 to 20 letters and digits"),
    }
}

/// Carriers begin with their code (SCAC, 4 letters); a number has at most 35 characters (UN/EDIFACT, element 1004).
pub(super) fn bill_of_lading(value: &str) -> Judged {
    let normal = capitals(value);
    let has_carrier = normal.len() > 4 && normal.bytes().take(4).all(|byte| byte.is_ascii_uppercase());
    match normal.len() {
        6..=35 if has_carrier => Judged::new(normal, Validity::Unchecked, "begins like a carrier code; no check digit"),
        6..=35 => Judged::new(normal, Validity::Unchecked, "bills of lading have no check digit"),
        _ => Judged::new(normal, Validity::UnknownFormat, "expected 6 to 35 letters and digits"),
    }
}

/// `KL692/2026-03-04`, `KLM 0692 04MAR2026`: the airline's IATA or ICAO code, up to 4 digits, a letter for a repeated
/// flight, and the date, without which the number means every day.
pub(super) fn flight(value: &str) -> Judged {
    let text = value.trim().to_uppercase();
    let unknown =
        || Judged::new(capitals(value), Validity::UnknownFormat, "expected a flight such as KL692/2026-03-04");
    let joined: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    // An ICAO code is three letters; an IATA code two letters, or a letter and a digit.
    let airline = match joined.bytes().take_while(u8::is_ascii_uppercase).count() {
        3 => 3,
        0..=2 => 2,
        _ => return unknown(),
    };
    let Some((code, rest)) = joined.split_at_checked(airline) else { return unknown() };
    if !code.bytes().all(|byte| byte.is_ascii_alphanumeric()) || !code.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return unknown();
    }
    let number_length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let has_separator = rest.contains(['/', '@', '-']);
    // "KLM 0692 04MAR2026" without its spaces: the number ends where the text had a space.
    let number_length =
        if has_separator { number_length } else { number_length.min(spaced_number(&text, number_length)) };
    let (number, after) = rest.split_at(number_length);
    if number.is_empty() || number.len() > 4 {
        return unknown();
    }
    let number = number.trim_start_matches('0');
    // There is no flight 0.
    if number.is_empty() {
        return unknown();
    }
    let (suffix, date) = match after.as_bytes().first() {
        Some(letter) if letter.is_ascii_uppercase() && !after[1..].starts_with(|c: char| c.is_ascii_alphabetic()) => {
            after.split_at(1)
        }
        _ => ("", after),
    };
    let date = date.trim_start_matches(['/', '@', '-']);
    let flight = format!("{code}{number}{suffix}");
    match (date.is_empty(), read_date(date)) {
        (true, _) => Judged::new(flight, Validity::Unchecked, "without a date it means the flight of every day"),
        (false, Some(date)) => {
            Judged::new(format!("{flight}/{date}"), Validity::Unchecked, "a flight and its date; no check digit")
        }
        (false, None) => unknown(),
    }
}

/// Length of the digits after the first letters as far as the next space in the text as written.
fn spaced_number(text: &str, whole: usize) -> usize {
    let groups: Vec<&str> = text.split_whitespace().collect();
    let digits_of = |group: &&str| group.bytes().filter(u8::is_ascii_digit).count();
    match groups.as_slice() {
        [first, _, ..] if first.bytes().any(|byte| byte.is_ascii_digit()) && first.len() > 2 => digits_of(first),
        [_, second, _, ..] => digits_of(second),
        _ => whole,
    }
}

/// `2026-03-04`, `04MAR2026` or `04MAR26`.
fn read_date(text: &str) -> Option<Date> {
    if let Ok(date) = text.parse() {
        return Some(date);
    }
    const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    let (day, rest) = text.split_at_checked(2)?;
    let (month, year) = rest.split_at_checked(3)?;
    let month = MONTHS.iter().zip(1..).find(|(name, _)| **name == month)?.1;
    let year: i16 = year.parse().ok().filter(|_| year.len() == 2 || year.len() == 4)?;
    Date::new(if year < 100 { 2000 + year } else { year }, month, day.parse().ok()?).ok()
}

pub(super) fn imo_ship(value: &str) -> Judged {
    let normal = digits(value);
    let fits = check_digit::imo_ship(&normal);
    let mut judged = Judged::checked(normal, fits, "IMO ship number", "7 digits, as in IMO 9074729");
    if fits == Some(false) && check_digit::imo_company(&judged.normal) == Some(true) {
        judged.reason.to_mut().push_str("; it fits a company number");
    }
    judged
}

pub(super) fn imo_company(value: &str) -> Judged {
    let normal = digits(value);
    let fits = check_digit::imo_company(&normal);
    let mut judged = Judged::checked(normal, fits, "IMO company number", "7 digits, as in IMO 0289239");
    if fits == Some(false) && check_digit::imo_ship(&judged.normal) == Some(true) {
        judged.reason.to_mut().push_str("; it fits a ship number");
    }
    judged
}
