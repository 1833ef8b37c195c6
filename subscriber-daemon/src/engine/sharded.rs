//! Collections that grow in small steps: no single incident pays for moving all that came before it.

use std::hash::{BuildHasher, Hash};

use rustc_hash::{FxBuildHasher, FxHashMap};

/// So many that one grows in an instant, and so few that the processor has at hand where each of them lies.
const SHARDS: usize = 1 << 8;

/// A hash map of many small ones.
#[derive(Debug)]
pub(crate) struct ShardedMap<K, V> {
    shards: Vec<FxHashMap<K, V>>,
}

impl<K, V> Default for ShardedMap<K, V> {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| FxHashMap::default()).collect() }
    }
}

impl<K: Eq + Hash, V> ShardedMap<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.shards[shard(key)].get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.shards[shard(key)].get_mut(key)
    }

    /// Puts in a value and gives back the one before it.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.shards[shard(&key)].insert(key, value)
    }

    /// The value of `key`, an empty one if there was none.
    pub(crate) fn or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        self.shards[shard(&key)].entry(key).or_default()
    }

    /// All entries, in no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.shards.iter().flatten()
    }
}

/// The maps inside use the low and the topmost bits of a hash, so the shard is in the bits between.
fn shard<K: Hash>(key: &K) -> usize {
    (FxBuildHasher.hash_one(key) >> 40) as usize % SHARDS
}

/// A list that never moves what it holds, but for its first few values: most lists of a small state are short.
#[derive(Debug)]
pub(crate) struct ChunkedVec<T, const CHUNK: usize = { 1 << 14 }> {
    chunks: Vec<Vec<T>>,
}

impl<T, const CHUNK: usize> Default for ChunkedVec<T, CHUNK> {
    fn default() -> Self {
        Self { chunks: Vec::new() }
    }
}

impl<T, const CHUNK: usize> ChunkedVec<T, CHUNK> {
    pub(crate) fn push(&mut self, value: T) {
        match self.chunks.last_mut() {
            Some(last) if last.len() < CHUNK => last.push(value),
            _ => {
                let mut chunk = if self.chunks.is_empty() { Vec::new() } else { Vec::with_capacity(CHUNK) };
                chunk.push(value);
                self.chunks.push(chunk);
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }
}

impl<T, const CHUNK: usize> ChunkedVec<T, CHUNK> {
    /// Everything that is in it, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten()
    }
}

impl<T, const CHUNK: usize> std::ops::Index<usize> for ChunkedVec<T, CHUNK> {
    type Output = T;

    fn index(&self, index: usize) -> &T {
        &self.chunks[index / CHUNK][index % CHUNK]
    }
}

impl<T, const CHUNK: usize> std::ops::IndexMut<usize> for ChunkedVec<T, CHUNK> {
    fn index_mut(&mut self, index: usize) -> &mut T {
        &mut self.chunks[index / CHUNK][index % CHUNK]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_finds_what_was_put_in() {
        const CHUNK: usize = 64;
        let mut list = ChunkedVec::<usize, CHUNK>::default();
        for number in 0..CHUNK * 2 + 3 {
            assert_eq!(list.len(), number);
            list.push(number);
        }
        list[CHUNK] = 7;
        assert_eq!((list[0], list[CHUNK], list[CHUNK * 2 + 2]), (0, 7, CHUNK * 2 + 2));
    }

    #[test]
    fn a_map_has_each_key_once() {
        let mut map = ShardedMap::default();
        for number in (0..1_000).chain(0..500) {
            map.insert(number, number);
        }
        *map.or_default(5_000) = 1;
        *map.or_default(5_000) += 1;
        assert_eq!((map.iter().count(), map.get(&5_000), map.get(&5_001)), (1_001, Some(&2), None));
    }
}
