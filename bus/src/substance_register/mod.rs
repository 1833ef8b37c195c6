//! The substance register: which substances there are, what they are called, what controls them, what they are made
//! from; and what a name in a report means.
//!
//! The register is data, the files in `schemas/substances/`; an incident keeps the version it was judged by.

mod file;
mod index;
mod release;
mod resolve;
mod spelling;
mod wording;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{LazyLock, OnceLock};

use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

pub use self::file::{Control, ControlList, Entry, Family, PrecursorRole, Relation, SubstanceKind};
pub use self::release::{Change, Line};
pub use self::resolve::{Found, Matched, Resolution};

use self::file::File;
use self::index::Index;
use self::resolve::{Finder, Pattern};
use crate::token::Token;

/// The files of the shipped register.
const FILES: &[&str] = &[
    include_str!("../../../schemas/substances/register.toml"),
    include_str!("../../../schemas/substances/family-patterns.toml"),
    include_str!("../../../schemas/substances/narcotic.toml"),
    include_str!("../../../schemas/substances/psychotropic.toml"),
    include_str!("../../../schemas/substances/precursor.toml"),
    include_str!("../../../schemas/substances/nps.toml"),
    include_str!("../../../schemas/substances/other.toml"),
    include_str!("../../../schemas/substances/ambiguous.toml"),
    include_str!("../../../schemas/substances/precursor-of.toml"),
];

/// What the ids of a deployment's own entries start with, so that a later version of the register cannot take them.
pub const LOCAL_PREFIX: &str = "local-";

/// The register in the form in which it answers questions.
#[derive(Debug)]
pub struct SubstanceRegister {
    version: String,
    families: Vec<Family>,
    entries: Vec<Entry>,
    relations: Vec<Relation>,
    patterns: Vec<Pattern>,
    by_id: FxHashMap<Token, usize>,
    precursor_families: FxHashMap<Token, Vec<Token>>,
    index: Index,
    finder: OnceLock<Finder>,
}

/// What is wrong with a register.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("substance register: {0}")]
pub struct RegisterError(String);

static SHIPPED: LazyLock<SubstanceRegister> =
    LazyLock::new(|| SubstanceRegister::from_files(FILES, None).expect("the shipped register is tested"));

/// The family of a substance that the register does not know.
pub fn unknown_family() -> Token {
    Token::new("unknown").expect("lower case letters")
}

impl SubstanceRegister {
    /// The register that is shipped with this program.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// The shipped register with the entries of a deployment's own file, which has `[[substance]]` blocks as in
    /// `schemas/substances/` with ids that start with [`LOCAL_PREFIX`]. They are marked local, and the version says so.
    pub fn with_local(path: &Path) -> Result<Self, RegisterError> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| RegisterError(format!("{shown}: {error}")))?;
        Self::from_files(FILES, Some(&text))
            .map_err(|RegisterError(problem)| RegisterError(format!("{shown}: {problem}")))
    }

    /// Its date, with a number if several were made that day, and a digest of the local entries if there are any.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// All entries, in the order of the files.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// All families.
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// The entry with this id.
    pub fn get(&self, id: &Token) -> Option<&Entry> {
        self.by_id.get(id).map(|index| &self.entries[*index])
    }

    /// What is made from, or with, which.
    pub fn relations(&self) -> &[Relation] {
        &self.relations
    }

    /// True if substances of `family` are made into substances of `product`.
    pub fn is_precursor_family(&self, family: &Token, product: &Token) -> bool {
        self.precursor_families.get(family).is_some_and(|products| products.contains(product))
    }

    /// All names with the entries they mean; a family name has none.
    #[cfg(test)]
    fn names(&self) -> impl Iterator<Item = (&str, Option<&Entry>)> {
        self.index.all().iter().map(|(name, meaning)| match meaning {
            index::Meaning::Entry { entry, .. } => (name.as_str(), Some(&self.entries[*entry])),
            _ => (name.as_str(), None),
        })
    }

    fn finder(&self) -> &Finder {
        self.finder.get_or_init(|| Finder::new(&self.index))
    }

    fn from_files(files: &[&str], local: Option<&str>) -> Result<Self, RegisterError> {
        let mut all = File::default();
        for text in files {
            all.join(parse(text)?);
        }
        let mut version = all.version.take().ok_or_else(|| RegisterError("no file has a version".to_owned()))?;
        if let Some(text) = local {
            all.join(local_entries(text)?);
            version.push_str("+local.");
            let digest = Sha256::digest(text);
            for byte in &digest[..4] {
                write!(version, "{byte:02x}").expect("writing to a string");
            }
        }
        Self::new(version, all)
    }

    fn new(version: String, file: File) -> Result<Self, RegisterError> {
        let family = |id| index::position(file.family.iter().map(|family| &family.id), id);
        let mut by_id = FxHashMap::default();
        for (position, entry) in file.substance.iter().enumerate() {
            family(&entry.family)?;
            if by_id.insert(entry.id.clone(), position).is_some() {
                return Err(RegisterError(format!("the id {} stands twice", entry.id)));
            }
            if let Some(cas) = entry.cas.iter().find(|cas| crate::check_digit::cas(cas) != Some(true)) {
                return Err(RegisterError(format!(
                    "{}: found CAS number {cas:?}, expected one whose check digit fits",
                    entry.id
                )));
            }
        }
        for relation in &file.relation {
            if let Some(id) = [&relation.precursor, &relation.product].into_iter().find(|id| !by_id.contains_key(*id)) {
                return Err(RegisterError(format!("a relation names {id}, which is not listed")));
            }
        }
        let index = Index::new(&file)?;
        let patterns: Result<Vec<Pattern>, RegisterError> = (file.family_pattern.iter())
            .map(|pattern| {
                let file::FamilyPattern { family: id, ends, before_digits } = pattern;
                Ok(Pattern { family: family(id)?, ends: ends.clone(), before_digits: before_digits.clone() })
            })
            .collect();
        let patterns = patterns?;
        let precursor_families =
            file.family.iter().map(|family| (family.id.clone(), family.precursor_of.clone())).collect();
        Ok(Self {
            version,
            families: file.family,
            entries: file.substance,
            relations: file.relation,
            patterns,
            by_id,
            precursor_families,
            index,
            finder: OnceLock::new(),
        })
    }
}

impl File {
    fn join(&mut self, other: Self) {
        self.version = self.version.take().or(other.version);
        self.family.extend(other.family);
        self.family_name.extend(other.family_name);
        self.family_pattern.extend(other.family_pattern);
        self.substance.extend(other.substance);
        self.ambiguous.extend(other.ambiguous);
        self.relation.extend(other.relation);
    }
}

fn parse(text: &str) -> Result<File, RegisterError> {
    toml::from_str(text).map_err(|error| RegisterError(error.to_string()))
}

/// A local file adds substances and what they are made from, nothing else.
fn local_entries(text: &str) -> Result<File, RegisterError> {
    let mut file = parse(text)?;
    if file.version.is_some() || !file.family.is_empty() || !file.family_name.is_empty() {
        return Err(RegisterError(
            "found more than [[substance]], [[relation]] and [[ambiguous]] in local entries".to_owned(),
        ));
    }
    for entry in &mut file.substance {
        if !entry.id.as_str().starts_with(LOCAL_PREFIX) {
            return Err(RegisterError(format!(
                "found the local id {}, expected one that starts with {LOCAL_PREFIX}",
                entry.id
            )));
        }
        entry.local = true;
    }
    Ok(file)
}

#[cfg(test)]
mod tests;
