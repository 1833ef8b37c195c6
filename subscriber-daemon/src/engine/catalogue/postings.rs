//! Ascending numbers in little memory: the steps between them, seven bits a byte (variable-byte coding: Scholer and
//! others, "Compression of inverted indexes for fast query evaluation", SIGIR 2002).

/// Ascending numbers, each once. Most lists have one.
#[derive(Debug)]
pub(super) enum Postings {
    One(u32),
    Many(Box<Many>),
}

#[derive(Debug)]
pub(super) struct Many {
    last: u32,
    count: u32,
    /// The first number, then the steps.
    bytes: Vec<u8>,
}

impl Postings {
    /// Adds a number that is not below any that is there.
    pub(super) fn push(&mut self, number: u32) {
        match self {
            Self::One(only) if *only == number => {}
            Self::One(only) => {
                let mut many = Many { last: *only, count: 1, bytes: Vec::with_capacity(8) };
                write(&mut many.bytes, *only);
                many.push(number);
                *self = Self::Many(Box::new(many));
            }
            Self::Many(many) => many.push(number),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Many(many) => many.count as usize,
        }
    }

    /// The memory on the heap, in bytes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::One(_) => 0,
            Self::Many(many) => size_of::<Many>() + many.bytes.capacity(),
        }
    }

    /// Calls `take` with each number, ascending.
    pub(super) fn for_each(&self, mut take: impl FnMut(u32)) {
        match self {
            Self::One(only) => take(*only),
            Self::Many(many) => many.iter().for_each(take),
        }
    }
}

impl Many {
    fn push(&mut self, number: u32) {
        if number > self.last {
            write(&mut self.bytes, number - self.last);
            self.last = number;
            self.count += 1;
        }
    }

    fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let mut bytes = self.bytes.iter();
        let mut at = 0;
        std::iter::from_fn(move || {
            let (mut step, mut shift) = (0, 0);
            loop {
                let byte = bytes.next()?;
                step |= u32::from(byte & 0x7f) << shift;
                if byte & 0x80 == 0 {
                    break;
                }
                shift += 7;
            }
            at += step;
            Some(at)
        })
    }
}

fn write(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_went_in_comes_out(numbers in proptest::collection::btree_set(any::<u32>(), 1..60)) {
            let mut all = numbers.iter().copied();
            let mut postings = Postings::One(all.next().unwrap());
            for number in all {
                postings.push(number);
                postings.push(number);
            }
            prop_assert_eq!(postings.len(), numbers.len());
            let mut all = Vec::new();
            postings.for_each(|number| all.push(number));
            prop_assert_eq!(all, numbers.into_iter().collect::<Vec<_>>());
        }
    }
}
