//! A trace in the language of Graphviz: `backtrail trace X --form graphviz | dot -Tsvg`.

use std::fmt::Write;

use backtrail_bus::trace::{Contradiction, Sibling, Trace, TraceNode};

use super::tree::{ask, spaced};

/// The trace as a directed graph; arrows go the way of the goods.
pub(crate) fn graphviz(trace: &Trace) -> String {
    let mut graph = String::from("digraph trace {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n");
    // Writing to a string cannot fail.
    let _ = writeln!(graph, "  labelloc=t; label=\"{}\";", quoted(&trace.handling.words()));
    add(trace, &trace.root, None, false, &mut graph);
    for Sibling { incident, with, shares, until, ask, .. } in &trace.siblings {
        let id = incident.incident_id;
        let name = incident.own_reference.clone().unwrap_or_else(|| id.to_string());
        let words = format!("may still be moving until {until}; ask {ask}");
        let label = [&name, &incident.headline, &words].map(quoted).join("\\n");
        let _ = writeln!(graph, "  \"{id}\" [label=\"{label}\", style=dotted];");
        let _ = writeln!(graph, "  \"{id}\" -> \"{with}\" [dir=none, style=dotted, label=\"{}\"];", quoted(shares));
    }
    for Contradiction { between: [earlier, later], words } in &trace.contradictions {
        let _ = writeln!(
            graph,
            "  \"{earlier}\" -> \"{later}\" [style=dashed, color=red, constraint=false, label=\"{}\"];",
            quoted(words)
        );
    }
    for (number, one) in trace.pointers.iter().enumerate() {
        let label = [format!("an incident of {}", one.agency), "that you may not read".to_owned(), ask(one)];
        let label = label.iter().map(quoted).collect::<Vec<_>>().join("\\n");
        let _ = writeln!(graph, "  \"pointer {number}\" [label=\"{label}\", style=dashed];");
        if let Some(id) = one.incident_id {
            let number_of_goods = quoted(&format!("{} {}", spaced(one.kind), one.value));
            let _ = writeln!(
                graph,
                "  \"pointer {number}\" -> \"{id}\" [dir=none, style=dashed, label=\"{number_of_goods}\"];"
            );
        }
    }
    graph.push_str("}\n");
    graph
}

/// `is_after`: the node came after `next_to`, not before it.
fn add(trace: &Trace, node: &TraceNode, next_to: Option<&TraceNode>, is_after: bool, graph: &mut String) {
    let incident = &node.incident;
    let id = incident.incident_id;
    let name = incident.own_reference.clone().unwrap_or_else(|| id.to_string());
    let label = [&name, &incident.headline, &format!("{}, {}", incident.occurred_at, incident.originator)].map(quoted);
    let is_origin = trace.likely_origin.as_ref().is_some_and(|origin| origin.incident_id == id);
    let style = match (next_to, is_origin) {
        (None, _) => ", style=filled, fillcolor=lightgrey",
        (_, true) => ", peripheries=2",
        _ => "",
    };
    let _ = writeln!(graph, "  \"{id}\" [label=\"{}\"{style}];", label.join("\\n"));
    if let (Some(next_to), Some(hop)) = (next_to, &node.hop) {
        let other = next_to.incident.incident_id;
        let (from, to) = if is_after { (other, id) } else { (id, other) };
        let evidence = hop.evidence.first().map(|evidence| quoted(&evidence.comparison)).unwrap_or_default();
        let _ = writeln!(graph, "  \"{from}\" -> \"{to}\" [label=\"{evidence}\\n{:.1} bits\"];", hop.bits);
    }
    node.upstream.iter().for_each(|next| add(trace, next, Some(node), false, graph));
    node.downstream.iter().for_each(|next| add(trace, next, Some(node), true, graph));
}

/// What strangers wrote, so that it ends no string.
fn quoted(text: &(impl AsRef<str> + ?Sized)) -> String {
    let clean = text.as_ref().chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.collect::<String>().replace('\\', "\\\\").replace('"', "\\\"")
}
