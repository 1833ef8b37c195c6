//! Where the words that were asked for stand.

use backtrail_bus::fold;
use backtrail_bus::incident::Incident;
use rustc_hash::FxHashSet;

use super::super::catalogue::texts;

/// Words shown before the first that was found, and from it on.
const BEFORE: usize = 4;
const FROM: usize = 14;
/// The longest excerpt, in bytes.
const MAX_EXCERPT: usize = 200;

/// The place where most of `hits` stand, with some words around it.
pub(super) fn excerpt(incident: &Incident, hits: &FxHashSet<&str>) -> Option<String> {
    let best = texts(incident).filter_map(|text| {
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut found: FxHashSet<String> = FxHashSet::default();
        let mut first = None;
        for (place, word) in words.iter().enumerate() {
            let folded = fold::words(word);
            for part in folded.split(' ').filter(|part| hits.contains(part)) {
                found.insert(part.to_owned());
                first.get_or_insert(place);
            }
        }
        let first = first?;
        let (start, end) = (first.saturating_sub(BEFORE), words.len().min(first + FROM));
        let shown = words[start..end].join(" ");
        let cut = fold::cut(&shown, MAX_EXCERPT);
        let is_cut = end < words.len() || cut.len() < shown.len();
        let excerpt = format!("{}{cut}{}", if start > 0 { "... " } else { "" }, if is_cut { " ..." } else { "" });
        Some((found.len(), excerpt))
    });
    // Of equals the first: the narrative.
    best.reduce(|best, other| if other.0 > best.0 { other } else { best }).map(|(_, excerpt)| excerpt)
}
