//! A trace as a tree for the terminal.

use backtrail_bus::trace::{Direction, Diversion, LikelyOrigin, Trace, TraceNode};

use crate::output::{evidence_line, incident_line, wrapped};

/// The trace as a tree of 80 columns.
pub(crate) fn tree(trace: &Trace) -> String {
    let mut lines = String::new();
    let mut say = |line: &str| {
        lines.push_str(line);
        lines.push('\n');
    };
    say(&incident_line(&trace.root.incident));
    say(&wrapped(&trace.root.incident.headline, "  ", "  "));
    branches(&trace.root, "", &mut say);
    if trace.hops == 0 {
        say(match trace.direction {
            Direction::Upstream => "nothing upstream is known yet",
            Direction::Downstream => "nothing downstream is known yet",
        });
    }
    for (rank, origin) in trace.origins().enumerate() {
        let LikelyOrigin { words, probability, path, .. } = origin;
        let label = if rank == 0 { "likely origin" } else { "or" };
        let hops = path.len().saturating_sub(1);
        say(&wrapped(&format!("{label}: {words} ({:.0} %, {hops} hops)", probability * 100.0), "", "  "));
    }
    if let Some(Diversion { place, party, why, .. }) = &trace.diversion {
        let place = place.as_deref().unwrap_or("a place that nobody named");
        let party = party.as_ref().map(|party| format!(", with {party:?}")).unwrap_or_default();
        say(&wrapped(&format!("likely diversion: at {place}{party}: {}", why.join("; ")), "", "  "));
    }
    for gap in &trace.gaps {
        say(&wrapped(&format!("not known: {gap}"), "", "  "));
    }
    for left_out in &trace.left_out {
        say(&wrapped(&format!("left out: {left_out}"), "", "  "));
    }
    lines
}

fn branches(node: &TraceNode, indent: &str, say: &mut impl FnMut(&str)) {
    let last = node.next().count().saturating_sub(1);
    for (index, next) in node.next().enumerate() {
        let is_last = index == last;
        let (branch, below) = if is_last { ("└─", "   ") } else { ("├─", "│  ") };
        say(&format!("{indent}{branch} {}", incident_line(&next.incident)));
        let inner = format!("{indent}{below}");
        say(&wrapped(&next.incident.headline, &format!("{inner}  "), &format!("{inner}  ")));
        if let Some(hop) = &next.hop {
            hop.evidence.iter().for_each(|evidence| say(&evidence_line(evidence, &inner)));
            let ask = format!("ask {} for {}", hop.ask, hop.confirm_by);
            say(&wrapped(&ask, &inner, &format!("{inner}  ")));
        }
        branches(next, &inner, say);
    }
}
