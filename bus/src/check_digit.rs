//! Check digits of transport identifiers. Each function takes the normal form (upper case letters and digits) and
//! answers `None` for another format, else whether the check digit fits.

/// ISO 6346:2022, annex A: owner prefix (3 letters), category letter, 6 digits, check digit. Letters count 10 to 38
/// without the multiples of 11; position i has the weight 2^i; the sum modulo 11, with 10 written as 0.
pub fn container(normal: &str) -> Option<bool> {
    let bytes: &[u8; 11] = normal.as_bytes().try_into().ok()?;
    let (letters, digits) = bytes.split_at(4);
    (letters.iter().all(u8::is_ascii_uppercase) && digits.iter().all(u8::is_ascii_digit)).then_some(())?;
    let value = |byte: u8| match byte {
        b'0'..=b'9' => digit(byte),
        b'A' => 10,
        b'B'..=b'K' => u32::from(byte - b'B') + 12,
        b'L'..=b'U' => u32::from(byte - b'L') + 23,
        _ => u32::from(byte - b'V') + 34,
    };
    let sum: u32 = bytes[..10].iter().zip(0..).map(|(byte, position)| value(*byte) << position).sum();
    Some(sum % 11 % 10 == digit(bytes[10]))
}

/// UPU S10: 2 letters, 8 digits with the weights 8 6 4 2 3 5 9 7, check digit, 2 letters of the country. The check
/// digit is 11 minus the sum modulo 11, with 10 written as 0 and 11 as 5.
pub fn postal_item(normal: &str) -> Option<bool> {
    let bytes: &[u8; 13] = normal.as_bytes().try_into().ok()?;
    let letters = [bytes[0], bytes[1], bytes[11], bytes[12]];
    (letters.iter().all(u8::is_ascii_uppercase) && bytes[2..11].iter().all(u8::is_ascii_digit)).then_some(())?;
    let sum: u32 = bytes[2..10].iter().zip([8, 6, 4, 2, 3, 5, 9, 7]).map(|(byte, weight)| digit(*byte) * weight).sum();
    let check = match 11 - sum % 11 {
        10 => 0,
        11 => 5,
        other => other,
    };
    Some(check == digit(bytes[10]))
}

/// IATA air waybill: 3 digits of the airline, 7 digits, and those 7 modulo 7.
pub fn air_waybill(normal: &str) -> Option<bool> {
    let bytes: &[u8; 11] = normal.as_bytes().try_into().ok()?;
    bytes.iter().all(u8::is_ascii_digit).then_some(())?;
    Some(number(&bytes[3..10]) % 7 == digit(bytes[10]))
}

/// IMO ship number: 6 digits with the weights 7 to 2, then the last digit of their sum.
pub fn imo_ship(normal: &str) -> Option<bool> {
    let bytes = seven_digits(normal)?;
    let sum: u32 = bytes[..6].iter().zip([7, 6, 5, 4, 3, 2]).map(|(byte, weight)| digit(*byte) * weight).sum();
    Some(sum % 10 == digit(bytes[6]))
}

/// IMO company number: 6 digits with the weights 8 6 4 2 9 7, then 11 minus the sum modulo 11, modulo 10.
pub fn imo_company(normal: &str) -> Option<bool> {
    let bytes = seven_digits(normal)?;
    let sum: u32 = bytes[..6].iter().zip([8, 6, 4, 2, 9, 7]).map(|(byte, weight)| digit(*byte) * weight).sum();
    Some((11 - sum % 11) % 10 == digit(bytes[6]))
}

