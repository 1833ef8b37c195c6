//! A trace as a tree for the terminal.

use std::collections::BTreeMap;

use backtrail_bus::incident::IdentifierKind;
use backtrail_bus::pointer::Pointer;
use backtrail_bus::trace::{Contradiction, Direction, Diversion, Hop, LikelyOrigin, Sibling, Trace, TraceNode};

use crate::output::{evidence_line, incident_line, wrapped};

/// The trace as a tree of 80 columns.
pub(crate) fn tree(trace: &Trace) -> String {
    let mut lines = String::new();
    let mut say = |line: &str| {
        lines.push_str(line);
        lines.push('\n');
    };
    say(&wrapped(&format!("handling {}", trace.handling.words()), "", "  "));
    say(&incident_line(&trace.root.incident));
    say(&wrapped(&trace.root.incident.headline, "  ", "  "));
    let is_both = trace.direction == Direction::Both;
    let sides = [
        (Direction::Upstream, "before it", "nothing upstream is known yet", &trace.root.upstream),
        (Direction::Downstream, "after it", "nothing downstream is known yet", &trace.root.downstream),
    ];
    for (direction, title, nothing, nodes) in sides {
        if trace.direction != direction && !is_both {
            continue;
        }
        if nodes.is_empty() {
            say(nothing);
        } else if is_both {
            say(title);
        }
        branches(nodes, "", &mut say);
    }
    for (rank, origin) in trace.origins().enumerate() {
        let LikelyOrigin { words, probability, path, .. } = origin;
        let label = if rank == 0 { "likely origin" } else { "or" };
        let hops = path.len().saturating_sub(1);
        let hops = if hops == 1 { "1 hop".to_owned() } else { format!("{hops} hops") };
        say(&wrapped(&format!("{label}: {words} ({:.0} %, {hops})", probability * 100.0), "", "  "));
    }
    if let Some(Diversion { place, party, why, .. }) = &trace.diversion {
        let place = place.as_deref().unwrap_or("a place that nobody named");
        let party = party.as_ref().map(|party| format!(", with {party:?}")).unwrap_or_default();
        say(&wrapped(&format!("likely diversion: at {place}{party}: {}", why.join("; ")), "", "  "));
    }
    let lists = [
        ("does not fit", trace.contradictions.iter().map(|told| contradiction(trace, told)).collect()),
        ("not known", trace.gaps.clone()),
        ("may still be moving", trace.siblings.iter().map(sibling).collect()),
        ("also known to", trace.pointers.iter().map(pointer).collect()),
        ("left out", trace.left_out.clone()),
    ];
    let lists: [(&str, Vec<String>); 5] = lists;
    for (label, list) in lists {
        list.iter().for_each(|words| say(&wrapped(&format!("{label}: {words}"), "", "  ")));
    }
    lines
}

/// How far the goods went in how many days.
pub(crate) fn passage(hop: &Hop) -> String {
    let days = if hop.days == 1 { "1 day".to_owned() } else { format!("{} days", hop.days) };
    hop.distance_km.map_or_else(|| days.clone(), |km| format!("{km:.0} km in {days}"))
}

/// What does not fit together, with the names of those of the two that the tree shows.
pub(crate) fn contradiction(trace: &Trace, told: &Contradiction) -> String {
    let mut names = BTreeMap::new();
    trace.root.each(&mut |TraceNode { incident, .. }| {
        let id = incident.incident_id;
        names.insert(id, incident.own_reference.clone().unwrap_or_else(|| id.to_string()));
    });
    let named: Vec<&str> = told.between.iter().filter_map(|id| names.get(id)).map(String::as_str).collect();
    format!("{}: {}", named.join(", "), told.words)
}

/// A shipment that may still be on its way, in words.
pub(crate) fn sibling(sibling: &Sibling) -> String {
    let Sibling { incident, shares, until, until_words, ask, .. } = sibling;
    format!(
        "{}: {}; shares {shares}; until {until} ({until_words}); ask {ask}",
        incident_line(incident),
        incident.headline
    )
}

/// Whom to ask about an incident that may not be read here, and how.
pub(crate) fn pointer(pointer: &Pointer) -> String {
    let Pointer { agency, kind, value, .. } = pointer;
    format!("{agency} has an incident with {} {value} that you may not read; {}", spaced(*kind), ask(pointer))
}

/// The command that asks.
pub(crate) fn ask(pointer: &Pointer) -> String {
    let Pointer { agency, kind, value, .. } = pointer;
    // A stranger wrote it, and what a shell could take for its own must not be copied into one.
    let value: String = value.chars().filter(|c| c.is_alphanumeric() || " -/.".contains(*c)).collect();
    format!("ask: backtrail request new --to {agency} --about '{kind}:{value}'")
}

/// The kind of a number in words.
pub(crate) fn spaced(kind: IdentifierKind) -> String {
    kind.code().replace('-', " ")
}

fn branches(nodes: &[TraceNode], indent: &str, say: &mut impl FnMut(&str)) {
    let last = nodes.len().saturating_sub(1);
    for (index, next) in nodes.iter().enumerate() {
        let is_last = index == last;
        let (branch, below) = if is_last { ("└─", "   ") } else { ("├─", "│  ") };
        say(&wrapped(&incident_line(&next.incident), &format!("{indent}{branch} "), &format!("{indent}{below}  ")));
        let inner = format!("{indent}{below}");
        say(&wrapped(&next.incident.headline, &format!("{inner}  "), &format!("{inner}  ")));
        if let Some(hop) = &next.hop {
            hop.evidence.iter().for_each(|evidence| say(&evidence_line(evidence, &inner)));
            let ask = format!("{}; ask {} for {}", passage(hop), hop.ask, hop.confirm_by);
            say(&wrapped(&ask, &inner, &format!("{inner}  ")));
        }
        let behind = if next.upstream.is_empty() { &next.downstream } else { &next.upstream };
        branches(behind, &inner, say);
    }
}
