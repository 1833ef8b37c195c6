//! Printing for people: 80 columns, one fact a line.

use backtrail_bus::judgement::LeadState;
use backtrail_bus::lead::{Evidence, IncidentSummary};
use backtrail_bus::outbox::{Entry, EntryState, Item};
use backtrail_bus::query::LeadLine;
use serde::Serialize;
use serde_json::json;

/// The width that lines are wrapped at, in columns.
const WIDTH: usize = 80;

/// Prints one line of JSON.
pub(crate) fn print_json<T: Serialize>(value: &T) {
    println!("{}", serde_json::to_string(value).expect("results are plain data"));
}

/// An outbox entry for a program.
pub(crate) fn entry_json(entry: &Entry) -> serde_json::Value {
    let (state, sequence, problem) = match &entry.state {
        EntryState::Sent { stream_sequence } => ("sent", Some(stream_sequence), None),
        EntryState::Waiting { problem } => ("waiting", None, problem.as_ref()),
    };
    let rest = json!({
        "state": state, "stream_sequence": sequence, "problem": problem, "queued_at": entry.queued_at,
    });
    let mut value = match entry.item {
        Item::Incident { incident_id, revision } => {
            json!({ "incident_id": incident_id, "revision": revision, "circle": entry.circle() })
        }
        Item::Event { thread_id } => json!({ "thread_id": thread_id, "channel": entry.channel.to_string() }),
    };
    if let (Some(value), serde_json::Value::Object(rest)) = (value.as_object_mut(), rest) {
        value.extend(rest);
    }
    value
}

/// Text wrapped to 80 columns; `first` begins the first line and `rest` the others.
pub(crate) fn wrapped(text: &str, first: &str, rest: &str) -> String {
    let options = textwrap::Options::new(WIDTH).initial_indent(first).subsequent_indent(rest);
    textwrap::fill(&defused(text), options)
}

/// What strangers wrote, without control characters, which a terminal would obey, and without marks that turn the
/// direction of the text around it.
pub(crate) fn defused(text: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { ' ' } else { c }).collect()
}

/// An incident's first line: what it is called, what, when, whose.
pub(crate) fn incident_line(incident: &IncidentSummary) -> String {
    let id = incident.incident_id.to_string();
    let name = incident.own_reference.as_deref().unwrap_or(&id);
    format!("{name}  {}  {}  {}", incident.kind, incident.occurred_at, incident.originator)
}

/// A lead in two lines.
pub(crate) fn lead_lines(lead: &LeadLine) -> String {
    let closed = if lead.is_open { "" } else { "  (closed)" };
    let state = if lead.state == LeadState::New { String::new() } else { format!("  {}", lead.state) };
    let when = if lead.first_day == lead.last_day {
        lead.first_day.clone()
    } else {
        format!("{} to {}", lead.first_day, lead.last_day)
    };
    // What was marked does not count.
    let bits = lead.bits_left.unwrap_or(lead.bits);
    let first = format!("{bits:>6.1} bits  {}  {} incidents  {when}{state}{closed}", lead.kind, lead.member_count);
    format!("{first}\n{}\n{:13}{}", wrapped(&lead.shared, &" ".repeat(13), &" ".repeat(13)), "", lead.lead_id)
}

/// Evidence in one wrapped paragraph.
pub(crate) fn evidence_line(evidence: &Evidence, indent: &str) -> String {
    let text = format!("{:+.1} bits  {}", evidence.bits, evidence.words);
    wrapped(&text, indent, &" ".repeat(indent.len() + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_and_defuses() {
        let text = wrapped(&"word ".repeat(40), "- ", "  ");
        assert!(text.lines().count() > 2);
        assert!(text.lines().all(|line| line.len() <= WIDTH));
        assert_eq!(defused("exe\u{202e}gpj"), "exe gpj");
        assert!(!wrapped("red \u{1b}[31m", "", "").contains('\u{1b}'));
    }
}
