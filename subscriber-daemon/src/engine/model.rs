//! The correlation model: the numbers of `schemas/correlation-model.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use backtrail_bus::token::Token;
use serde::Deserialize;

/// All numbers of one model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Model {
    #[expect(dead_code, reason = "for readers of the file")]
    pub version: String,
    /// Bits at which a pair is as likely linked as not.
    pub prior_bits: f64,
    pub party_cap_bits: f64,
    pub context_cap_bits: f64,
    pub family_share: FamilyShare,
    pub name: NameModel,
    comparison: Vec<Comparison>,
}

/// What share of all seizures is of a family.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FamilyShare {
    /// The number of seizures that the shares weigh as much as.
    pub weight: f64,
    floor: f64,
    cap: f64,
    shares: BTreeMap<Token, f64>,
}

impl FamilyShare {
    /// The share of a family, 0 to 1, within floor and cap.
    pub(crate) fn of(&self, family: &Token) -> f64 {
        self.shares.get(family).copied().unwrap_or(0.0).clamp(self.floor, self.cap)
    }
}

/// What words of names say.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NameModel {
    pub stop_bits: f64,
    pub generic_bits: f64,
    pub trade_bits: f64,
    pub branch_bits: f64,
    pub given_bits: f64,
    pub place_bits: f64,
    pub number_bits: f64,
    /// By length in letters, from 1 on; the last is for all longer ones.
    pub rare_bits: Vec<f64>,
    pub cap_bits: f64,
    pub whole_name_bits: f64,
    pub abbreviated: f64,
    pub misspelt_once: f64,
    pub misspelt_twice: f64,
    pub sounds_alike: f64,
    pub translated: f64,
    pub initial: f64,
    pub both_differ: f64,
    pub one_lacks: f64,
    pub one_lacks_cap_bits: f64,
    pub other_number: f64,
    pub one_number: f64,
    pub other_place: f64,
    pub other_legal_form: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Comparison {
    name: String,
    levels: Vec<Level>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Level {
    level: String,
    m: f64,
    u: f64,
    #[expect(dead_code, reason = "for readers of the file")]
    source: String,
}

static SHIPPED: LazyLock<Model> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../schemas/correlation-model.toml")).expect("the shipped model is tested")
});

impl Model {
    /// The model that is shipped with this program.
    pub(crate) fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// The weight of a level, log2(m / u) bits.
    ///
    /// # Panics
    /// If the model has no such comparison or level; a test compares it with the code.
    pub(crate) fn bits(&self, comparison: &str, level: &str) -> f64 {
        let levels = self.comparison.iter().filter(|known| known.name == comparison).flat_map(|known| &known.levels);
        let level = levels.into_iter().find(|known| known.level == level);
        level.map(|level| (level.m / level.u).log2()).expect("a level of the model")
    }

    /// The probability that a pair with this sum of evidence is linked, 0 to 1.
    pub(crate) fn probability(&self, bits: f64) -> f64 {
        1.0 / (1.0 + (self.prior_bits - bits).exp2())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_probabilities() {
        for comparison in &Model::shipped().comparison {
            let sum = |of: fn(&Level) -> f64| comparison.levels.iter().map(of).sum::<f64>();
            assert!(sum(|level| level.m) <= 1.001 && sum(|level| level.u) <= 1.001, "{}", comparison.name);
            assert!(comparison.levels.iter().all(|level| level.m > 0.0 && level.u > 0.0), "{}", comparison.name);
        }
    }

    #[test]
    fn the_prior_is_where_the_odds_are_even() {
        let model = Model::shipped();
        assert!((model.probability(model.prior_bits) - 0.5).abs() < 1e-9);
        assert!(model.probability(model.prior_bits + 10.0) > 0.999);
    }
}
