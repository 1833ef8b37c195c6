//! A reader's memory of the signers' chains: it notices what was withheld, reordered or replayed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::agency::CircleId;
use crate::key::KeyId;
use crate::signature::{ChainLink, EnvelopeDigest};

/// How many missing numbers of one chain are remembered; beyond that the oldest are given up as lost.
const MAX_MISSING: usize = 10_000;

/// The chains of all keys in all circles, or along all channels, that a reader is entitled to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "C: Serialize + Ord", deserialize = "C: Deserialize<'de> + Ord"))]
pub struct Chains<C = CircleId> {
    chains: BTreeMap<(KeyId, C), Chain>,
}

impl<C> Default for Chains<C> {
    fn default() -> Self {
        Self { chains: BTreeMap::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Chain {
    last: u64,
    last_digest: EnvelopeDigest,
    missing: BTreeSet<u64>,
}

/// How an envelope follows those before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Follows {
    /// The next one, or the first that this reader sees.
    InOrder,
    /// Envelopes between the last one and this one have not come.
    Gap { missing: u64 },
    /// One of the missing ones came late.
    FilledGap,
    /// The number fits but the one before it was another than its signer says: something was exchanged or dropped.
    Broken,
    /// A number that came before.
    Repeated,
}

impl<C: Clone + Ord> Chains<C> {
    /// Takes note of an envelope.
    pub fn follow(&mut self, kid: &KeyId, circle: &C, link: &ChainLink, digest: &EnvelopeDigest) -> Follows {
        let Some(chain) = self.chains.get_mut(&(kid.clone(), circle.clone())) else {
            let chain = Chain { last: link.sequence, last_digest: digest.clone(), missing: BTreeSet::new() };
            self.chains.insert((kid.clone(), circle.clone()), chain);
            return Follows::InOrder;
        };
        if link.sequence <= chain.last {
            return if chain.missing.remove(&link.sequence) { Follows::FilledGap } else { Follows::Repeated };
        }
        let missing = link.sequence - chain.last - 1;
        let names_the_last = link.previous.as_ref() == Some(&chain.last_digest);
        // A signer chooses its numbers freely, so only as many as are kept are ever listed.
        let first_kept = (chain.last + 1).max(link.sequence.saturating_sub(MAX_MISSING as u64));
        chain.missing.extend(first_kept..link.sequence);
        while chain.missing.len() > MAX_MISSING {
            chain.missing.pop_first();
        }
        chain.last = link.sequence;
        chain.last_digest = digest.clone();
        match missing {
            0 if names_the_last => Follows::InOrder,
            0 => Follows::Broken,
            missing => Follows::Gap { missing },
        }
    }

    /// The link that follows what was seen of a chain.
    pub fn next_link(&self, kid: &KeyId, circle: &C) -> ChainLink {
        match self.chains.get(&(kid.clone(), circle.clone())) {
            None => ChainLink { sequence: 1, previous: None },
            Some(chain) => {
                ChainLink { sequence: chain.last.saturating_add(1), previous: Some(chain.last_digest.clone()) }
            }
        }
    }

    /// How many envelopes are known to be missing now.
    pub fn missing(&self) -> usize {
        self.chains.values().map(|chain| chain.missing.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_gaps_repeats_and_exchanges() {
        let (kid, circle) = (KeyId::from("k".to_owned()), CircleId::new("all").unwrap());
        let mut chains = Chains::default();
        let digest = |n: u64| EnvelopeDigest::of(&n.to_string());
        let mut check = |sequence: u64, previous: u64, expected: Follows| {
            let link = ChainLink { sequence, previous: Some(digest(previous)) };
            assert_eq!(chains.follow(&kid, &circle, &link, &digest(sequence)), expected, "{sequence}");
        };
        check(7, 6, Follows::InOrder);
        check(8, 7, Follows::InOrder);
        check(8, 7, Follows::Repeated);
        check(11, 10, Follows::Gap { missing: 2 });
        check(10, 9, Follows::FilledGap);
        check(10, 9, Follows::Repeated);
        check(12, 99, Follows::Broken);
        check(u64::MAX, 0, Follows::Gap { missing: u64::MAX - 13 });
        assert_eq!(chains.missing(), MAX_MISSING);
        let link = chains.next_link(&kid, &circle);
        assert_eq!(link, ChainLink { sequence: u64::MAX, previous: Some(digest(u64::MAX)) });
    }
}
