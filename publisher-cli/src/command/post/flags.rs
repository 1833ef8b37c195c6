//! The flags of the minimal post and the common rest.

use backtrail_bus::agency::CircleId;
use backtrail_bus::country::CountryCode;
use backtrail_bus::incident::{
    Basis, IdentifierKind, IncidentKind, LegRole, Locode, OccurredAt, PartyRole, Quantity, TransportMode,
};
use backtrail_bus::unit;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// What an officer types at the desk.
#[derive(Debug, clap::Args)]
pub(crate) struct Flags {
    /// What happened
    #[arg(long, default_value = "seizure", value_name = "KIND")]
    kind: IncidentKind,
    /// When: 2026-11-20, 2026-11, or 2026-11-20T14:05:00+01:00 [default: now]
    #[arg(long, value_name = "TIME", value_parser = occurred_at)]
    at: Option<OccurredAt>,
    /// Where: country, as a code or a name
    #[arg(long, value_name = "COUNTRY", help_heading = "Where")]
    country: Option<String>,
    /// Where: UN/LOCODE, such as NLRTM
    #[arg(long, help_heading = "Where")]
    locode: Option<Locode>,
    /// Where: name of the place, as you would write it
    #[arg(long, value_name = "NAME", help_heading = "Where")]
    place: Option<String>,
    /// What: the substance, as you would write it
    #[arg(long, value_name = "NAME", help_heading = "What")]
    substance: Option<String>,
    /// How much: a number and a unit, such as '2.4 kg' or '490 tablets', or 'unknown'
    #[arg(long, value_name = "QUANTITY", help_heading = "What", requires = "substance")]
    quantity: Option<String>,
    /// Powder, tablet, liquid and the like
    #[arg(long, help_heading = "What", requires = "substance")]
    form: Option<String>,
    /// What the identification rests on
    #[arg(long, help_heading = "What", requires = "substance")]
    basis: Option<Basis>,
    /// Who may read it (may be given several times) [default: the context's circle]
    #[arg(long, value_name = "CIRCLE")]
    pub circle: Vec<CircleId>,
    /// Your own reference; the same one is never posted twice
    #[arg(long, value_name = "REFERENCE")]
    reference: Option<String>,
    /// Name on the document as sender
    #[arg(long, value_name = "NAME", help_heading = "Parties")]
    consignor: Option<String>,
    #[arg(long, value_name = "ADDRESS", help_heading = "Parties", requires = "consignor")]
    consignor_address: Option<String>,
    #[arg(long, value_name = "COUNTRY", help_heading = "Parties", requires = "consignor", value_parser = country)]
    consignor_country: Option<CountryCode>,
    /// Name on the document as receiver
    #[arg(long, value_name = "NAME", help_heading = "Parties")]
    consignee: Option<String>,
    #[arg(long, value_name = "ADDRESS", help_heading = "Parties", requires = "consignee")]
    consignee_address: Option<String>,
    #[arg(long, value_name = "COUNTRY", help_heading = "Parties", requires = "consignee", value_parser = country)]
    consignee_country: Option<CountryCode>,
    /// Container number
    #[arg(long, value_name = "NUMBER", help_heading = "Identifiers")]
    container: Option<String>,
    /// Air waybill number
    #[arg(long, value_name = "NUMBER", help_heading = "Identifiers")]
    awb: Option<String>,
    /// Bill of lading number
    #[arg(long, value_name = "NUMBER", help_heading = "Identifiers")]
    bill_of_lading: Option<String>,
    /// Postal item number (S10)
    #[arg(long, value_name = "NUMBER", help_heading = "Identifiers")]
    postal_item: Option<String>,
    /// Any other identifier, as kind:value (may be given several times)
    #[arg(long, value_name = "KIND:VALUE", help_heading = "Identifiers", value_parser = identifier)]
    id: Vec<(IdentifierKind, String)>,
    /// Where it set out from: country or UN/LOCODE
    #[arg(long, value_name = "PLACE", help_heading = "Route", value_parser = place)]
    from: Option<Value>,
    /// Where it passed, in order (may be given several times)
    #[arg(long, value_name = "PLACE", help_heading = "Route", value_parser = place)]
    via: Vec<Value>,
    /// Where it was bound for
    #[arg(long, value_name = "PLACE", help_heading = "Route", value_parser = place)]
    to: Option<Value>,
    /// How it travelled
    #[arg(long, help_heading = "Route")]
    mode: Option<TransportMode>,
    /// Handling code H0 to H3 (may be given several times)
    #[arg(long, value_name = "CODE")]
    handling: Vec<String>,
    /// What else the reader should know
    #[arg(long, value_name = "TEXT")]
    narrative: Option<String>,
}

impl Flags {
    /// True if a post was begun with flags.
    pub(crate) fn has_content(&self) -> bool {
        self.substance.is_some() || self.country.is_some() || self.locode.is_some() || self.place.is_some()
    }

