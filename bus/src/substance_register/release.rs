//! Earlier versions of the register, and what changed since. An incident keeps the version it was judged by; this says
//! what another version would have known.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::file::{Entry, SubstanceKind};
use super::{RegisterError, SubstanceRegister};
use crate::token::Token;

/// Earlier versions, one line of JSON an entry; the oldest first.
const RELEASES: &[(&str, &str)] =
    &[("2026-11-24", include_str!("../../../schemas/substances/releases/2026-11-24.ndjson"))];

/// What a version said of one entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub id: Token,
    pub name: String,
    pub family: Token,
    pub kind: SubstanceKind,
    #[serde(default)]
    pub cas: Vec<String>,
    /// Synonyms and street names of all languages, sorted.
    #[serde(default)]
    pub names: Vec<String>,
}

/// How one entry differs between two versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    Added { id: Token, name: String },
    Removed { id: Token, name: String },
    Changed { id: Token, fields: Vec<FieldChange> },
}

/// One field of an entry in both versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    pub field: &'static str,
    pub removed: Vec<String>,
    pub added: Vec<String>,
}

impl From<&Entry> for Line {
    fn from(entry: &Entry) -> Self {
        let names: BTreeSet<String> = entry.names().map(|(_, name)| name.to_owned()).collect();
        Self {
            id: entry.id.clone(),
            name: entry.name.clone(),
            family: entry.family.clone(),
            kind: entry.kind,
            cas: entry.cas.clone(),
            names: names.into_iter().collect(),
        }
    }
}

impl SubstanceRegister {
    /// The versions that [`Self::changes_since`] knows, oldest first, without this one.
    pub fn earlier_versions() -> impl Iterator<Item = &'static str> {
        RELEASES.iter().map(|(version, _)| *version)
    }

    /// What changed between an earlier version and this register, by id.
    pub fn changes_since(&self, version: &str) -> Result<Vec<Change>, RegisterError> {
        if version == self.version() {
            return Ok(Vec::new());
        }
        let release = RELEASES.iter().find(|(known, _)| *known == version);
        let (_, lines) = release.ok_or_else(|| {
            let known: Vec<&str> = Self::earlier_versions().collect();
            RegisterError(format!("found version {version:?}, expected one of {}", known.join(", ")))
        })?;
        let before: Result<Vec<Line>, _> = lines.lines().map(serde_json::from_str).collect();
        let before = before.map_err(|error| RegisterError(format!("release {version}: {error}")))?;
        Ok(changes(before, self.entries().iter().map(Line::from)))
    }
}

fn changes(before: impl IntoIterator<Item = Line>, after: impl IntoIterator<Item = Line>) -> Vec<Change> {
    let by_id = |lines: &mut dyn Iterator<Item = Line>| lines.map(|line| (line.id.clone(), line)).collect();
    let mut before: BTreeMap<Token, Line> = by_id(&mut before.into_iter());
    let after: BTreeMap<Token, Line> = by_id(&mut after.into_iter());
    let mut changes = BTreeMap::new();
    for (id, line) in after {
        let change = match before.remove(&id) {
            None => Change::Added { id: id.clone(), name: line.name },
            Some(old) => {
                let fields = field_changes(&old, &line);
                if fields.is_empty() {
                    continue;
                }
                Change::Changed { id: id.clone(), fields }
            }
        };
        changes.insert(id, change);
    }
    changes.extend(before.into_iter().map(|(id, line)| (id.clone(), Change::Removed { id, name: line.name })));
    changes.into_values().collect()
}

fn field_changes(old: &Line, new: &Line) -> Vec<FieldChange> {
    let one = |text: &str| BTreeSet::from([text.to_owned()]);
    let many = |texts: &[String]| texts.iter().cloned().collect::<BTreeSet<String>>();
    let fields = [
        ("name", one(&old.name), one(&new.name)),
        ("family", one(old.family.as_str()), one(new.family.as_str())),
        ("kind", one(old.kind.code()), one(new.kind.code())),
        ("cas", many(&old.cas), many(&new.cas)),
        ("names", many(&old.names), many(&new.names)),
    ];
    let changed = fields.into_iter().filter(|(_, old, new)| old != new);
    let difference = |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect();
    changed
        .map(|(field, old, new)| FieldChange { field, removed: difference(&old, &new), added: difference(&new, &old) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, family: &str, names: &[&str]) -> Line {
        let token = |text| Token::new(text).unwrap();
        let names = names.iter().map(ToString::to_string).collect();
        Line {
            id: token(id),
            name: id.to_owned(),
            family: token(family),
            kind: SubstanceKind::Drug,
            cas: vec![],
            names,
        }
    }

    #[test]
    fn tells_what_changed() {
        let before = [line("a", "x", &["one"]), line("b", "x", &[]), line("c", "x", &[])];
        let after = [line("a", "x", &["one", "two"]), line("b", "x", &[]), line("d", "x", &[])];
        let changes = serde_json::to_value(changes(before, after)).unwrap();
        let expected = serde_json::json!([
            {"change": "changed", "id": "a", "fields": [{"field": "names", "removed": [], "added": ["two"]}]},
            {"change": "removed", "id": "c", "name": "c"},
            {"change": "added", "id": "d", "name": "d"},
        ]);
        assert_eq!(changes, expected);
    }

    #[test]
    fn earlier_versions_are_readable() {
        for version in SubstanceRegister::earlier_versions() {
            let changes = SubstanceRegister::shipped().changes_since(version).unwrap();
            let removed: Vec<&Change> = changes.iter().filter(|c| matches!(c, Change::Removed { .. })).collect();
            assert!(removed.is_empty(), "ids are kept for ever: {removed:?}");
        }
    }
}
