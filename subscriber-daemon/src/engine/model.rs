//! The correlation model: the numbers of `schemas/correlation-model.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use backtrail_bus::incident::IdentifierKind;
use backtrail_bus::token::Token;
use serde::{Deserialize, Serialize};

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
    pub other_side_floor_bits: f64,
    pub family_share: FamilyShare,
    pub name: NameModel,
    pub lead: LeadModel,
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
    pub cut_short: f64,
    pub abbreviated: f64,
    pub misspelt_once: f64,
    pub misspelt_short: f64,
    pub heard_alike: f64,
    pub misspelt_twice: f64,
    pub sounds_alike: f64,
    pub translated: f64,
    pub initial: f64,
    pub business_bits: f64,
    /// By length in letters, as `rare_bits`.
    pub acronym_bits: Vec<f64>,
    pub differs_generic_bits: f64,
    pub differs_business_bits: f64,
    pub differs_trade_bits: f64,
    pub differs_place_bits: f64,
    pub differs_given_bits: f64,
    pub differs_initial_bits: f64,
    pub differs_rare: f64,
    pub differs_translated: f64,
    pub sister_share: f64,
    pub one_lacks: f64,
    pub one_lacks_proper: f64,
    pub one_lacks_trade: f64,
    pub one_lacks_place: f64,
    pub one_lacks_cap_bits: f64,
    pub other_number: f64,
    pub one_number: f64,
    pub other_place: f64,
    pub perhaps_other_place: f64,
    pub other_legal_form: f64,
}

/// What makes incidents a lead, by what they meet at.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeadModel {
    pub name: LeadNameModel,
    pub near_name: NearNameModel,
    pub same_corridor: CorridorModel,
    pub same_party: SamePartyModel,
    pub same_address: SameAddressModel,
    pub possible_duplicate: DuplicateModel,
    pub party_changes_role: ChangedRoleModel,
    pub continuation: ContinuationModel,
    pub identifier: IdentifierModel,
    pub material: MaterialModel,
}

/// What a name says as a key: whole bits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeadNameModel {
    pub bits_per_word: usize,
    pub bits_per_common_word: usize,
    pub most_bits: usize,
}

/// More on one route than its history explains.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorridorModel {
    pub most_gap_days: i32,
    pub least_events: usize,
    pub least_episode_days: i32,
    pub least_history_days: i32,
    pub threshold_bits: f64,
}

/// One name on several shipments.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SamePartyModel {
    pub threshold_bits: f64,
    pub same_address_bits: f64,
    pub same_country_bits: f64,
    pub other_country_bits: f64,
    pub most_frequency_bits: f64,
    pub least_frequency_bits: f64,
}

/// Names that are nearly the same, at one address.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SameAddressModel {
    pub threshold_bits: f64,
    pub least_name_bits: f64,
    pub most_name_bits: f64,
}

/// One seizure reported twice.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DuplicateModel {
    pub threshold_bits: f64,
    pub most_quantity_bits: f64,
    pub same_day_bits: f64,
    pub next_day_bits: f64,
    pub same_place_bits: f64,
    pub other_place_bits: f64,
    pub other_originator_bits: f64,
    pub same_reference_bits: f64,
}

/// Who received sends.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedRoleModel {
    pub threshold_bits: f64,
    pub changed_role_bits: f64,
}

/// Goods came to a place and left it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContinuationModel {
    pub threshold_bits: f64,
    pub latest_days_as_precursor: i32,
    pub latest_days: i32,
    pub most_incidents: usize,
    pub least_history_days: i32,
}

/// One number on several shipments.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentifierModel {
    pub threshold_bits: f64,
    pub split_days: i32,
    /// By kind; a kind that is not there says nothing.
    bits: BTreeMap<IdentifierKind, f64>,
}

/// One mark on several seizures.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MaterialModel {
    pub threshold_bits: f64,
    pub lab_profile_bits: f64,
    pub lot_bits: f64,
    pub logo_bits: f64,
}

impl IdentifierModel {
    /// How much it says that two shipments carry the same number.
    pub(crate) fn bits(&self, kind: IdentifierKind) -> f64 {
        self.bits.get(&kind).copied().unwrap_or(0.0)
    }
}

/// Names that are nearly the same, in one country.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NearNameModel {
    pub threshold_bits: f64,
    pub least_name_bits: f64,
    pub most_name_bits: f64,
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
    /// log2(m / u).
    #[serde(skip)]
    bits: f64,
}

/// One level of one comparison, as the model has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelLevel {
    pub comparison: String,
    pub level: String,
    /// The share of pairs that belong together in which the comparison comes out like this.
    #[serde(rename = "model_m")]
    pub m: f64,
    /// The same of pairs that do not.
    #[serde(rename = "model_u")]
    pub u: f64,
}

/// All levels of the shipped model, by comparison.
pub fn levels() -> Vec<ModelLevel> {
    let of = |comparison: &'static Comparison| {
        comparison.levels.iter().map(|level| ModelLevel {
            comparison: comparison.name.clone(),
            level: level.level.clone(),
            m: level.m,
            u: level.u,
        })
    };
    Model::shipped().comparison.iter().flat_map(of).collect()
}

static SHIPPED: LazyLock<Model> = LazyLock::new(|| {
    let text = include_str!("../../../schemas/correlation-model.toml");
    let mut model: Model = toml::from_str(text).expect("the shipped model is tested");
    for level in model.comparison.iter_mut().flat_map(|comparison| &mut comparison.levels) {
        level.bits = (level.m / level.u).log2();
    }
    model
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
        level.map(|level| level.bits).expect("a level of the model")
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
