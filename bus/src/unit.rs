//! Units of quantity and the numbers before them, from `schemas/units.toml`.

use std::borrow::Cow;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::fold;
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

/// The unit with this spelling, whatever its case: one of the table, or one that states a mass or volume itself, such as
/// "Block (350gr)", "100 gram" or "bottles of 0.5 l".
pub fn lookup(spelling: &str) -> Option<Cow<'static, Unit>> {
    let spelling = fold::cut(spelling.trim(), MAX_SPELLING).to_lowercase();
    UNITS.get(&spelling).map(Cow::Borrowed).or_else(|| stated(&spelling).map(Cow::Owned))
}

/// A unit whose spelling says how much one of it is. Only masses and volumes: "box (20 tablets)" stays a box.
fn stated(spelling: &str) -> Option<Unit> {
    let start = spelling.find(|c: char| c.is_ascii_digit())?;
    let text = spelling[start..].trim_end_matches([')', ']', '.']);
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ','))).unwrap_or(text.len());
    let (amount, unit) = text.split_at(end);
    let amount = parse_amount(amount)?;
    let unit =
        UNITS.get(unit.trim()).filter(|unit| unit.measure != Measure::Count && unit.measure != Measure::Other)?;
    let factor = amount * unit.factor;
    let rule = format!("the unit states {amount} {}, so one is {factor} {}", unit.names[0], unit.measure);
    Some(Unit { names: Vec::new(), measure: unit.measure, factor, rule })
}

/// A reported amount: one number, or a range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Amount {
    pub low: f64,
    pub high: f64,
    /// The report said "about".
    pub is_approximate: bool,
}

impl Amount {
    /// The middle: the number itself where it is one.
    pub fn middle(self) -> f64 {
        f64::midpoint(self.low, self.high)
    }

    /// How the middle came about, where it is not simply the number.
    pub fn rule(self) -> Option<String> {
        let range = (self.low < self.high).then(|| format!("the middle of {} and {}", self.low, self.high));
        match (range, self.is_approximate) {
            (Some(range), true) => Some(format!("{range}, approximate")),
            (None, true) => Some("approximate".to_owned()),
            (range, false) => range,
        }
    }
}

/// Words before an amount that say it is not exact; more than and less than are bounds, not amounts, and are refused.
const ABOUT: [&str; 14] = [
    "approximately",
    "approx.",
    "approx",
    "aprox.",
    "aprox",
    "about",
    "circa",
    "ca.",
    "ca",
    "environ",
    "ungefähr",
    "около",
    "~",
    "±",
];
/// What stands between the numbers of a range.
const TO: [&str; 6] = [" to ", " bis ", " a ", "–", "—", "-"];

/// Reads an amount that is not negative: a number ([`parse_amount`]), a range (`10-12`, `10 to 12`), or either after a
/// word such as "approx.".
pub fn read_amount(text: &str) -> Option<Amount> {
    let text = fold::cut(text, MAX_SPELLING).trim().to_lowercase();
    let about = ABOUT.iter().find_map(|word| text.strip_prefix(word));
    let (text, is_approximate) = (about.unwrap_or(&text).trim(), about.is_some());
    if let Some(number) = parse_amount(text) {
        return Some(Amount { low: number, high: number, is_approximate });
    }
    let (low, high) = TO.iter().find_map(|to| text.split_once(to))?;
    let (low, high) = (parse_amount(low)?, parse_amount(high)?);
    (low <= high).then_some(Amount { low, high, is_approximate })
}

/// Why [`read_amount`] does not read `text`.
pub fn why_unreadable(text: &str) -> &'static str {
    let text = text.trim();
    match text.split(',').collect::<Vec<_>>()[..] {
        [whole, part]
            if part.len() == 3 && whole.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit() || b == b',') =>
        {
            "a number with a point or without separators: this could be thousands or a decimal comma"
        }
        _ if text.starts_with(['<', '>', '-']) => "an amount, not a bound or a negative number",
        _ => "a number, a range such as 10-12, or either after \"approx.\"",
    }
}

