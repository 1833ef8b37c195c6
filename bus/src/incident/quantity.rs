//! Quantities: as reported, with the derived kilograms or litres and the rule beside them.

use serde::{Deserialize, Serialize};

use super::code_list;
use crate::unit;

/// An amount and a unit, exactly as reported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quantity {
    /// The number as written, such as `490.0`.
    pub amount: String,
    /// The unit as written, such as `Tablet`; absent where none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived: Option<Derived>,
}

/// The quantity in a comparable unit. A count never becomes a mass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Derived {
    pub value: f64,
    pub measure: Measure,
    /// How it was derived, in words.
    pub rule: String,
}

code_list! {
    /// What a derived quantity measures, and in which unit.
    Measure {
        Kilograms = "kg",
        Litres = "l",
        Count = "count",
        /// Neither: the value is as reported, in the reported unit.
        Other = "other",
    }
}

/// The most digits of an amount and its unit.
const MAX_DIGITS: usize = 30;

impl Quantity {
    /// Reads `2.4 kg`, `490 Tablet`, `approx. 10-12 kg` or `12`: an amount, then a unit if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        // The unit begins after the last digit before which everything reads as an amount: "10-12 kg", "100 g".
        let ends = text.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(start, _)| start + 1);
        let end = ends.take(MAX_DIGITS).filter(|end| unit::read_amount(&text[..*end]).is_some()).last()?;
        let (amount, unit) = text.split_at(end);
        let unit = unit.trim();
        if unit.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',')) {
            return None;
        }
        Some(Self { amount: amount.to_owned(), unit: (!unit.is_empty()).then(|| unit.to_owned()), derived: None })
    }

    /// The derived quantity, or `None` where amount or unit do not allow one.
    pub fn derive(&self) -> Option<Derived> {
        let amount = unit::read_amount(&self.amount)?;
        let unit = unit::lookup(self.unit.as_deref()?)?;
        let value = amount.middle() * unit.factor;
        let rule = amount.rule().map_or_else(|| unit.rule.clone(), |how| format!("{how}; {}", unit.rule));
        value.is_finite().then_some(Derived { value, measure: unit.measure, rule })
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.unit {
            Some(unit) => write!(f, "{} {unit}", self.amount),
            None => f.write_str(&self.amount),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_an_officer_types() {
        fn check(text: &str, expected: Option<(&str, Option<&str>)>) {
            let found = Quantity::parse(text);
            assert_eq!(found.as_ref().map(|q| (q.amount.as_str(), q.unit.as_deref())), expected, "{text:?}");
        }
        check("2.4 kg", Some(("2.4", Some("kg"))));
        check("2.4kg", Some(("2.4", Some("kg"))));
        check("490 tablets", Some(("490", Some("tablets"))));
        check("12", Some(("12", None)));
        check("approx. 10-12 kg", Some(("approx. 10-12", Some("kg"))));
        check("12 500 tablets", Some(("12 500", Some("tablets"))));
        check("1,234 kg", None);
        check("a few", None);
        check("", None);
        check("-3 kg", None);
    }

    #[test]
    fn derives_mass_and_volume_but_never_mass_from_a_count() {
        fn check(text: &str, expected: Option<(f64, Measure)>) {
            let derived = Quantity::parse(text).unwrap().derive();
            assert_eq!(derived.map(|d| (d.value, d.measure)), expected, "{text:?}");
        }
        check("500 g", Some((0.5, Measure::Kilograms)));
        check("2,5 kg", Some((2.5, Measure::Kilograms)));
        check("250 Millilitre", Some((0.25, Measure::Litres)));
        check("10-12 kg", Some((11.0, Measure::Kilograms)));
        check("490 Tablet", Some((490.0, Measure::Count)));
        check("3 bucketfuls", None);
        check("3", None);
    }
}
