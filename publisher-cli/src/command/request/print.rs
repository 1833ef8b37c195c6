//! Requests for people, and their files.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use backtrail_bus::agency::AgencyId;
use backtrail_bus::channel::Channel;
use backtrail_bus::exchange::{Attachment, Body, Entry, Request, Shipment, Side, Thread, ThreadState};
use backtrail_bus::incident::Party;
use backtrail_bus::query::{AttachmentQuery, ThreadAnswer, ThreadLine};
use jiff::Timestamp;

use crate::output::{incident_line, wrapped};
use crate::session::Session;

/// A thread in three lines.
pub(crate) fn line(line: &ThreadLine, own: &AgencyId) -> String {
    let ThreadLine { kind, from, channel, state, title, .. } = line;
    let with = match channel {
        Channel::Agency(to) if from == own => format!("to {to}"),
        Channel::Agency(_) => format!("from {from}"),
        channel => format!("from {from} to {channel}"),
    };
    let turn = match (line.waits_for, from == own) {
        (Side::Opener, true) | (Side::Addressee, false) => "  (your turn)",
        _ => "",
    };
    let clock = clock(line);
    format!("{kind} {with}  {state}{clock}{turn}\n{}\n  {}", wrapped(title, "  ", "  "), line.thread_id)
}

/// A thread with all that was said.
pub(crate) fn thread(answer: &ThreadAnswer, own: &AgencyId) {
    println!("{}", line(&answer.line, own));
    let thread = &answer.thread;
    if let Some(request) = thread.request() {
        print_request(request);
    }
    if let Some(basis) = thread.basis.as_ref().filter(|_| thread.from == *own) {
        let lead = basis.lead_id.map(|lead| format!("lead {lead}, ")).unwrap_or_default();
        println!(
            "{}",
            wrapped(&format!("it rests on {lead}{} incidents (told to nobody)", basis.incidents.len()), "", "  ")
        );
    }
    match thread.opening() {
        Body::Alert(alert) => {
            println!("{}", wrapped(&alert.text, "  ", "  "));
            print_shipment(&alert.shipment);
        }
        Body::PreExport(notification) => {
            notification.text.iter().for_each(|text| println!("{}", wrapped(text, "  ", "  ")));
            print_shipment(&notification.shipment);
        }
        _ => {}
    }
    thread.history.iter().for_each(print_entry);
    answer.known.iter().for_each(|words| println!("{}", wrapped(words, "* ", "  ")));
    for correlation in &answer.correlations {
        println!("* {}", incident_line(&correlation.incident));
        println!("{}", wrapped(&correlation.incident.headline, "  ", "    "));
        correlation.because.iter().for_each(|words| println!("{}", wrapped(words, "  + ", "    ")));
    }
}

/// Saves the files of a thread under their own names. A file that is there stays, whatever it holds.
pub(crate) async fn save_attachments(session: &Session, thread: &Thread, dir: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    for file in thread.history.iter().flat_map(|entry| entry.event.body.attachments()) {
        let query = AttachmentQuery { thread_id: thread.thread_id, sha256: file.sha256.clone() };
        let answer = session.ask(&query).await?;
        // The name is checked again here: a daemon is another program.
        let content = answer.bytes()?;
        let checked = Attachment::new(&file.name, &file.media_type, &content)?;
        anyhow::ensure!(checked.sha256 == file.sha256, "the daemon gave another file than {:?}", file.name);
        let path = dir.join(&checked.name);
        let saved = File::create_new(&path).and_then(|mut new| new.write_all(&content));
        saved.with_context(|| path.display().to_string())?;
        eprintln!("saved {}", path.display());
    }
    Ok(())
}

fn clock(line: &ThreadLine) -> String {
    match line.due {
        Some(due) if line.is_overdue => format!("  OVERDUE since {}", minute(due)),
        Some(due) if line.state.is_unanswered() => format!("  due {}", minute(due)),
        _ if line.kind == "request" && line.state == ThreadState::Sent => "  not received yet".to_owned(),
        _ => String::new(),
    }
}

