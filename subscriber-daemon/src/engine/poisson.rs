//! How surprising a count is.

use std::sync::LazyLock;

/// -log2 P(X >= `count`) for a Poisson variable with mean `expected`, in bits; 0 where nothing is surprising.
///
/// The tail is summed from its first term on, each the one before times `expected` / k (Johnson, Kemp and Kotz,
/// Univariate Discrete Distributions, section 4.3); beyond the mean the terms fall at least geometrically.
pub(crate) fn surprise_bits(count: usize, expected: f64) -> f64 {
    if count as f64 <= expected {
        return 0.0;
    }
    let log_first: f64 = -expected + count as f64 * expected.ln() - log_factorial(count);
    let mut ratio_sum = 1.0;
    let mut ratio = 1.0;
    for k in count + 1.. {
        ratio *= expected / k as f64;
        ratio_sum += ratio;
        if ratio < 1e-12 {
            break;
        }
    }
    -(log_first + f64::ln(ratio_sum)) / std::f64::consts::LN_2
}

/// ln(n!).
fn log_factorial(n: usize) -> f64 {
    let known = LOG_FACTORIALS.len() - 1;
    let rest = (known + 1..=n).map(|k| (k as f64).ln()).sum::<f64>();
    LOG_FACTORIALS[n.min(known)] + rest
}

/// ln(n!) by n. Nearly all counts are below the size of a hub that is hot.
static LOG_FACTORIALS: LazyLock<[f64; 256]> = LazyLock::new(|| {
    let mut sum = 0.0;
    std::array::from_fn(|n| {
        sum += (n.max(1) as f64).ln();
        sum
    })
});

#[cfg(test)]
mod tests {
    use super::*;

    /// Against P(X >= n) computed with 50 digits.
    #[test]
    fn known_tails() {
        fn check(count: usize, expected: f64, tail: f64) {
            let bits = surprise_bits(count, expected);
            assert!((bits + tail.log2()).abs() < 1e-6, "{count} {expected}: {bits}");
        }
        check(1, 0.5, 0.393_469_340_287_366_6);
        check(3, 1.0, 0.080_301_397_071_394_2);
        check(10, 2.5, 0.00027735209462083604);
    }

    #[test]
    fn an_expected_count_is_no_surprise() {
        assert_eq!(surprise_bits(3, 3.0), 0.0);
        assert_eq!(surprise_bits(0, 0.1), 0.0);
        assert!(surprise_bits(200, 0.01).is_finite());
    }

    #[test]
    fn factorials_beyond_the_table_go_on() {
        let ratio = log_factorial(300) - log_factorial(299);
        assert!((ratio - 300_f64.ln()).abs() < 1e-9 && (log_factorial(5) - 120_f64.ln()).abs() < 1e-12);
    }
}
