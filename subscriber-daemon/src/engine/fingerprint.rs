//! Texts as numbers, for comparing: SHA-256 (FIPS 180-4), cut short.

use std::fmt;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A text as a number. Two texts with one number have to be looked for, and then say no more than that an agency which
/// may post anything posted two values that look equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Fingerprint(NonZeroU64);

impl Fingerprint {
    pub(crate) fn of(text: &str) -> Self {
        let digest: [u8; 32] = Sha256::digest(text).into();
        let number = u64::from_be_bytes(digest[..8].try_into().expect("a digest has 32 bytes"));
        Self(NonZeroU64::new(number).unwrap_or(NonZeroU64::MIN))
    }

    /// The fingerprint of a text, `None` for an empty one.
    pub(crate) fn of_any(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self::of(text))
    }
}

/// A digest that text is written into.
#[derive(Default)]
pub(crate) struct Digest(Sha256);

impl Digest {
    /// The first 16 bytes.
    pub(crate) fn finish(self) -> [u8; 16] {
        let digest: [u8; 32] = self.0.finalize().into();
        digest[..16].try_into().expect("a digest has 32 bytes")
    }
}

impl fmt::Write for Digest {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text);
        Ok(())
    }
}
