//! Which texts of an incident are looked through for words.

use backtrail_bus::fold;
use backtrail_bus::incident::{Incident, Party, Place};
use rustc_hash::FxHashSet;

/// The most different words of one incident that are held; a narrative of 20,000 characters has about 1,500.
const MAX_WORDS: usize = 2_000;
/// Shorter words say nothing.
const MIN_WORD: usize = 2;

/// Every text that somebody wrote: the narrative first, then names, goods, marks, places and substances. Identifiers and
/// references are found by themselves.
pub(in super::super) fn texts(incident: &Incident) -> impl Iterator<Item = &str> {
    let own = [&incident.narrative, &incident.operation].into_iter().flatten();
    let goods = incident.goods.iter().filter_map(|goods| goods.description.as_ref());
    let packaging =
        incident.packaging.iter().flat_map(|packaging| [&packaging.kind, &packaging.marks, &packaging.logo]);
    let concealment = incident.concealment.iter().flat_map(|hidden| [&hidden.place, &hidden.description]);
    let detection = incident.detection.iter().flat_map(|detection| [&detection.reason, &detection.technique]);
    let parties = incident.parties.iter().flat_map(|Party { name, address, .. }| [Some(name), address.as_ref()]);
    let carriers = incident.route.iter().map(|leg| leg.carrier.as_ref());
    let substances =
        incident.substances.iter().flat_map(|line| [Some(&line.name), line.form.as_ref(), line.logo.as_ref()]);
    let places = std::iter::once(&incident.place).chain(incident.route.iter().map(|leg| &leg.place));
    let places = places.flat_map(|Place { name, division, .. }| [name, division]);
    let written = packaging.chain(concealment).chain(detection).flatten();
    let named = parties.chain(carriers).chain(substances).flatten().chain(places.flatten());
    own.chain(goods).chain(written).chain(named).map(String::as_str)
}

/// The different folded words of all texts.
pub(in super::super) fn words_of(incident: &Incident) -> FxHashSet<String> {
    let mut words = FxHashSet::default();
    for text in texts(incident) {
        let folded = fold::words(text);
        for word in folded.split(' ').filter(|word| word.len() >= MIN_WORD) {
            if words.len() < MAX_WORDS && !words.contains(word) {
                words.insert(word.to_owned());
            }
        }
    }
    words
}
