//! The substance register against other people's lists: names, CAS numbers and structures.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use backtrail_bus::fold::squash;
use backtrail_bus::substance_register::{Entry, SubstanceKind, SubstanceRegister};

/// What an entry says that was found under its number in the PyPI package `chemicals`.
const CHECKED: &str = "chemicals 1.5.2";

/// An extract of the package's table (MIT): number, InChIKey, names.
const CHEMICALS: &str = include_str!("data/chemicals-1.5.2.tsv");

fn shared(file: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(file);
    if !path.exists() {
        eprintln!("skipped: {} is absent", path.display());
    }
    path.exists().then_some(path)
}

fn register() -> &'static SubstanceRegister {
    SubstanceRegister::shipped()
}

fn names(entry: &Entry) -> BTreeSet<String> {
    entry.names().map(|(_, name)| squash(name)).chain([squash(&entry.name)]).collect()
}

#[test]
fn what_is_said_to_be_checked_agrees() {
    let rows = CHEMICALS.lines().skip(1).map(|line| line.split('\t').collect::<Vec<&str>>());
    let chemicals: BTreeMap<&str, (&str, BTreeSet<String>)> =
        rows.map(|row| (row[0], (row[1], row[2].split('|').map(squash).collect()))).collect();
    let mut checked = 0;
    for entry in register().entries() {
        if entry.checked != CHECKED {
            let says_so = entry.checked.starts_with("not cross-checked: ") || entry.kind == SubstanceKind::Equipment;
            assert!(says_so, "{}: {:?}", entry.id, entry.checked);
            assert!(entry.inchikey.is_none(), "{}: a structure from nowhere", entry.id);
            continue;
        }
        checked += 1;
        let (inchikey, theirs) = &chemicals[entry.cas[0].as_str()];
        assert!(!names(entry).is_disjoint(theirs), "{}: {:?} and {theirs:?}", entry.id, names(entry));
        if let Some(own) = &entry.inchikey {
            assert_eq!(own, inchikey, "{}", entry.id);
        }
    }
    assert!(checked >= 400, "{checked}");
}

/// The list in Chinese and English with CAS numbers; one number in it is known to be mistyped.
#[test]
fn the_chinese_list_agrees() {
    let Some(path) = shared("controlled-substances-cn-sample.csv") else { return };
    let mut compared = 0;
    let mut different = Vec::new();
    for row in csv::Reader::from_path(path).unwrap().into_deserialize::<BTreeMap<String, String>>() {
        let row = row.unwrap();
        let (name, cas) = (row["name_en"].trim(), row["cas"].trim());
        let Some(entry) = register().resolve(name).entry().filter(|entry| !entry.cas.is_empty() && !cas.is_empty())
        else {
            continue;
        };
        compared += 1;
        if !entry.cas.iter().any(|own| own == cas) {
            different.push(format!("{name}: found {:?} in the register, {cas} in the list", entry.cas));
        }
    }
    assert!(compared >= 80, "{compared}");
    assert!(different.len() <= compared / 20, "{different:#?} of {compared}");
}

#[test]
fn precursors_of_the_british_list_are_known() {
    let Some(path) = shared("uk-precursor-chemicals.json") else { return };
    let list: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut names = Vec::new();
    collect_names(&list, &mut names);
    let unknown: Vec<&String> = names.iter().filter(|name| register().resolve(name).family().is_none()).collect();
    assert!(names.len() >= 20, "{names:?}");
    assert!(unknown.len() * 10 <= names.len(), "{unknown:?} of {}", names.len());
}

fn collect_names(value: &serde_json::Value, names: &mut Vec<String>) {
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect_names(item, names)),
        serde_json::Value::Object(fields) => {
            for (key, value) in fields {
                match value.as_str() {
                    Some(name) if matches!(key.as_str(), "value") => names.push(name.to_owned()),
                    _ => collect_names(value, names),
                }
            }
        }
        _ => {}
    }
}
