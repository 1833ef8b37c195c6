//! Which number stands for an id: the ids themselves are held elsewhere, under their numbers.

use hashbrown::HashTable;

/// So many that one grows in an instant, and so few that the processor has at hand where each of them lies.
const TABLES: usize = 1 << 10;

/// Numbers by the parts of their ids. It is asked for every id that comes, of which most are new, so it is small: what
/// is far away in memory is waited for.
#[derive(Debug)]
pub(crate) struct Numbered {
    tables: Vec<HashTable<Entry>>,
}

/// An id as it is looked up.
#[derive(Debug, Clone, Copy)]
struct Entry {
    tag: u32,
    number: u32,
}

/// Two parts of an id, each as good as random.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts {
    /// Says in which table it stands.
    pub spread: u32,
    /// What has another is another id, and nothing else is read to see it.
    pub tag: u32,
}

impl Default for Numbered {
    fn default() -> Self {
        Self { tables: vec![HashTable::new(); TABLES] }
    }
}

impl Numbered {
    /// The number of an id, if it has one. `is_its` says whether a number is that of the id.
    pub(crate) fn find(&self, parts: Parts, is_its: impl Fn(u32) -> bool) -> Option<u32> {
        let is_it = |entry: &Entry| entry.tag == parts.tag && is_its(entry.number);
        self.tables[parts.table()].find(hash(parts.tag), is_it).map(|entry| entry.number)
    }

    /// The only number that an id can have, but for one in some billions that has another's parts.
    pub(crate) fn likely(&self, parts: Parts) -> Option<u32> {
        self.find(parts, |_| true)
    }

    /// Gives an id its number, which has none.
    pub(crate) fn insert(&mut self, parts: Parts, number: u32) {
        let entry = Entry { tag: parts.tag, number };
        self.tables[parts.table()].insert_unique(hash(parts.tag), entry, |entry| hash(entry.tag));
    }
}

impl Parts {
    fn table(self) -> usize {
        self.spread as usize % TABLES
    }
}

/// A tag is as good as random; the tables use the low and the topmost bits of a hash.
fn hash(tag: u32) -> u64 {
    u64::from(tag) << 32 | u64::from(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_the_same_parts_have_their_own_numbers() {
        let ids = ["one", "two", "three"];
        let parts = |id: &str| Parts { spread: 7, tag: id.len() as u32 };
        let mut numbered = Numbered::default();
        for (number, id) in (0..).zip(ids) {
            numbered.insert(parts(id), number);
        }
        let find = |wanted: &str| numbered.find(parts(wanted), |number| ids[number as usize] == wanted);
        assert_eq!(ids.map(find), [Some(0), Some(1), Some(2)]);
        assert_eq!((find("six"), find("seven")), (None, None));
        assert_eq!(numbered.likely(parts("three")), Some(2));
    }
}