fn print_request(request: &Request) {
    let part = |name: &str, text: &str| println!("{}", wrapped(text, &format!("{name:<13}"), &" ".repeat(13)));
    let contact = &request.requester;
    let contact = [Some(&contact.authority), contact.person.as_ref(), contact.phone.as_ref(), contact.email.as_ref()];
    part("asks", &contact.into_iter().flatten().cloned().collect::<Vec<_>>().join(", "));
    part("measure", &request.measure);
    request.precautionary.iter().for_each(|measure| part("at once", &format!("{measure} (waits for nothing)")));
    part("object", &request.object);
    part("reason", &request.reason);
    request.laws.iter().for_each(|law| part("law", law));
    request.persons.iter().for_each(|party| part("person", &person(party)));
    request.facts.lines().for_each(|line| part("facts", line));
    request.enquiries.iter().for_each(|text| part("enquiries", text));
    for identifier in &request.identifiers {
        part("number", &format!("{} {}", identifier.kind, identifier.value));
    }
    if !request.handling.is_empty() {
        part("handling", &format!("{:?}", request.handling));
    }
}

fn print_shipment(shipment: &Shipment) {
    for line in &shipment.substances {
        let quantity = line.quantity.as_ref().map(|quantity| format!("{quantity} ")).unwrap_or_default();
        println!("{}", wrapped(&format!("{quantity}{}", line.name), "  ", "    "));
    }
    shipment.parties.iter().for_each(|party| println!("{}", wrapped(&person(party), "  ", "    ")));
    for leg in &shipment.route {
        let country = leg.place.country.map(|country| country.as_str().to_owned());
        let place = [leg.place.name.clone(), country].into_iter().flatten().collect::<Vec<_>>().join(", ");
        println!("{}", wrapped(&format!("{} {place}", leg.role), "  ", "    "));
    }
    for identifier in &shipment.identifiers {
        println!("{}", wrapped(&format!("{} {}", identifier.kind, identifier.value), "  ", "    "));
    }
}

fn person(party: &Party) -> String {
    let country = party.country.map(|country| country.as_str().to_owned());
    let rest = [party.address.clone(), country, party.phone.clone(), party.email.clone(), party.id_number.clone()];
    let rest = rest.into_iter().flatten().map(|text| format!(", {text}")).collect::<String>();
    format!("{} {:?}{rest}", party.role, party.name)
}

fn print_entry(entry: &Entry) {
    let event = &entry.event;
    let text = match &event.body {
        Body::Refused(said) | Body::ClarificationAsked(said) | Body::Supplemented(said) => Some(said.text.as_str()),
        Body::PartlyAnswered(said) | Body::Answered(said) | Body::Withdrawn(said) => Some(said.text.as_str()),
        Body::Accepted(remark) | Body::Reminded(remark) => remark.text.as_deref(),
        Body::Closed(remark) | Body::Acknowledged(remark) => remark.text.as_deref(),
        Body::Objected(said) => Some(said.text.as_str()),
        Body::Arrived(arrival) => arrival.text.as_deref(),
        Body::FeedbackGiven(feedback) => Some(feedback.outcome.as_str()),
        Body::Outcome(outcome) => Some(outcome.outcome.as_str()),
        _ => None,
    };
    let what = event.body.kind().replace('-', " ");
    let text = text.map(|text| format!(": {text}")).unwrap_or_default();
    let first = format!("{} {what} by {} of {}{text}", minute(entry.stored_at), event.by, event.from);
    println!("{}", wrapped(&first, "", "  "));
    if let Body::FeedbackGiven(feedback) = &event.body {
        println!("{}", wrapped(&format!("the answer was {}", feedback.usefulness), "  ", "  "));
        feedback.text.iter().for_each(|text| println!("{}", wrapped(text, "  ", "  ")));
    }
    for Attachment { name, media_type, size, sha256, .. } in event.body.attachments() {
        println!("{}", wrapped(&format!("file {name:?}, {media_type}, {size} bytes, SHA-256 {sha256}"), "  ", "    "));
    }
    if let Some(reason) = &entry.without_effect {
        println!("{}", wrapped(&format!("without effect: {reason}"), "  ", "    "));
    }
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%MZ").to_string()
}
