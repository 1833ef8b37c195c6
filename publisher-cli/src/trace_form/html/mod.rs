//! A trace as a report in one file: an answer, a map, a timeline, each hop with its evidence, and what is not known.
//!
//! It needs no network and no script. Everything that an incident says is hostile and is escaped; the content security
//! policy allows this one style sheet, by its hash, and nothing else.

mod map;
mod timeline;

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

use backtrail_bus::id::IncidentId;
use backtrail_bus::trace::{Direction, Trace, TraceNode};
use data_encoding::BASE64;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::tree::{ask, contradiction, passage, spaced};
use crate::output::defused;

const STYLE: &str = include_str!("report.css");

/// An incident of the trace with its number in the report.
struct Stop<'t> {
    number: usize,
    node: &'t TraceNode,
    /// The number of the incident that it is next to; 0 at the root.
    next_to: usize,
    /// It came after that, not before it.
    is_after: bool,
    /// It and its hop are on the path to the likely origin.
    is_on_path: bool,
}

/// The whole report.
pub(crate) fn html(trace: &Trace, made_at: Timestamp) -> String {
    let stops = stops(trace);
    let mut page = String::with_capacity(64 * 1024);
    head(trace, &mut page);
    summary(trace, &stops, made_at, &mut page);
    answer(trace, &stops, &mut page);
    page.push_str("<h2>Map</h2>\n");
    map::map(&stops, &mut page);
    page.push_str("<h2>Timeline</h2>\n");
    timeline::timeline(&stops, &mut page);
    incidents(&stops, &mut page);
    hops(&stops, &mut page);
    open_questions(trace, &mut page);
    page.push_str("</td></tr></tbody></table>\n</body>\n</html>\n");
    page
}

/// Text of strangers as text of a page: nothing in it is markup, and nothing turns what stands around it.
fn text(value: impl Display) -> String {
    let mut safe = String::new();
    for c in defused(&value.to_string()).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Adds to the page; writing to a string cannot fail.
macro_rules! put {
    ($page:expr, $($arguments:tt)*) => { let _ = writeln!($page, $($arguments)*); };
}
use put;

/// All incidents, the root first, then in the order of the tree.
fn stops(trace: &Trace) -> Vec<Stop<'_>> {
    let path: Vec<IncidentId> = trace.likely_origin.iter().flat_map(|origin| origin.path.clone()).collect();
    let mut stops = vec![Stop { number: 1, node: &trace.root, next_to: 0, is_after: false, is_on_path: true }];
    let mut next = 0;
    while next < stops.len() {
        let (node, number) = (stops[next].node, stops[next].number);
        let sides = [(&node.upstream, false), (&node.downstream, true)];
        for (node, is_after) in sides.into_iter().flat_map(|(nodes, is_after)| nodes.iter().map(move |n| (n, is_after)))
        {
            let ids = [stops[next].node, node].map(|node| node.incident.incident_id);
            let is_on_path = path.windows(2).any(|pair| pair == ids);
            stops.push(Stop { number: stops.len() + 1, node, next_to: number, is_after, is_on_path });
        }
        next += 1;
    }
    stops
}

fn name(node: &TraceNode) -> String {
    let incident = &node.incident;
    incident.own_reference.clone().unwrap_or_else(|| incident.incident_id.to_string())
}

