//! What names that met said about one another, kept for a while: the same ones meet again with every incident that comes
//! to a busy hub.

use std::hash::BuildHasher as _;
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxBuildHasher;

use super::name::{Name, compare};

/// How many pairs of names are kept.
const KEPT: usize = 1 << 13;

/// Each pair has one place, which it shares with others; the last one that was compared stands there.
#[derive(Debug)]
pub(crate) struct NameBits(Mutex<Box<[Option<Compared>]>>);

#[derive(Debug, Clone)]
struct Compared {
    names: Box<[Box<str>; 2]>,
    bits: f64,
}

impl Default for NameBits {
    fn default() -> Self {
        Self(Mutex::new(vec![None; KEPT].into()))
    }
}

impl NameBits {
    /// How much it says that two names, as written, are as near as they are, in bits.
    pub(crate) fn of(&self, one: &str, other: &str) -> f64 {
        let place = FxBuildHasher.hash_one((one, other)) as usize % KEPT;
        // Every place is whole at any time.
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = &mut places[place];
        match kept {
            Some(kept) if *kept.names[0] == *one && *kept.names[1] == *other => kept.bits,
            _ => {
                let names = Name::parse(one).zip(Name::parse(other));
                let bits = names.map_or(0.0, |(one, other)| compare(&one, &other).bits);
                *kept = Some(Compared { names: Box::new([one.into(), other.into()]), bits });
                bits
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_says_the_same_each_time() {
        let (near, far) = ("Kestrel Harbour Pharma", "Osprey Mountain Pharma");
        let kept = NameBits::default();
        let first = kept.of("Kestrel Harbor Pharma", near);
        assert!(first > 5.0 && first == kept.of("Kestrel Harbor Pharma", near), "{first}");
        assert!(kept.of("Kestrel Harbor Pharma", far) < 0.0);
    }
}
