//! Places: as reported, with what was resolved beside it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::code_list;
use crate::country::CountryCode;
use crate::gazetteer::{FoundPlace, PlaceMatch};
use crate::wire_text::{WireText, wire_text};

/// A place. At least one of country, reported country, UN/LOCODE and name is present.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// ISO 3166-1 alpha-2 code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    /// The country as written, where that was not its code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_reported: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locode: Option<Locode>,
    /// The place as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Region, province or state, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<PlaceKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coordinates: Option<Coordinates>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_zone: Option<bool>,
    /// The place in the gazetteer that the above means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<ResolvedPlace>,
}

/// A place of the gazetteer, and how the report led to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResolvedPlace {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locode: Option<Locode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coordinates: Option<Coordinates>,
    pub matched: PlaceMatch,
    /// True if it is known as a free zone, or holds one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub free_zone: bool,
}

impl From<FoundPlace<'_>> for ResolvedPlace {
    fn from(found: FoundPlace<'_>) -> Self {
        let place = found.place;
        Self {
            name: place.name.clone(),
            locode: place.locode,
            coordinates: place.coordinates,
            matched: found.matched,
            free_zone: place.free_zone,
        }
    }
}

/// A position in degrees, WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Coordinates {
    /// -90 to 90, north positive.
    pub latitude: f64,
    /// -180 to 180, east positive.
    pub longitude: f64,
}

/// A UN/LOCODE: two letters of the country, three of the place (letters, or digits 2 to 9), such as `NLRTM`.
///
/// Only the form is checked here; the country part is an ISO 3166-1 code (UNECE Recommendation 16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locode([u8; 5]);

code_list! {
    /// What sort of place it is.
    PlaceKind {
        SeaPort = "sea-port",
        Airport = "airport",
        PostalHub = "postal-hub",
        BorderCrossing = "border-crossing",
        FreeZone = "free-zone",
        RailStation = "rail-station",
        Road = "road",
        Warehouse = "warehouse",
        Business = "business",
        Residence = "residence",
        Laboratory = "laboratory",
        Institution = "institution",
        AtSea = "at-sea",
        OpenAir = "open-air",
        Vehicle = "vehicle",
        Online = "online",
        Other = "other",
    }
}

impl Place {
    /// A place of which only the country is known.
    pub fn in_country(country: CountryCode) -> Self {
        Self { country: Some(country), ..Self::default() }
    }

    /// True if the report or the gazetteer says that goods may lie there outside the customs territory; the report has
    /// the last word.
    pub fn is_free_zone(&self) -> bool {
        let is_known = self.resolved.as_ref().is_some_and(|resolved| resolved.free_zone);
        self.free_zone.unwrap_or(is_known || self.kind == Some(PlaceKind::FreeZone))
    }

    /// True if nothing at all is said.
    pub fn is_empty(&self) -> bool {
        self.country.is_none() && self.country_reported.is_none() && self.locode.is_none() && self.name.is_none()
    }
}

impl Locode {
    /// The country part.
    pub fn country(self) -> CountryCode {
        CountryCode::from_alpha2(&self.as_str()[..2]).expect("checked when parsed")
    }

    /// The code, without a space.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("ASCII, checked when parsed")
    }
}

impl FromStr for Locode {
    type Err = String;

    /// Parses `NLRTM` or `NL RTM`, in either case.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut letters = text.bytes().filter(|letter| *letter != b' ').map(|letter| letter.to_ascii_uppercase());
        let code: [u8; 5] = std::array::from_fn(|_| letters.next().unwrap_or_default());
        let country = std::str::from_utf8(&code[..2]).ok().and_then(CountryCode::from_alpha2);
        let is_place = code[2..].iter().all(|sign| sign.is_ascii_uppercase() || (b'2'..=b'9').contains(sign));
        (country.is_some() && is_place && letters.next().is_none())
            .then_some(Self(code))
            .ok_or_else(|| format!("found {text:?}, expected a UN/LOCODE such as NLRTM"))
    }
}

impl WireText for Locode {
    type Error = String;

    /// On the wire only the form without a space, in upper case, is right.
    fn from_wire(text: &str) -> Result<Self, String> {
        let locode: Self = text.parse()?;
        if locode.as_str() == text { Ok(locode) } else { Err(format!("found {text:?}, expected {locode}")) }
    }

    fn as_wire(&self) -> &str {
        self.as_str()
    }
}

wire_text!(Locode);

impl fmt::Display for Locode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locodes_are_checked_by_form_and_country() {
        assert_eq!("nl rtm".parse::<Locode>().unwrap().to_string(), "NLRTM");
        for text in ["NLRT", "NLRT1", "ZZRTM", "NLRTMM", "NLRТM"] {
            assert!(text.parse::<Locode>().is_err(), "{text:?}");
        }
    }
}
