//! How to reach or pay people: phones, e-mail, addresses in ledgers.

use sha3::{Digest, Keccak256};

use super::{Judged, Validity, digits};

/// International numbers become E.164 without the plus (ITU-T E.164), by the numbering plans of `libphonenumber`. A
/// national number stays as it is: which country it belongs to is not said.
pub(super) fn phone(value: &str) -> Judged {
    let normal = digits(value);
    let international = match (value.trim_start().starts_with('+'), normal.strip_prefix("00")) {
        (true, _) => normal.as_str(),
        (false, Some(rest)) => rest,
        (false, None) => {
            return Judged::new(normal, Validity::UnknownFormat, "expected + or 00 and the country's number first");
        }
    };
    match phonenumber::parse(None, format!("+{international}")) {
        Ok(number) if phonenumber::is_valid(&number) => {
            let normal = digits(&number.format().mode(phonenumber::Mode::E164).to_string());
            let country = number.country().id().map_or(String::new(), |id| format!(" of {id:?}"));
            Judged::new(normal, Validity::Valid, format!("a number in use{country}"))
        }
        Ok(_) => Judged::new(international, Validity::UnknownFormat, "no number of its country has this form"),
        Err(error) => Judged::new(international, Validity::UnknownFormat, error.to_string()),
    }
}

/// Case is dropped: RFC 5321 lets a host tell cases of the local part apart, and none does.
pub(super) fn email(value: &str) -> Judged {
    let normal = value.trim().to_lowercase();
    match email_address::EmailAddress::parse_with_options(
        &normal,
        email_address::Options::default().with_required_tld(),
    ) {
        Ok(_) => Judged::new(normal, Validity::Valid, "well formed (RFC 5322); whether it exists is not known"),
        Err(error) => Judged::new(normal, Validity::UnknownFormat, error.to_string()),
    }
}

/// Addresses by their form: base58check (Bitcoin, Tron, Litecoin, Dogecoin), bech32 (Bitcoin and Litecoin segwit, BIP
/// 173 and 350), hexadecimal with the mixed-case checksum of EIP-55 (Ethereum and its like), and Monero's length.
pub(super) fn crypto_address(value: &str) -> Judged {
    let text = value.trim();
    if let Some(hex) =
        text.strip_prefix("0x").filter(|hex| hex.len() == 40 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
    {
        return ethereum(hex);
    }
    if let Some((prefix, _)) =
        text.rsplit_once('1').filter(|(prefix, _)| matches!(prefix.to_lowercase().as_str(), "bc" | "ltc" | "tb"))
    {
        let normal = text.to_lowercase();
        let what = format!("segwit address ({})", prefix.to_lowercase());
        let fits = bech32::segwit::decode(text).is_ok();
        return Judged::checked(normal, Some(fits), &what, "");
    }
    let is_base58 = text.bytes().all(|byte| byte.is_ascii_alphanumeric() && !matches!(byte, b'0' | b'O' | b'I' | b'l'));
    match (is_base58, text.len()) {
        (true, 25..=36) => {
            let fits = bs58::decode(text).with_check(None).into_vec().is_ok();
            Judged::checked(text.to_owned(), Some(fits), "base58check address", "")
        }
        (true, 95 | 106) if text.starts_with(['4', '8']) => {
            Judged::new(text, Validity::Unchecked, "has the form of a Monero address")
        }
        _ => Judged::new(text, Validity::UnknownFormat, "expected an address in base58, bech32 or hexadecimal"),
    }
}

/// EIP-55: a letter is a capital where the Keccak-256 hash of the lower-case address has a digit from 8 on.
fn ethereum(hex: &str) -> Judged {
    let lower = hex.to_lowercase();
    let normal = format!("0x{lower}");
    let letters = || hex.chars().filter(char::is_ascii_alphabetic);
    if letters().all(|c| c.is_ascii_lowercase()) || letters().all(|c| c.is_ascii_uppercase()) {
        return Judged::new(normal, Validity::Unchecked, "Ethereum address in one case, which carries no checksum");
    }
    let hash = data_encoding::HEXLOWER.encode(&Keccak256::digest(lower.as_bytes()));
    let fits =
        hex.chars().zip(hash.chars()).all(|(c, h)| !c.is_ascii_alphabetic() || c.is_ascii_uppercase() == (h >= '8'));
    Judged::checked(normal, Some(fits), "Ethereum address (EIP-55)", "")
}
