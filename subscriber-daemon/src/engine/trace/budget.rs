//! How much a trace may cost.

use std::cell::Cell;

/// Comparisons of incidents in one trace at most: a few tenths of a second.
const MAX_COMPARISONS: usize = 60_000;

/// What is left to spend. The engine has no clock: the count bounds the work, and whoever asks may bring a clock.
pub(super) struct Budget<'a> {
    comparisons: Cell<usize>,
    may_go_on: &'a dyn Fn() -> bool,
    /// Incidents that were not looked at because nothing was left, by the reason.
    too_many: Cell<usize>,
    too_long: Cell<usize>,
}

impl<'a> Budget<'a> {
    pub(super) fn new(may_go_on: &'a dyn Fn() -> bool) -> Self {
        let zero = || Cell::new(0);
        Self { comparisons: zero(), may_go_on, too_many: zero(), too_long: zero() }
    }

    /// Notes work that was done.
    pub(super) fn spend(&self, comparisons: usize) {
        self.comparisons.set(self.comparisons.get() + comparisons);
    }

    /// True if another incident may be looked at; a no is counted.
    pub(super) fn allows_another(&self) -> bool {
        let refused = if self.comparisons.get() >= MAX_COMPARISONS {
            &self.too_many
        } else if !(self.may_go_on)() {
            &self.too_long
        } else {
            return true;
        };
        refused.set(refused.get() + 1);
        false
    }

    /// What was left out, in words.
    pub(super) fn left_out(&self) -> Vec<String> {
        let mut words = Vec::new();
        if self.too_many.get() > 0 {
            words.push(format!("hops beyond {MAX_COMPARISONS} comparisons ({} incidents)", self.too_many.get()));
        }
        if self.too_long.get() > 0 {
            words.push(format!("hops that the time was too short for ({} incidents)", self.too_long.get()));
        }
        words
    }
}
