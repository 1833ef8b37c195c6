//! Units of quantity and the numbers before them, from `schemas/units.toml`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::incident::Measure;

/// A known unit: what one of it is in kilograms, litres or pieces.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Spellings, in any case.
    names: Vec<String>,
    pub measure: Measure,
    /// How many kilograms, litres or pieces one of it is.
    pub factor: f64,
    /// The derivation in words, stored beside the derived value.
    pub rule: String,
}

#[derive(Deserialize)]
struct Table {
    unit: Vec<Unit>,
}

static UNITS: LazyLock<FxHashMap<String, Unit>> = LazyLock::new(|| {
    let table: Table = toml::from_str(include_str!("../../schemas/units.toml")).expect("the shipped units are tested");
    let spellings = |unit: Unit| unit.names.clone().into_iter().map(move |name| (name.to_lowercase(), unit.clone()));
    table.unit.into_iter().flat_map(spellings).collect()
});

/// The unit with this spelling, whatever its case.
pub fn lookup(spelling: &str) -> Option<&'static Unit> {
    UNITS.get(&spelling.trim().to_lowercase())
}

/// Reads a number that is not negative: `490.0`, `1,5` (decimal comma), `1.234,56`, `1,234.56`, `12'500`.
///
/// A single comma with exactly three digits after it (`1,234`) could be either a thousands separator or a decimal
/// comma: it is refused, not guessed.
pub fn parse_amount(text: &str) -> Option<f64> {
    let text = text.trim().replace('\'', "");
    let text = text.as_str();
    let first_digit = text.bytes().next()?;
    (first_digit.is_ascii_digit() || first_digit == b'.').then_some(())?;
    let plain = match (text.rfind('.'), text.rfind(',')) {
        (Some(dot), Some(comma)) if dot > comma => text.replace(',', ""),
        (Some(_), Some(_)) => text.replace('.', "").replace(',', "."),
        (None, Some(comma)) => {
            let groups: Vec<&str> = text.split(',').collect();
            match groups.len() {
                2 if text.len() - comma == 4 => return None,
                2 => text.replace(',', "."),
                _ if groups[1..].iter().all(|group| group.len() == 3) => text.replace(',', ""),
                _ => return None,
            }
        }
        _ => text.to_owned(),
    };
    plain.parse().ok().filter(|amount: &f64| amount.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_as_people_write_them() {
        fn check(text: &str, expected: Option<f64>) {
            assert_eq!(parse_amount(text), expected, "{text:?}");
        }
        check("490.0", Some(490.0));
        check("0.10300000000000001", Some(0.10300000000000001));
        check("1,5", Some(1.5));
        check("1.234,56", Some(1234.56));
        check("1,234.56", Some(1234.56));
        check("12'500", Some(12500.0));
        check("1,234", None);
        check("1,200,000", Some(1_200_000.0));
        check("1,20,000", None);
        check("-1", None);
        check("NaN", None);
        check("inf", None);
        check("1e999", None);
        check("", None);
    }

    #[test]
    fn knows_units_in_any_case() {
        assert_eq!(lookup(" KILOGRAM ").unwrap().measure, Measure::Kilograms);
        assert!((lookup("gram").unwrap().factor - 0.001).abs() < 1e-12);
        assert_eq!(lookup("Tablet").unwrap().measure, Measure::Count);
        assert!(lookup("bucketful").is_none());
    }
}
