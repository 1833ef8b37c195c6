//! Blocking keys: what two incidents must share to be looked at together.

use backtrail_bus::country::CountryCode;
use backtrail_bus::incident::IdentifierKind;
use backtrail_bus::token::Token;
use serde::{Deserialize, Serialize};

use super::party_name::PartyName;

/// One blocking key. Incidents that share one stand in one posting list, the key's hub.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Key {
    /// The normal form of an identifier.
    Identifier { kind: IdentifierKind, normal: String },
    /// A consignor, exporter, manufacturer or vendor.
    Sender(PartyName),
    /// A consignee, notify party or importer.
    Receiver(PartyName),
    /// A substance on the way from one country to another.
    Corridor { substance: String, from: CountryCode, to: CountryCode },
    /// An exact quantity of a substance, found in one country.
    Quantity { substance: String, country: CountryCode, amount: String },
    /// The originator's own reference.
    OwnReference { originator: String, reference: String },
    /// A party at either end.
    Party(PartyName),
    /// The address of a sender.
    SenderAddress(String),
    /// The address of a receiver.
    ReceiverAddress(String),
    /// A mark on the goods; logos are compared within one family of substances.
    Material { mark: Mark, family: Option<Token>, text: String },
    /// A place that goods left, passed or came to: what touching route legs share.
    Place(String),
}

/// What on the goods is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Mark {
    Lot,
    Logo,
    LabProfile,
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

impl Key {
    /// From this number of incidents on, the key says nothing any more: it is shown as hot and makes no leads and no
    /// hops until the number falls. It also bounds the work that one more incident can cause.
    pub(crate) fn hot_above(&self) -> usize {
        match self {
            Self::Identifier { kind, .. } => match kind {
                // One company's phone, e-mail or handle stands on many parcels; a forwarder's on thousands.
                IdentifierKind::Phone | IdentifierKind::Email | IdentifierKind::VendorHandle => 200,
                _ => 50,
            },
            Self::Sender(_) | Self::Receiver(_) | Self::Party(_) | Self::Corridor { .. } | Self::Material { .. } => 200,
            // A parcel shop, a mail drop, a forwarder.
            Self::SenderAddress(_) | Self::ReceiverAddress(_) => 60,
            Self::Quantity { .. } => 12,
            Self::OwnReference { .. } => 12,
            Self::Place(_) => 2_000,
        }
    }

    /// True if incidents that meet here can form a lead; the other keys only carry hops of a trace.
    pub(crate) fn makes_leads(&self) -> bool {
        !matches!(self, Self::Place(_))
    }

    /// The key as text: part of a lead's identity, so it never changes.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Identifier { kind, normal } => format!("identifier {kind} {normal}"),
            Self::Sender(name) => format!("sender {}", name.words()),
            Self::Receiver(name) => format!("receiver {}", name.words()),
            Self::Corridor { substance, from, to } => format!("corridor {substance} {from} {to}"),
            Self::Quantity { substance, country, amount } => format!("quantity {substance} {country} {amount}"),
            Self::OwnReference { originator, reference } => format!("reference {originator} {reference}"),
            Self::Party(name) => format!("party {}", name.words()),
            Self::Material { mark, family: Some(family), text } => format!("{} {family} {text}", mark.words()),
            Self::Material { mark, family: None, text } => format!("{} {text}", mark.words()),
            Self::SenderAddress(address) => format!("sender at {address}"),
            Self::ReceiverAddress(address) => format!("receiver at {address}"),
            Self::Place(place) => format!("place {place}"),
        }
    }
}
