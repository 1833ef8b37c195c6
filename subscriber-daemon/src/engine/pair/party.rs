//! Two parties side by side.

use backtrail_bus::country::CountryCode;
use backtrail_bus::fold;
use backtrail_bus::incident::{IdentifierKind, Party};

use crate::engine::address::Address;
use crate::engine::model::Model;
use crate::engine::name::{self, Name};

/// What of a party is compared.
#[derive(Debug, Clone)]
pub(super) struct PartyFeatures {
    side: Side,
    pub(super) written: String,
    pub(super) name: Option<Name>,
    pub(super) address: Address,
    pub(super) country: Option<CountryCode>,
    /// Phones, e-mails and registration numbers in normal form.
    pub(super) contacts: Vec<String>,
}

/// On which end of the shipment a party stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Sender,
    Receiver,
    Between,
}

impl PartyFeatures {
    pub(super) fn of(party: &Party) -> Self {
        let side = match (party.role.is_sender(), party.role.is_receiver()) {
            (true, _) => Side::Sender,
            (_, true) => Side::Receiver,
            _ => Side::Between,
        };
        let phone = party.phone.iter().map(|phone| IdentifierKind::Phone.normal_form(phone));
        let email = party.email.iter().map(|email| IdentifierKind::Email.normal_form(email));
        let number = party.id_number.iter().map(|number| fold::squash(number));
        Self {
            side,
            written: party.name.clone(),
            name: Name::parse(&party.name),
            address: Address::parse(party.address.as_deref().unwrap_or_default()),
            country: party.country,
            contacts: phone.chain(email).chain(number).filter(|contact| contact.len() > 3).collect(),
        }
    }
}

impl Side {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Sender => "consignor",
            Self::Receiver => "consignee",
            Self::Between => "party in between",
        }
    }
}

/// The comparisons of two parties.
pub(super) struct PairOfParties<'a> {
    pub(super) own: &'a PartyFeatures,
    pub(super) other: &'a PartyFeatures,
    pub(super) name: Option<name::NameEvidence>,
    pub(super) address: Option<(&'static str, f64)>,
    pub(super) country: Option<(&'static str, f64)>,
    pub(super) contact: Option<(&'a str, f64)>,
    cap: f64,
}

impl PairOfParties<'_> {
    /// The levels of all but the names, which have none.
    pub(super) fn levels(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let is_shared = self.own.contacts.iter().any(|contact| self.other.contacts.contains(contact));
        let contact = self.contact.map(|_| ("phone or e-mail", if is_shared { "same" } else { "other" }));
        let address = self.address.map(|(level, _)| ("address", level));
        let country = self.country.map(|(level, _)| ("party country", level));
        [address, country, contact].into_iter().flatten()
    }

    pub(super) fn bits(&self) -> f64 {
        let bits = |level: &Option<(&str, f64)>| level.map_or(0.0, |(_, bits)| bits);
        let sum = self.name.as_ref().map_or(0.0, |name| name.bits)
            + bits(&self.address)
            + bits(&self.country)
            + bits(&self.contact);
        sum.min(self.cap)
    }
}

/// The two parties that say most, of those that stand at such sides.
pub(super) fn best_pair<'a>(
    own: &'a [PartyFeatures],
    others: &'a [PartyFeatures],
    sides: impl Fn(Side, Side) -> bool,
    model: &Model,
) -> Option<PairOfParties<'a>> {
    let pairs = own.iter().flat_map(|a| others.iter().map(move |b| (a, b)));
    let scored = pairs.filter(|(a, b)| sides(a.side, b.side)).map(|(a, b)| pair_of_parties(a, b, model));
    scored
        .filter(|pair| pair.name.is_some() || pair.address.is_some() || pair.contact.is_some())
        .max_by(|a, b| a.bits().total_cmp(&b.bits()))
}

fn pair_of_parties<'a>(own: &'a PartyFeatures, other: &'a PartyFeatures, model: &Model) -> PairOfParties<'a> {
    let names = own.name.as_ref().zip(other.name.as_ref());
    let mut name = names.map(|(a, b)| name::compare(a, b));
    let address = own.address.level(&other.address).map(|level| (level, model.bits("address", level)));
    // At one door, a slip of the pen tells nobody apart.
    if let (Some(found), Some((a, b))) = (&mut name, names)
        && found.bits < 0.0
        && matches!(address, Some(("same" | "same street and number", _)))
        && a.is_slip_of(b)
    {
        found.bits = 0.0;
    }
    let country = own.country.zip(other.country).map(|(a, b)| {
        let level = if a == b { "same" } else { "other" };
        (level, model.bits("party country", level))
    });
    let shared = own.contacts.iter().find(|contact| other.contacts.contains(contact));
    let contact = match shared {
        Some(contact) => Some((contact.as_str(), model.bits("phone or e-mail", "same"))),
        None if own.contacts.is_empty() || other.contacts.is_empty() => None,
        None => Some(("other", model.bits("phone or e-mail", "other"))),
    };
    PairOfParties { own, other, name, address, country, contact, cap: model.party_cap_bits }
}

/// What two parties have in common, in bits, and what agrees and what does not.
pub(in super::super) fn parties_in_common(a: &Party, b: &Party) -> (f64, String) {
    let (a, b) = (PartyFeatures::of(a), PartyFeatures::of(b));
    let pair = pair_of_parties(&a, &b, Model::shipped());
    let names = a.name.as_ref().zip(b.name.as_ref());
    let name = pair.name.as_ref().zip(names).map(|(found, (a, b))| format!("name: {}", found.words(a, b)));
    let level = |what: &str, level: Option<(&str, f64)>| level.map(|(level, _)| format!("{what}: {level}"));
    let all = [name, level("address", pair.address), level("country", pair.country), level("contact", pair.contact)];
    (pair.bits(), all.into_iter().flatten().collect::<Vec<String>>().join("; "))
}