/// CAS registry number as written, `50-36-2`: 2 to 7 digits, 2 digits, check digit, with hyphens between. The check
/// digit is the sum of the digits times their position from the right, modulo 10 (CAS, "Check Digit Verification").
pub fn cas(written: &str) -> Option<bool> {
    let mut parts = written.split('-');
    let (Some(first), Some(second), Some(check), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let is_form = (2..=7).contains(&first.len()) && second.len() == 2 && check.len() == 1;
    (is_form && written.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')).then_some(())?;
    let digits = first.bytes().chain(second.bytes()).rev().zip(1..);
    let sum: u32 = digits.map(|(byte, weight)| digit(byte) * weight).sum();
    Some(sum % 10 == digit(check.as_bytes()[0]))
}

/// UPS `1Z` number: 15 letters and digits, check digit. Letters count as their position in the alphabet plus 2, modulo
/// 10; every second character doubles; the check digit brings the sum to a multiple of 10 (UPS, Guide to Labeling).
pub fn ups(normal: &str) -> Option<bool> {
    let rest = normal.strip_prefix("1Z").filter(|rest| rest.len() == 16 && rest.is_ascii())?;
    let value = |byte: u8| if byte.is_ascii_digit() { digit(byte) } else { (u32::from(byte - b'A') + 2) % 10 };
    let bytes = rest.as_bytes();
    (bytes.iter().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) && bytes[15].is_ascii_digit()).then_some(())?;
    let sum: u32 = bytes[..15].iter().zip([1, 2].into_iter().cycle()).map(|(byte, weight)| value(*byte) * weight).sum();
    Some((10 - sum % 10) % 10 == digit(bytes[15]))
}

/// DHL Express air waybill: 9 digits, and those modulo 7.
pub fn dhl_express(normal: &str) -> Option<bool> {
    let bytes: &[u8; 10] = normal.as_bytes().try_into().ok()?;
    bytes.iter().all(u8::is_ascii_digit).then_some(())?;
    Some(number(&bytes[..9]) % 7 == digit(bytes[9]))
}

/// FedEx Express: 11 digits with the weights 3 1 7 3 1 7 3 1 7 3 1, their sum modulo 11, modulo 10.
pub fn fedex_express(normal: &str) -> Option<bool> {
    let bytes: &[u8; 12] = normal.as_bytes().try_into().ok()?;
    bytes.iter().all(u8::is_ascii_digit).then_some(())?;
    let weights = [3, 1, 7].into_iter().cycle();
    let sum: u32 = bytes[..11].iter().zip(weights).map(|(byte, weight)| digit(*byte) * weight).sum();
    Some(sum % 11 % 10 == digit(bytes[11]))
}

/// GS1 keys (SSCC and others): digits with the weights 3 and 1 from the right, to a multiple of 10 (GS1 General
/// Specifications, 7.9).
pub fn gs1(normal: &str) -> Option<bool> {
    let (check, rest) = normal.as_bytes().split_last()?;
    (normal.len() > 1 && normal.bytes().all(|byte| byte.is_ascii_digit())).then_some(())?;
    let sum: u32 = rest.iter().rev().zip([3, 1].into_iter().cycle()).map(|(byte, weight)| digit(*byte) * weight).sum();
    Some((10 - sum % 10) % 10 == digit(*check))
}

fn seven_digits(normal: &str) -> Option<&[u8; 7]> {
    normal.as_bytes().try_into().ok().filter(|bytes: &&[u8; 7]| bytes.iter().all(u8::is_ascii_digit))
}

fn digit(byte: u8) -> u32 {
    u32::from(byte - b'0')
}

fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |number, byte| number * 10 + digit(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers() {
        fn check(f: fn(&str) -> Option<bool>, normal: &str, expected: Option<bool>) {
            assert_eq!(f(normal), expected, "{normal}");
        }
        // The worked example of ISO 6346 and two numbers with letters from all three runs.
        check(container, "CSQU3054383", Some(true));
        check(container, "MSKU6011672", Some(true));
        check(container, "CSQU3054384", Some(false));
        check(container, "CSQU305438", None);
        check(container, "1SQU3054383", None);
        // The example in UPU standard S10.
        check(postal_item, "RR473124829GB", Some(true));
        check(postal_item, "RR473124828GB", Some(false));
        check(postal_item, "RR47312482GB9", None);
        check(air_waybill, "17621394262", Some(true));
        check(air_waybill, "17621394263", Some(false));
        check(air_waybill, "1762139426", None);
        check(cas, "7732-18-5", Some(true));
        check(cas, "50-36-2", Some(true));
        check(cas, "50-36-3", Some(false));
        check(cas, "50362", None);
        check(imo_ship, "9074729", Some(true));
        check(imo_ship, "9074728", Some(false));
        check(imo_company, "5304986", Some(imo_company_by_hand([5, 3, 0, 4, 9, 8], 6)));
        check(imo_company, "530498", None);
    }

    fn imo_company_by_hand(digits: [u32; 6], check: u32) -> bool {
        let sum = digits[0] * 8 + digits[1] * 6 + digits[2] * 4 + digits[3] * 2 + digits[4] * 9 + digits[5] * 7;
        (11 - sum % 11) % 10 == check
    }
}
