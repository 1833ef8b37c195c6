//! Edit distance between words, weighted by what people and scanners really confuse.

/// Words longer than this, in bytes, are compared by their start.
pub(super) const MAX_LENGTH: usize = 24;

/// A whole edit, in the unit in which costs are added up: quarters.
pub(in super::super) const ONE: u8 = 4;

/// Distance with adjacent transpositions (Damerau 1964, restricted form), where a slip that typing or optical reading
/// often makes costs half. Words are folded ASCII. At most `limit`, else `None`; both in quarters of an edit.
pub(in super::super) fn distance(a: &str, b: &str, limit: u8) -> Option<u8> {
    let (a, b) = (&a.as_bytes()[..a.len().min(MAX_LENGTH)], &b.as_bytes()[..b.len().min(MAX_LENGTH)]);
    // A letter that is doubled or left out beside its like costs half.
    if a.len().abs_diff(b.len()) * usize::from(ONE) > usize::from(limit) * 2 {
        return None;
    }
    let mut rows = [[0_u8; MAX_LENGTH + 1]; 3];
    for (position, cell) in (0_u8..).zip(rows[0].iter_mut()) {
        *cell = position * ONE;
    }
    for i in 1..=a.len() {
        let (now, before, twice) = (i % 3, (i + 2) % 3, (i + 1) % 3);
        rows[now][0] = u8::try_from(i).expect("words are cut") * ONE;
        let mut least = rows[now][0];
        let delete = if i > 1 && a[i - 1] == a[i - 2] { ONE / 2 } else { ONE };
        for j in 1..=b.len() {
            let insert = if j > 1 && b[j - 1] == b[j - 2] { ONE / 2 } else { ONE };
            let mut cost = rows[before][j - 1] + substitution(a[i - 1], b[j - 1]);
            cost = cost.min(rows[before][j] + delete).min(rows[now][j - 1] + insert);
            if i > 1 && j > 1 {
                if a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    cost = cost.min(rows[twice][j - 2] + ONE * 3 / 4);
                }
                // "rn" is read as "m", "vv" as "w", "cl" as "d"; the other way round as well.
                if is_ligature(&b[j - 2..j], a[i - 1]) {
                    cost = cost.min(rows[before][j - 2] + ONE / 2);
                }
            }
            if i > 1 && is_ligature(&a[i - 2..i], b[j - 1]) {
                cost = cost.min(rows[twice][j - 1] + ONE / 2);
            }
            rows[now][j] = cost;
            least = least.min(cost);
        }
        // Two rows on a cell may come from the row before, never from further back.
        if least > limit + ONE {
            return None;
        }
    }
    let distance = rows[a.len() % 3][b.len()];
    (distance <= limit).then_some(distance)
}

fn substitution(a: u8, b: u8) -> u8 {
    if a == b {
        return 0;
    }
    if HALF_FOR[usize::from(a & 0x7f)] & (1 << place(b)) != 0 { ONE / 2 } else { ONE }
}

/// Signs that look alike, then sounds that are spelt both ways.
const HALF: [(u8, u8); 20] = [
    (b'0', b'o'),
    (b'1', b'l'),
    (b'1', b'i'),
    (b'i', b'l'),
    (b'5', b's'),
    (b'8', b'b'),
    (b'2', b'z'),
    (b'6', b'g'),
    (b'u', b'v'),
    (b'c', b'e'),
    (b'a', b'e'),
    (b'e', b'i'),
    (b'o', b'u'),
    (b'i', b'y'),
    (b'c', b'k'),
    (b's', b'z'),
    (b'm', b'n'),
    (b'i', b'j'),
    (b'v', b'w'),
    (b'c', b's'),
];

/// For each sign, a bit for each other one with which it is confused.
static HALF_FOR: [u64; 128] = {
    let mut table = [0; 128];
    let mut index = 0;
    while index < HALF.len() {
        let (a, b) = HALF[index];
        table[a as usize] |= 1 << place(b);
        table[b as usize] |= 1 << place(a);
        index += 1;
    }
    table
};

/// The bit of a letter or digit.
const fn place(sign: u8) -> u8 {
    if sign.is_ascii_digit() { sign - b'0' } else { 10 + (sign & 0x1f) }
}

fn is_ligature(two: &[u8], one: u8) -> bool {
    matches!((two, one), (b"rn", b'm') | (b"vv", b'w') | (b"cl", b'd'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likely_slips_cost_half() {
        fn check(a: &str, b: &str, expected: Option<f64>) {
            assert_eq!(
                distance(a, b, 2 * ONE).map(|quarters| f64::from(quarters) / f64::from(ONE)),
                expected,
                "{a} {b}"
            );
        }
        check("harbour", "harbour", Some(0.0));
        check("harbour", "harb0ur", Some(0.5));
        check("harbour", "habrour", Some(0.75));
        check("harbour", "harbor", Some(1.0));
        check("kestrel", "kestrell", Some(0.5));
        check("modern", "modem", Some(0.5));
        check("modem", "modern", Some(0.5));
        check("harbour", "tarbour", Some(1.0));
        check("lotus", "tulip", None);
        check("a", "abcdef", None);
    }
}