/// The longest spelling or amount that is looked at, in bytes.
const MAX_SPELLING: usize = 60;

/// Reads a number that is not negative: `490.0`, `1,5` (decimal comma), `1.234,56`, `1,234.56`, `12'500`, `12 500`.
///
/// A single comma with exactly three digits after it (`1,234`) could be either a thousands separator or a decimal
/// comma: it is refused, not guessed.
pub fn parse_amount(text: &str) -> Option<f64> {
    let text = thousands_by_space(text.trim())?.replace('\'', "");
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
    // A sign may have come to stand in front when separators were taken out (".-,1").
    plain.parse().ok().filter(|amount: &f64| amount.is_finite() && amount.is_sign_positive())
}

/// Without spaces between groups of three digits (ISO 80000-1, 7.3.1); other spaces are refused.
fn thousands_by_space(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split([' ', '\u{a0}', '\u{202f}']).collect();
    let (first, rest) = groups.split_first()?;
    let is_group = |group: &&str| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit());
    let last_may_have_decimals = rest.split_last().is_none_or(|(last, middle)| {
        middle.iter().all(is_group) && is_group(&last.split(['.', ',']).next().unwrap_or_default())
    });
    ((rest.is_empty() || first.len() <= 3) && last_may_have_decimals).then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        check(".-,1", None);
        check("NaN", None);
        check("inf", None);
        check("1e999", None);
        check("", None);
    }

    #[test]
    fn reads_ranges_and_estimates() {
        fn check(text: &str, expected: Option<(f64, f64, bool)>) {
            let found = read_amount(text).map(|amount| (amount.low, amount.high, amount.is_approximate));
            assert_eq!(found, expected, "{text:?}");
        }
        check("12 500", Some((12500.0, 12500.0, false)));
        check("1 234,5", Some((1234.5, 1234.5, false)));
        check("10-12", Some((10.0, 12.0, false)));
        check("10 to 12", Some((10.0, 12.0, false)));
        check("10 – 12,5", Some((10.0, 12.5, false)));
        check("approx. 1.5", Some((1.5, 1.5, true)));
        check("~ 40-50", Some((40.0, 50.0, true)));
        check("aprox 3", Some((3.0, 3.0, true)));
        check("12-10", None);
        check("> 5", None);
        check("1 2 3", None);
        check("-5", None);
        check("many", None);
        assert!(why_unreadable("1,234").contains("thousands"));
        assert!(why_unreadable("> 5").contains("bound"));
        assert_eq!(read_amount("approx. 10-12").unwrap().rule().unwrap(), "the middle of 10 and 12, approximate");
    }

    #[test]
    fn a_unit_may_state_a_mass() {
        fn check(spelling: &str, expected: Option<(f64, Measure)>) {
            let found = lookup(spelling).map(|unit| (unit.factor, unit.measure));
            assert_eq!(found, expected, "{spelling:?}");
        }
        check("Brick (1 kg)", Some((1.0, Measure::Kilograms)));
        check("bottles of 0.5 l", Some((0.5, Measure::Litres)));
        check("Sachet (500 mg)", Some((0.0005, Measure::Kilograms)));
        check("box (20 tablets)", None);
        check("Hectare", Some((1.0, Measure::Other)));
    }

    #[test]
    fn knows_units_in_any_case() {
        assert_eq!(lookup(" KILOGRAM ").unwrap().measure, Measure::Kilograms);
        assert!((lookup("gram").unwrap().factor - 0.001).abs() < 1e-12);
        assert_eq!(lookup("Tablet").unwrap().measure, Measure::Count);
        assert!(lookup("bucketful").is_none());
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "\\PC{0,80}", number in "[-~0-9., ']{0,40}") {
            for text in [text, number] {
                let _ = (lookup(&text), why_unreadable(&text));
                if let Some(amount) = read_amount(&text) {
                    prop_assert!(amount.low >= 0.0 && amount.low <= amount.high && amount.high.is_finite());
                }
                let _ = crate::incident::Quantity::parse(&text);
            }
        }
    }
}
