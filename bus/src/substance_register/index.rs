//! Every name of the register in normal form, with what it means: a finite-state map, so that a name is found without
//! walking the register and its neighbours without comparing it to each.

use std::collections::BTreeMap;

use fst::Map;
use rustc_hash::FxHashMap;

use super::RegisterError;
use super::file::{Entry, File};
use super::resolve::NameKind;
use super::spelling;
use crate::fold;
use crate::token::Token;

/// What one normal form means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    Entry {
        entry: usize,
        kind: NameKind,
    },
    /// At least two entries, in the order of the register.
    Ambiguous(Vec<usize>),
    Family(usize),
}

/// The names.
#[derive(Debug)]
pub(super) struct Index {
    pub map: Map<Vec<u8>>,
    meanings: Vec<(String, Meaning)>,
    /// Numbers of the names that sound alike.
    by_sound: FxHashMap<String, Vec<u64>>,
}

impl Meaning {
    /// Position of the entry, where it is one.
    pub(super) fn entry(&self) -> Option<usize> {
        match self {
            Self::Entry { entry, .. } => Some(*entry),
            _ => None,
        }
    }
}

impl Index {
    /// Indexes all names of `file`. Two meanings of one normal form are an error unless the form is listed as
    /// ambiguous.
    pub(super) fn new(file: &File) -> Result<Self, RegisterError> {
        let mut names = Names { meanings: BTreeMap::new() };
        for (index, entry) in file.substance.iter().enumerate() {
            names.add_entry(index, entry)?;
        }
        for name in &file.family_name {
            let family = position(file.family.iter().map(|family| &family.id), &name.family)?;
            names.add(&name.text, Meaning::Family(family))?;
        }
        for name in &file.ambiguous {
            let ids = || file.substance.iter().map(|entry| &entry.id);
            let means: Result<Vec<usize>, _> = name.means.iter().map(|id| position(ids(), id)).collect();
            names.add(&name.text, Meaning::Ambiguous(means?))?;
        }
        let pairs = names.meanings.keys().zip(0..).map(|(normal, number)| (normal.as_bytes(), number));
        let map = Map::from_iter(pairs).map_err(|error| RegisterError(error.to_string()))?;
        let mut by_sound: FxHashMap<String, Vec<u64>> = FxHashMap::default();
        for ((normal, (written, _)), number) in names.meanings.iter().zip(0..) {
            if !spelling::is_code(written) {
                by_sound.entry(spelling::sound(normal)).or_default().push(number);
            }
        }
        Ok(Self { map, meanings: names.meanings.into_values().collect(), by_sound })
    }

    /// The meaning with the number that the map holds.
    pub(super) fn by_number(&self, number: u64) -> &Meaning {
        &self.meanings[usize::try_from(number).expect("numbers are positions")].1
    }

    /// Numbers of the names that sound like this.
    pub(super) fn alike(&self, sound: &str) -> &[u64] {
        self.by_sound.get(sound).map_or(&[], Vec::as_slice)
    }

    /// The name as the register writes it, by the number that the map holds.
    pub(super) fn written(&self, number: u64) -> &str {
        &self.meanings[usize::try_from(number).expect("numbers are positions")].0
    }

    /// All names as written, with their meanings.
    pub(super) fn all(&self) -> &[(String, Meaning)] {
        &self.meanings
    }
}

/// Names as they are gathered, by normal form.
struct Names {
    meanings: BTreeMap<String, (String, Meaning)>,
}

impl Names {
    fn add_entry(&mut self, index: usize, entry: &Entry) -> Result<(), RegisterError> {
        let meaning = |kind| Meaning::Entry { entry: index, kind };
        self.add(&entry.name, meaning(NameKind::Preferred))?;
        self.add(entry.id.as_str(), meaning(NameKind::Preferred))?;
        for name in entry.synonyms.values().flatten().chain(&entry.cas) {
            self.add(name, meaning(NameKind::Synonym))?;
        }
        for name in entry.street.values().flatten() {
            self.add(name, meaning(NameKind::Street))?;
        }
        Ok(())
    }

    fn add(&mut self, name: &str, meaning: Meaning) -> Result<(), RegisterError> {
        let normal = fold::squash(name);
        if normal.is_empty() {
            return Err(RegisterError(format!("found the name {name:?}, expected letters or digits in it")));
        }
        match self.meanings.get(&normal) {
            None => drop(self.meanings.insert(normal, (name.to_owned(), meaning))),
            // The first way in which a name means its entry is the strongest.
            Some((_, Meaning::Entry { entry, .. })) if matches!(&meaning, Meaning::Entry { entry: new, .. } if new == entry) =>
                {}
            Some((_, known)) if *known == meaning => {}
            Some((other, known)) => {
                return Err(RegisterError(format!("{name:?} ({meaning:?}) and {other:?} ({known:?}) are one name")));
            }
        }
        Ok(())
    }
}

/// Where the id stands.
pub(super) fn position<'a>(mut ids: impl Iterator<Item = &'a Token>, id: &Token) -> Result<usize, RegisterError> {
    ids.position(|known| known == id).ok_or_else(|| RegisterError(format!("{id} is not listed")))
}
