//! Blocking keys: what two incidents must share to be looked at together.

use std::fmt;

use backtrail_bus::country::CountryCode;
use backtrail_bus::incident::IdentifierKind;
use backtrail_bus::token::Token;
use compact_str::CompactString;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::fingerprint::Digest;
use super::numbered::Parts;
use super::party_name::PartyName;

/// One blocking key with its text. Incidents that share one stand in one posting list, the key's hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// The normal form of an identifier.
    Identifier { kind: IdentifierKind, normal: CompactString },
    /// A party at either end: consignor, exporter, manufacturer, vendor; consignee, notify party, importer. The mark of a
    /// posting says at which.
    Party(PartyName),
    /// A word of such a party's name that is its own, with its country, where the name has several: there a spelling with
    /// another word damaged is met.
    NearName(CompactString),
    /// The address of a sender.
    SenderAddress(CompactString),
    /// The address of a receiver.
    ReceiverAddress(CompactString),
    /// A substance on the way from one country to another.
    Corridor { substance: CompactString, from: CountryCode, to: CountryCode },
    /// An exact quantity of a substance, found in one country.
    Quantity { substance: CompactString, country: CountryCode, amount: CompactString },
    /// A reference of one originator's own.
    OwnReference { originator: CompactString, reference: CompactString },
    /// A mark on the goods; logos are compared within one family of substances.
    Material { mark: Mark, family: Option<Token>, text: CompactString },
    /// A place that goods left, passed or came to: what touching route legs share.
    Place(CompactString),
}

/// What on the goods is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Mark {
    Lot,
    Logo,
    LabProfile,
}

/// What a key is held as: the first 16 bytes of the SHA-256 of its text. Nobody finds two texts with one id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct KeyId([u8; 16]);

/// What is held of a key beside its id: enough to judge what meets there. Its text is read again from a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum KeyClass {
    Identifier(IdentifierKind),
    Party {
        name_bits: u8,
    },
    SenderAddress,
    ReceiverAddress,
    Corridor,
    /// With the number of significant digits of the amount.
    Quantity {
        digits: u8,
    },
    OwnReference,
    Material(Mark),
    Place,
    NearName,
}

impl Mark {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Lot => "lot",
            Self::Logo => "logo",
            Self::LabProfile => "laboratory profile",
        }
    }
}

impl fmt::Display for Key {
    /// The text of the key: what leads are called by, so it never changes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.text().into_iter().filter(|word| !word.is_empty());
        words.enumerate().try_for_each(|(place, word)| {
            f.write_str(if place > 0 { " " } else { "" })?;
            f.write_str(word)
        })
    }
}

impl Key {
    /// The text of the key, in words between which one space stands; empty ones do not count.
    fn text(&self) -> [&str; 4] {
        match self {
            Self::Identifier { kind, normal } => ["identifier", kind.code(), normal, ""],
            Self::Party(name) => ["party", name.words(), "", ""],
            Self::NearName(text) => ["near", text, "", ""],
            Self::SenderAddress(address) => ["sender at", address, "", ""],
            Self::ReceiverAddress(address) => ["receiver at", address, "", ""],
            Self::Corridor { substance, from, to } => ["corridor", substance, from.as_str(), to.as_str()],
            Self::Quantity { substance, country, amount } => ["quantity", substance, country.as_str(), amount],
            Self::OwnReference { originator, reference } => ["reference", originator, reference, ""],
            Self::Material { mark, family: Some(family), text } => [mark.words(), family.as_str(), text, ""],
            Self::Material { mark, family: None, text } => [mark.words(), text, "", ""],
            Self::Place(place) => ["place", place, "", ""],
        }
    }

    pub(crate) fn id(&self) -> KeyId {
        KeyId(Digest::of_words(&self.text()))
    }

    pub(crate) fn class(&self) -> KeyClass {
        match self {
            Self::Identifier { kind, .. } => KeyClass::Identifier(*kind),
            Self::Party(name) => KeyClass::Party { name_bits: name.whole_bits() },
            Self::NearName(_) => KeyClass::NearName,
            Self::SenderAddress(_) => KeyClass::SenderAddress,
            Self::ReceiverAddress(_) => KeyClass::ReceiverAddress,
            Self::Corridor { .. } => KeyClass::Corridor,
            Self::Quantity { amount, .. } => KeyClass::Quantity { digits: significant_digits(amount) },
            Self::OwnReference { .. } => KeyClass::OwnReference,
            Self::Material { mark, .. } => KeyClass::Material(*mark),
            Self::Place(_) => KeyClass::Place,
        }
    }
}

impl KeyId {
    /// Eight bytes of the id.
    pub(crate) fn parts(self) -> Parts {
        let word = |at: usize| u32::from_be_bytes([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]]);
        Parts { spread: word(0), tag: word(4) }
    }

    /// Eight other bytes of the id.
    pub(crate) fn hash(self) -> u64 {
        u64::from_be_bytes(self.0[8..].try_into().expect("eight bytes are left"))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut hex = [0; 32];
        HEXLOWER.encode_mut(&self.0, &mut hex);
        f.write_str(std::str::from_utf8(&hex).expect("hexadecimal digits are ASCII"))
    }
}

impl KeyClass {
    /// From this number of incidents on, the key says nothing any more: it is shown as hot and makes no leads and no
    /// hops until the number falls. It also bounds the work that one more incident can cause.
    pub(crate) fn hot_above(self) -> usize {
        match self {
            Self::Identifier(kind) => match kind {
                // One company's phone, e-mail or handle stands on many parcels; a forwarder's on thousands.
                IdentifierKind::Phone | IdentifierKind::Email | IdentifierKind::VendorHandle => 200,
                _ => 50,
            },
            Self::Party { .. } | Self::Corridor | Self::Material(_) => 200,
            // A parcel shop, a mail drop, a forwarder.
            Self::SenderAddress | Self::ReceiverAddress => 60,
            // All names that meet are compared with one another, and a word that more have is no name of their own.
            Self::NearName => 24,
            Self::Quantity { .. } | Self::OwnReference => 12,
            Self::Place => 2_000,
        }
    }

    /// True if the key is of a party and not of the incident itself.
    pub(crate) fn is_of_party(self) -> bool {
        matches!(self, Self::Party { .. } | Self::NearName | Self::SenderAddress | Self::ReceiverAddress)
    }

    /// False if no key is of both: one key is always of one class, but what a name says depends on its spelling.
    pub(crate) fn may_be(self, other: Self) -> bool {
        self == other || matches!((self, other), (Self::Party { .. }, Self::Party { .. }))
    }

    /// True if what meets here may be one event reported twice.
    pub(crate) fn makes_duplicates(self) -> bool {
        matches!(self, Self::Quantity { .. } | Self::OwnReference)
    }
}

/// The digits of an amount that say something: nobody seizes 17.283 kg twice on one day, everybody seizes 1 kg.
fn significant_digits(amount: &str) -> u8 {
    let mantissa = amount.split('e').next().unwrap_or_default();
    let digits = || mantissa.bytes().filter(u8::is_ascii_digit);
    let zeros = digits().rev().take_while(|digit| *digit == b'0').count();
    u8::try_from(digits().count() - zeros).unwrap_or(u8::MAX)
}
