//! Texts as numbers, for comparing.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use siphasher::sip::SipHasher13;
use smallvec::SmallVec;

/// A text as a number: SipHash-1-3 (Aumasson and Bernstein, 2012) with a key of zeros, the same at every start. Two texts
/// with one number have to be looked for, and then say no more than that an agency which may post anything posted two
/// values that look equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Fingerprint(NonZeroU64);

impl Fingerprint {
    pub(crate) fn of(text: &str) -> Self {
        let number = SipHasher13::new().hash(text.as_bytes());
        Self(NonZeroU64::new(number).unwrap_or(NonZeroU64::MIN))
    }

    /// The number itself.
    pub(crate) fn number(self) -> u64 {
        self.0.get()
    }

    /// The fingerprint of a text, `None` for an empty one.
    pub(crate) fn of_any(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self::of(text))
    }
}

/// The digest of a text: SHA-256 (FIPS 180-4), cut short.
pub(crate) struct Digest;

impl Digest {
    /// The first 16 bytes of that of words with a space between them; empty ones do not count.
    pub(crate) fn of_words(words: &[&str]) -> [u8; 16] {
        let mut text = SmallVec::<[u8; 128]>::new();
        for word in words.iter().filter(|word| !word.is_empty()) {
            if !text.is_empty() {
                text.push(b' ');
            }
            text.extend_from_slice(word.as_bytes());
        }
        let digest: [u8; 32] = Sha256::digest(&text).into();
        digest[..16].try_into().expect("a digest has 32 bytes")
    }
}