fn head(trace: &Trace, page: &mut String) {
    let hash = BASE64.encode(&Sha256::digest(STYLE));
    put!(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">");
    put!(
        page,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; \
         base-uri 'none'; form-action 'none'\">"
    );
    put!(page, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    put!(page, "<title>Trace of {}</title>", text(name(&trace.root)));
    put!(page, "<style>{STYLE}</style>\n</head>\n<body>");
    // A table's head is repeated on every printed page.
    put!(
        page,
        "<table class=\"sheet\"><thead><tr><th><div class=\"handling\">Handling <span>{}</span></div></th>\
         </tr></thead><tbody><tr><td>",
        text(trace.handling.words())
    );
}

fn summary(trace: &Trace, stops: &[Stop<'_>], made_at: Timestamp, page: &mut String) {
    let root = &trace.root.incident;
    put!(page, "<h1>Trace of {}</h1>", text(name(&trace.root)));
    put!(
        page,
        "<p>{}, {}, reported by {}: {}</p>",
        text(root.kind.to_string().replace('-', " ")),
        text(&root.occurred_at),
        text(&root.originator),
        text(&root.headline)
    );
    let way = match trace.direction {
        Direction::Upstream => "what came before it",
        Direction::Downstream => "what came after it",
        Direction::Both => "what came before it and what came after it",
    };
    let made = made_at.strftime("%Y-%m-%d %H:%M UTC");
    let as_of = trace.as_of.map(|day| format!(", as of {day}")).unwrap_or_default();
    put!(
        page,
        "<p class=\"dim\">Shows {way}: {}, {}{as_of}. Made on {made} from incidents that the asking agency \
         may read. A hop is a hypothesis with its evidence in bits (the base-2 logarithm of a likelihood ratio); it is no \
         proof, and says what would confirm it.</p>",
        counted(stops.len(), "incident"),
        counted(stops.len() - 1, "hop")
    );
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn answer(trace: &Trace, stops: &[Stop<'_>], page: &mut String) {
    let numbers: BTreeMap<IncidentId, usize> =
        stops.iter().map(|stop| (stop.node.incident.incident_id, stop.number)).collect();
    let number = |id: &IncidentId| numbers.get(id).map(|number| format!(" (no. {number})")).unwrap_or_default();
    put!(page, "<div class=\"answer\"><dl>");
    for (rank, origin) in trace.origins().enumerate() {
        let label = if rank == 0 { "Likely origin" } else { "Or" };
        let hops = origin.path.len().saturating_sub(1);
        let (percent, bits) = (origin.probability * 100.0, origin.bits);
        put!(
            page,
            "<dt>{label}: {percent:.0} %</dt><dd>{}{}; {} back, {bits:.1} bits</dd>",
            text(&origin.words),
            number(&origin.incident_id),
            counted(hops, "hop")
        );
    }
    if let Some(diversion) = &trace.diversion {
        let place = diversion.place.as_deref().unwrap_or("a place that nobody named");
        let party = diversion.party.as_ref().map(|party| format!(", with \"{party}\"")).unwrap_or_default();
        put!(
            page,
            "<dt>Likely point of diversion or relabelling</dt><dd>{}{}, after{} and before{}: {}</dd>",
            text(place),
            text(party),
            number(&diversion.after),
            number(&diversion.before),
            text(diversion.why.join("; "))
        );
    }
    if trace.hops == 0 {
        put!(page, "<dt>Nothing is known yet</dt><dd>No incident that may be read here leads on from this one.</dd>");
    }
    put!(page, "</dl></div>");
}

fn badge(stop: &Stop<'_>) -> String {
    let class = if stop.next_to == 0 { "number root" } else { "number" };
    format!("<span class=\"{class}\">{}</span>", stop.number)
}

fn incidents(stops: &[Stop<'_>], page: &mut String) {
    put!(page, "<h2>Incidents</h2>\n<table class=\"list\"><tr><th></th><th>Reference</th><th>Date</th><th>What</th>");
    put!(page, "<th>Agency</th><th>Handling</th></tr>");
    for stop in stops {
        let incident = &stop.node.incident;
        let codes: Vec<&str> = stop.node.handling.codes().iter().map(|code| code.code()).collect();
        put!(
            page,
            "<tr><td>{}</td><td class=\"narrow\">{}</td><td class=\"narrow\">{}</td><td>{}: {}</td><td class=\"short\">{}</td><td class=\"short\">{}</td></tr>",
            badge(stop),
            text(name(stop.node)),
            text(incident.occurred_at.to_string().replace('T', " ")),
            text(incident.kind.to_string().replace('-', " ")),
            text(&incident.headline),
            text(&incident.originator),
            codes.join(", ")
        );
    }
    put!(page, "</table>");
}

fn hops(stops: &[Stop<'_>], page: &mut String) {
    if stops.len() > 1 {
        put!(page, "<h2>Hops and their evidence</h2>");
    }
    for stop in stops {
        let Some(hop) = &stop.node.hop else { continue };
        let other = &stops[stop.next_to - 1];
        let (earlier, later) = if stop.is_after { (other, stop) } else { (stop, other) };
        let path = if stop.is_on_path { ", on the path to the likely origin" } else { "" };
        put!(
            page,
            "<section class=\"hop\"><h3>{} {} &rarr; {} {}</h3><p class=\"dim\">{:.1} bits, {}{path}</p>\
             <table class=\"list\">",
            badge(earlier),
            text(name(earlier.node)),
            badge(later),
            text(name(later.node)),
            hop.bits,
            passage(hop)
        );
        for evidence in &hop.evidence {
            let class = if evidence.bits < 0.0 { " class=\"against\"" } else { "" };
            let (bits, comparison, words) = (evidence.bits, text(&evidence.comparison), text(&evidence.words));
            put!(
                page,
                "<tr{class}><td>{bits:+.1} bits</td><td class=\"narrow\">{comparison}</td><td>{words}</td></tr>"
            );
        }
        put!(
            page,
            "</table><p><b>To confirm:</b> {}. <b>Ask:</b> {}.</p></section>",
            text(&hop.confirm_by),
            text(&hop.ask)
        );
    }
}

fn open_questions(trace: &Trace, page: &mut String) {
    if !trace.siblings.is_empty() {
        put!(page, "<h2>Shipments that may still be on their way</h2>\n<table class=\"list\"><tr><th>Until</th>");
        put!(page, "<th>Shipment</th><th>Shares</th><th>Ask</th></tr>");
        for sibling in &trace.siblings {
            let incident = &sibling.incident;
            let id = incident.incident_id.to_string();
            put!(
                page,
                "<tr><td>{} <span class=\"dim\">({})</span></td><td>{}, {}: {}</td><td>{}</td><td>{}</td></tr>",
                sibling.until,
                text(&sibling.until_words),
                text(incident.own_reference.as_deref().unwrap_or(&id)),
                text(&incident.occurred_at),
                text(&incident.headline),
                text(&sibling.shares),
                text(&sibling.ask)
            );
        }
        put!(page, "</table>");
    }
    if !trace.pointers.is_empty() {
        put!(page, "<h2>Incidents of others that may not be read here</h2>\n<table class=\"list\"><tr><th>Agency</th>");
        put!(page, "<th>Has an incident with</th><th>How to ask</th></tr>");
        for one in &trace.pointers {
            put!(
                page,
                "<tr><td>{}</td><td>{} {}</td><td><code>{}</code></td></tr>",
                text(&one.agency),
                text(spaced(one.kind)),
                text(&one.value),
                text(ask(one).trim_start_matches("ask: "))
            );
        }
        put!(page, "</table>");
    }
    let contradictions: Vec<String> = trace.contradictions.iter().map(|told| contradiction(trace, told)).collect();
    for (title, list) in [
        ("What does not fit together", &contradictions),
        ("What nobody has reported", &trace.gaps),
        ("What was left out", &trace.left_out),
    ] {
        if !list.is_empty() {
            put!(page, "<h2>{title}</h2>\n<ul>");
            list.iter().for_each(|words| {
                put!(page, "<li>{}</li>", text(words));
            });
            put!(page, "</ul>");
        }
    }
}
