//! Families of substances as fingerprints, with what is made from what.

use std::sync::LazyLock;

use backtrail_bus::substance_register::SubstanceRegister;
use backtrail_bus::token::Token;
use rustc_hash::FxHashMap;

use super::fingerprint::Fingerprint;
use super::mark;
use super::model::Model;

/// How the goods of two incidents are related.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Related {
    /// They are of this family, both.
    Same(Token),
    /// The first are of a family that those of the second are made from.
    Precursor { precursor: Token, product: Token },
}

/// The families of the shipped register.
pub(crate) struct Families {
    names: FxHashMap<Fingerprint, Token>,
    /// For each family those that it is made into.
    products: FxHashMap<Fingerprint, Vec<Fingerprint>>,
    /// The share of all seizures that is of the family, and of those that it is made from, by the shipped model.
    shares: FxHashMap<Fingerprint, Shares>,
    /// For each bit of [`mark::families`] those that precursors of its families have.
    precursors: [u64; u64::BITS as usize],
}

#[derive(Clone, Copy)]
struct Shares {
    own: f64,
    precursors: f64,
}

static SHIPPED: LazyLock<Families> = LazyLock::new(|| Families::of(SubstanceRegister::shipped()));

impl Families {
    pub(crate) fn shipped() -> &'static Self {
        &SHIPPED
    }

    fn of(register: &SubstanceRegister) -> Self {
        let fingerprint = |family: &Token| Fingerprint::of(family.as_str());
        let ids = || register.families().iter().map(|family| &family.id);
        let products = |family: &Token| {
            let products = ids().filter(|product| register.is_precursor_family(family, product));
            products.map(fingerprint).collect::<Vec<_>>()
        };
        let model = &Model::shipped().family_share;
        let shares = |family: &Token| {
            let precursors = ids().filter(|precursor| register.is_precursor_family(precursor, family));
            Shares { own: model.of(family), precursors: precursors.map(|precursor| model.of(precursor)).sum() }
        };
        let mut precursors = [0; u64::BITS as usize];
        for product in ids() {
            let made_of = ids().filter(|precursor| register.is_precursor_family(precursor, product));
            let made_of: Vec<Fingerprint> = made_of.map(fingerprint).collect();
            precursors[mark::families(&[fingerprint(product)]).trailing_zeros() as usize] |= mark::families(&made_of);
        }
        Self {
            precursors,
            shares: ids().map(|family| (fingerprint(family), shares(family))).collect(),
            names: ids().map(|family| (fingerprint(family), family.clone())).collect(),
            products: ids().map(|family| (fingerprint(family), products(family))).collect(),
        }
    }

    /// The closest relation between goods that were there `earlier` and those that came `later`.
    pub(crate) fn related(&self, earlier: &[Fingerprint], later: &[Fingerprint]) -> Option<Related> {
        if let Some(same) = earlier.iter().find(|family| later.contains(family)) {
            return Some(Related::Same(self.names.get(same)?.clone()));
        }
        let (precursor, product) = self.precursor(earlier, later)?;
        Some(Related::Precursor {
            precursor: self.names.get(&precursor)?.clone(),
            product: self.names.get(&product)?.clone(),
        })
    }

    /// True if goods that were there `earlier` are of a family of those that came `later`; with `as_precursor`, if they
    /// are of another family that those are made from.
    pub(crate) fn are_related(&self, earlier: &[Fingerprint], later: &[Fingerprint], as_precursor: bool) -> bool {
        let is_same = earlier.iter().any(|family| later.contains(family));
        if as_precursor { !is_same && self.precursor(earlier, later).is_some() } else { is_same }
    }

    /// The [`mark::families`] of what goods with such ones can be made from, and perhaps of others.
    pub(crate) fn may_precede(&self, mut families: u64) -> u64 {
        let mut all = 0;
        while families != 0 {
            all |= self.precursors[families.trailing_zeros() as usize];
            families &= families - 1;
        }
        all
    }

    /// The share of all seizures that is so related to goods of these families.
    pub(crate) fn related_share(&self, later: &[Fingerprint], as_precursor: bool) -> f64 {
        let shares = later.iter().filter_map(|family| self.shares.get(family));
        shares.map(|shares| if as_precursor { shares.precursors } else { shares.own }).sum::<f64>().min(1.0)
    }

    /// The first pair of which one is made into the other.
    pub(crate) fn precursor(
        &self,
        earlier: &[Fingerprint],
        later: &[Fingerprint],
    ) -> Option<(Fingerprint, Fingerprint)> {
        let made = |precursor: &Fingerprint| {
            let products = self.products.get(precursor)?;
            let product = later.iter().find(|product| products.contains(product))?;
            Some((*precursor, *product))
        };
        earlier.iter().find_map(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_from_what() {
        let of = |name: &str| Fingerprint::of(name);
        let families = Families::shipped();
        let any = SubstanceRegister::shipped().relations().iter().find_map(|relation| {
            let family = |entry: &Token| SubstanceRegister::shipped().get(entry).map(|entry| entry.family.clone());
            let (precursor, product) = (family(&relation.precursor)?, family(&relation.product)?);
            (precursor != product).then_some((precursor, product))
        });
        let (precursor, product) = any.expect("the register knows what is made from what");
        let (one, other) = ([of(precursor.as_str())], [of(product.as_str())]);
        assert_eq!(families.related(&one, &other), Some(Related::Precursor { precursor, product: product.clone() }));
        assert_eq!(families.related(&other, &other), Some(Related::Same(product)));
        assert_eq!(families.related(&other, &[]), None);
    }
}
