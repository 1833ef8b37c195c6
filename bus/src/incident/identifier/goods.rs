//! Numbers of goods: chemicals and tariff codes.

use super::{Judged, Validity, digits};
use crate::check_digit;

/// The normal form has its hyphens, as registers write it.
pub(super) fn cas(value: &str) -> Judged {
    let digits = digits(value);
    let normal = match digits.len() {
        5..=10 => {
            let (first, check) = digits.split_at(digits.len() - 1);
            let (first, second) = first.split_at(first.len() - 2);
            format!("{first}-{second}-{check}")
        }
        _ => digits,
    };
    let fits = check_digit::cas(&normal);
    Judged::checked(normal, fits, "CAS registry number", "up to 7, 2 and 1 digits, as in 50-36-2")
}

/// 6 digits of the Harmonized System, 8 of the Combined Nomenclature, 10 of a national tariff; or the 2 of a chapter and
/// the 4 of a heading. Chapter 77 is reserved; 98 and 99 are national.
pub(super) fn hs_code(value: &str) -> Judged {
    let normal = digits(value);
    let what = match normal.len() {
        2 => "a chapter of the Harmonized System",
        4 => "a heading of the Harmonized System",
        6 => "a subheading of the Harmonized System",
        8 => "a code of the Combined Nomenclature or a national tariff",
        10 => "a code of a national tariff",
        _ => return Judged::new(normal, Validity::UnknownFormat, "expected 2, 4, 6, 8 or 10 digits"),
    };
    match normal[..2].parse() {
        Ok(1..=76 | 78..=97) => Judged::new(normal, Validity::Valid, what),
        Ok(98 | 99) => Judged::new(normal, Validity::Unchecked, "chapters 98 and 99 are national"),
        _ => Judged::new(normal, Validity::UnknownFormat, "no such chapter in the Harmonized System"),
    }
}
