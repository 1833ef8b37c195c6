//! How much of a file the registers understand, column by column: what a bulk run reports, and what says which names
//! are worth a line in a register.

use std::collections::BTreeMap;

use backtrail_bus::fold;
use backtrail_bus::gazetteer::Gazetteer;
use backtrail_bus::incident::{Incident, Place};
use backtrail_bus::registers::Registers;
use backtrail_bus::substance_register::Resolution as Meaning;
use backtrail_bus::unit;
use serde::Serialize;

use crate::format::Coded;

/// How many unresolved texts a column shows, the most frequent first.
const SHOWN: usize = 20;

/// The columns of a file, as far as they were read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resolution {
    drugs: Column,
    countries: Column,
    places: Column,
    units: Column,
    coded: BTreeMap<&'static str, Column>,
}

/// One column: each text with how often it came and what it was read as.
#[derive(Debug, Clone, Default)]
struct Column {
    texts: BTreeMap<String, (u64, Read)>,
}

/// What a text was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Read {
    kind: &'static str,
    is_resolved: bool,
}

impl Resolution {
    /// Counts what an incident's texts were read as. `coded` are the texts that the format turned into codes.
    pub(crate) fn add(&mut self, incident: &Incident, coded: &[Coded], registers: Registers<'_>) {
        for line in &incident.substances {
            self.drugs.add(&line.name, || drug(&line.name, registers));
            if let Some(unit) = line.quantity.as_ref().and_then(|quantity| quantity.unit.as_deref()) {
                self.units.add(unit, || self::unit(unit));
            }
        }
        let places = std::iter::once(&incident.place).chain(incident.route.iter().map(|leg| &leg.place));
        for place in places {
            self.add_country(place);
        }
        if let Some(name) = incident.place.name.as_deref().filter(|name| !names_nothing(name)) {
            // The same name may lie in many countries.
            let country = incident.place.country.map_or("?".to_owned(), |country| country.to_string());
            self.places.add(&format!("{country}: {}", name.trim()), || place(&incident.place));
        }
        for Coded { column, text, code } in coded {
            let read = Read { kind: code, is_resolved: true };
            self.coded.entry(column).or_default().add(text, || read);
        }
    }

    fn add_country(&mut self, place: &Place) {
        let code = place.country.map(|country| country.to_string());
        let Some(text) = place.country_reported.as_deref().or(code.as_deref()) else { return };
        if !names_nothing(text) {
            let kind = if place.country.is_some() { "country" } else { "unrecognised" };
            self.countries.add(text, || Read { kind, is_resolved: place.country.is_some() });
        }
    }

    /// The report on every column that had a text.
    pub(crate) fn report(&self) -> BTreeMap<&'static str, ColumnReport> {
        let own =
            [("drugs", &self.drugs), ("countries", &self.countries), ("places", &self.places), ("units", &self.units)];
        let columns = own.into_iter().chain(self.coded.iter().map(|(name, column)| (*name, column)));
        columns.filter(|(_, column)| !column.texts.is_empty()).map(|(name, column)| (name, column.report())).collect()
    }
}

/// What became of one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ColumnReport {
    /// Rows in which the column says something.
    pub rows: u64,
    pub resolved_rows: u64,
    /// `resolved_rows` of `rows`, 0 to 1.
    pub row_share: f64,
    pub distinct: u64,
    pub resolved_distinct: u64,
    pub distinct_share: f64,
    /// Rows by what they were read as.
    pub rows_by_kind: BTreeMap<&'static str, u64>,
    /// The most frequent texts that were not resolved.
    pub unresolved: Vec<TextCount>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TextCount {
    pub text: String,
    pub rows: u64,
}

impl Column {
    fn add(&mut self, text: &str, read: impl FnOnce() -> Read) {
        match self.texts.get_mut(text) {
            Some((rows, _)) => *rows += 1,
            None => drop(self.texts.insert(text.to_owned(), (1, read()))),
        }
    }

    fn report(&self) -> ColumnReport {
        let (mut rows, mut resolved_rows, mut resolved_distinct) = (0, 0, 0);
        let mut rows_by_kind = BTreeMap::new();
        let mut unresolved = Vec::new();
        for (text, (count, read)) in &self.texts {
            rows += count;
            *rows_by_kind.entry(read.kind).or_default() += count;
            if read.is_resolved {
                resolved_rows += count;
                resolved_distinct += 1;
            } else {
                unresolved.push(TextCount { text: text.clone(), rows: *count });
            }
        }
        unresolved.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.text.cmp(&b.text)));
        unresolved.truncate(SHOWN);
        let distinct = self.texts.len() as u64;
        ColumnReport {
            rows,
            resolved_rows,
            row_share: share(resolved_rows, rows),
            distinct,
            resolved_distinct,
            distinct_share: share(resolved_distinct, distinct),
            rows_by_kind,
            unresolved,
        }
    }
}

fn drug(name: &str, registers: Registers<'_>) -> Read {
    let meaning = registers.substances.resolve(name);
    let kind = match &meaning {
        Meaning::Entry(_) => "entry",
        Meaning::Family(_) => "family",
        Meaning::Ambiguous(_) => "ambiguous",
        Meaning::Unrecognised => "unrecognised",
    };
    Read { kind, is_resolved: meaning.family().is_some() }
}

fn unit(spelling: &str) -> Read {
    match unit::lookup(spelling) {
        Some(unit) => Read { kind: unit.measure.code(), is_resolved: true },
        None => Read { kind: "unrecognised", is_resolved: false },
    }
}

fn place(place: &Place) -> Read {
    match place.resolved.as_ref().filter(|resolved| resolved.coordinates.is_some()) {
        Some(_) => Read { kind: "coordinates", is_resolved: true },
        None => Read { kind: "unrecognised", is_resolved: false },
    }
}

/// True for what a file writes where nothing is known.
fn names_nothing(text: &str) -> bool {
    Gazetteer::names_nothing(&fold::words(text))
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}
