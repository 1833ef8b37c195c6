//! What the words of UNODC's files mean: rules from `schemas/codes/unodc-ids.toml`, so that words of other years and
//! languages are read as well as those seen.

use std::sync::LazyLock;

use backtrail_bus::code_table::WordRules;
use serde::Deserialize;

/// Form of `unodc-ids.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    transport: WordRules,
    installation: WordRules,
    hiding_place: WordRules,
    routing: WordRules,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../schemas/codes/unodc-ids.toml")).expect("the shipped rules are tested")
});

/// What no rule knows; its text is kept.
pub(super) const OTHER: &str = "other";

/// Code of `transport-mode.toml`.
pub(super) fn transport(text: &str) -> &'static str {
    RULES.transport.code(text).unwrap_or(OTHER)
}

/// Code of `place-kind.toml`.
pub(super) fn installation(text: &str) -> &'static str {
    RULES.installation.code(text).unwrap_or(OTHER)
}

/// Code of `concealment.toml`.
pub(super) fn hiding_place(text: &str) -> &'static str {
    RULES.hiding_place.code(text).unwrap_or(OTHER)
}

/// Code of `routing.toml`.
pub(super) fn routing(text: &str) -> &'static str {
    RULES.routing.code(text).unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use backtrail_bus::code_table;

    use super::*;

    #[test]
    fn every_rule_leads_to_a_code_of_its_list() {
        let lists = [
            ("transport-mode", &RULES.transport),
            ("place-kind", &RULES.installation),
            ("concealment", &RULES.hiding_place),
            ("routing", &RULES.routing),
        ];
        for (name, rules) in lists {
            let table = code_table::table(name).unwrap();
            assert!(table.has(OTHER), "{name}");
            for rule in rules.rules() {
                assert!(table.has(&rule.code), "{name}: {}", rule.code);
                let folded = rule.words.iter().all(|words| *words == backtrail_bus::fold::words(words));
                assert!(folded, "{name}: {:?} are not folded", rule.words);
            }
        }
    }

    #[test]
    fn words_of_this_and_other_years() {
        assert_eq!(hiding_place("Car Parts"), "vehicle-parts");
        assert_eq!(hiding_place("Swallowed"), "body-packed");
        assert_eq!(hiding_place("concealed in the FUEL TANK of a truck"), "fuel-tank");
        assert_eq!(hiding_place("Sole of shoe"), "shoes");
        assert_eq!(hiding_place("Gizmo"), OTHER);
        assert_eq!(transport("Commercial air"), "air");
        assert_eq!(transport("None"), "unknown");
        assert_eq!(transport("River"), "inland-water");
        assert_eq!(installation("Post Office"), "postal-hub");
        assert_eq!(installation("Truck / Lorry"), "vehicle");
        assert_eq!(routing("Border - transit/free trade zone"), "transit");
        assert_eq!(routing("National territory/domestic seizure"), "domestic");
    }
}