    /// The draft that the flags say.
    pub(crate) fn draft(&self) -> anyhow::Result<Value> {
        let Some(substance) = &self.substance else {
            anyhow::bail!("what was found is missing; give --substance NAME");
        };
        let mut place = json!({ "country_reported": self.country, "locode": self.locode, "name": self.place });
        if let Some(country) = self.country.as_deref().and_then(CountryCode::named) {
            place["country"] = json!(country);
            // A code or a plain name needs no second writing.
            place["country_reported"] = Value::Null;
        }
        let mut line = json!({ "name": substance, "form": self.form, "basis": self.basis });
        line["quantity"] = match self.quantity.as_deref() {
            None => anyhow::bail!("how much is missing; give --quantity '2.4 kg', or --quantity unknown"),
            Some("unknown") => Value::Null,
            Some(text) => match Quantity::parse(text) {
                Some(quantity) => json!(quantity),
                None => {
                    let amount = text.trim_end_matches(|c: char| c.is_alphabetic() || c == ' ');
                    let expected = unit::why_unreadable(amount);
                    anyhow::bail!("found quantity {text:?}, expected {expected}, and a unit, such as '2.4 kg'")
                }
            },
        };
        let at = self.at.clone().map_or_else(|| json!(now()), |at| json!(at));
        Ok(without_nulls(json!({
            "kind": self.kind,
            "occurred_at": at,
            "place": place,
            "substances": [line],
            "own_reference": self.reference,
            "parties": self.parties(),
            "identifiers": self.identifiers(),
            "route": self.route(),
            "handling": self.handling,
            "narrative": self.narrative,
        })))
    }

    fn parties(&self) -> Vec<Value> {
        let party = |role: PartyRole, name: &Option<String>, address: &Option<String>, country: Option<CountryCode>| {
            name.as_ref().map(|name| json!({ "role": role, "name": name, "address": address, "country": country }))
        };
        let consignor = party(PartyRole::Consignor, &self.consignor, &self.consignor_address, self.consignor_country);
        let consignee = party(PartyRole::Consignee, &self.consignee, &self.consignee_address, self.consignee_country);
        consignor.into_iter().chain(consignee).collect()
    }

    fn identifiers(&self) -> Vec<Value> {
        let named = [
            (IdentifierKind::Container, &self.container),
            (IdentifierKind::AirWaybill, &self.awb),
            (IdentifierKind::BillOfLading, &self.bill_of_lading),
            (IdentifierKind::PostalItem, &self.postal_item),
        ];
        let named = named.into_iter().filter_map(|(kind, value)| Some((kind, value.clone()?)));
        named.chain(self.id.iter().cloned()).map(|(kind, value)| json!({ "kind": kind, "value": value })).collect()
    }

    fn route(&self) -> Vec<Value> {
        let leg = |role: LegRole, place: &Value| json!({ "role": role, "place": place });
        let mut legs: Vec<Value> = self.from.iter().map(|place| leg(LegRole::Departure, place)).collect();
        legs.extend(self.via.iter().map(|place| leg(LegRole::Transit, place)));
        legs.extend(self.to.iter().map(|place| leg(LegRole::Destination, place)));
        // The mode belongs to a leg; one without any other news is the arrival here.
        if let Some(mode) = self.mode {
            match legs.first_mut() {
                Some(first) => first["mode"] = json!(mode),
                None => legs.push(json!({
                    "role": LegRole::Destination,
                    "mode": mode,
                    "place": { "country_reported": self.country, "locode": self.locode, "name": self.place },
                })),
            }
        }
        legs
    }
}

/// Seconds are exact enough, and shorter to read.
fn now() -> String {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

/// Fields that were not given are left out.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key, without_nulls(value))).collect::<Map<_, _>>())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

fn occurred_at(text: &str) -> Result<OccurredAt, String> {
    text.parse().map_err(|error: backtrail_bus::incident::OccurredError| error.to_string())
}

fn country(text: &str) -> Result<CountryCode, String> {
    CountryCode::named(text).ok_or_else(|| format!("found {text:?}, expected a country such as NL or Netherlands"))
}

/// A UN/LOCODE, a country, or the name of a place.
fn place(text: &str) -> Result<Value, String> {
    if let Ok(locode) = text.parse::<Locode>() {
        return Ok(json!({ "locode": locode, "country": locode.country() }));
    }
    Ok(match CountryCode::named(text) {
        Some(country) => json!({ "country": country }),
        None => json!({ "name": text }),
    })
}

fn identifier(text: &str) -> Result<(IdentifierKind, String), String> {
    let (kind, value) = text.split_once(':').ok_or_else(|| format!("found {text:?}, expected kind:value"))?;
    Ok((kind.parse()?, value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        flags: Flags,
    }

    fn draft(arguments: &[&str]) -> anyhow::Result<Value> {
        Line::try_parse_from(std::iter::once(&"post").chain(arguments))?.flags.draft()
    }

    #[test]
    fn a_minimal_post_says_no_more_than_was_typed() {
        let draft = draft(&[
            "--country",
            "netherlands",
            "--substance",
            "ketamine",
            "--quantity",
            "2.4kg",
            "--at",
            "2026-11-20",
        ])
        .unwrap();
        let expected = json!({
            "kind": "seizure", "occurred_at": "2026-11-20", "place": {"country": "NL"},
            "substances": [{"name": "ketamine", "quantity": {"amount": "2.4", "unit": "kg"}}],
            "parties": [], "identifiers": [], "route": [], "handling": [],
        });
        assert_eq!(draft, expected);
    }

    #[test]
    fn an_unknown_country_is_kept_as_written() {
        let draft = draft(&["--country", "Ruritania", "--substance", "x", "--quantity", "unknown"]).unwrap();
        assert_eq!(draft["place"], json!({"country_reported": "Ruritania"}));
        assert!(draft["substances"][0].get("quantity").is_none());
    }

    #[test]
    fn says_what_is_missing() {
        let error = |arguments: &[&str]| draft(arguments).unwrap_err().to_string();
        assert!(error(&["--country", "NL"]).contains("--substance"));
        assert!(error(&["--country", "NL", "--substance", "x"]).contains("--quantity"));
        assert!(error(&["--country", "NL", "--substance", "x", "--quantity", "lots"]).contains("\"lots\""));
        assert!(error(&["--id", "boat:1"]).contains("expected one of container"));
    }
}
