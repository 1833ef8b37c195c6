//! Identifiers of posts and couriers.

use super::{Judged, Validity, capitals};
use crate::check_digit;
use crate::country::CountryCode;

pub(super) fn postal_item(value: &str) -> Judged {
    let normal = capitals(value);
    let fits = check_digit::postal_item(&normal);
    let mut judged = Judged::checked(
        normal,
        fits,
        "UPU S10",
        "2 letters, 9 digits and the country's 2 letters, as in RR473124829GB",
    );
    if fits.is_some() && CountryCode::from_alpha2(&judged.normal[11..]).is_none() {
        judged.reason.to_mut().push_str("; no country has these letters");
    }
    judged
}

/// Numbers of couriers and national posts, told apart by their form: UPS (1Z), FedEx (12 digits), DHL Express (10
/// digits), and the posts that use GS1 or their own 20 to 22 digits. Each formula is that of the carrier's published
/// label specification.
pub(super) fn courier_tracking(value: &str) -> Judged {
    let normal = capitals(value);
    let is_digits = normal.bytes().all(|byte| byte.is_ascii_digit());
    let checked = |fits: bool, what: &str| Judged::checked(normal.clone(), Some(fits), what, "");
    if normal.len() == 18 && normal.starts_with("1Z") {
        return checked(check_digit::ups(&normal) == Some(true), "UPS");
    }
    if let Some(fits) = check_digit::postal_item(&normal) {
        return checked(fits, "UPU S10");
    }
    match normal.len() {
        10 if is_digits => match check_digit::dhl_express(&normal) {
            Some(true) => checked(true, "DHL Express"),
            _ => Judged::new(normal, Validity::Unchecked, "10 digits that are no DHL Express number"),
        },
        12 if is_digits => match check_digit::fedex_express(&normal) {
            Some(true) => checked(true, "FedEx Express"),
            _ => Judged::new(normal, Validity::Unchecked, "12 digits that are no FedEx Express number"),
        },
        20 | 22 if is_digits => match check_digit::gs1(&normal) {
            Some(true) => checked(true, "GS1"),
            _ => Judged::new(normal, Validity::Unchecked, "digits without a GS1 check digit"),
        },
        5..=40 => Judged::new(normal, Validity::Unchecked, "a courier's number with no check that is known here"),
        _ => Judged::new(normal, Validity::UnknownFormat, "expected 5 to 40 letters and digits"),
    }
}
