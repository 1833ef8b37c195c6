//! What became of events that were posted to other agencies.

use backtrail_bus::channel::Channel;
use backtrail_bus::exchange::{Body, ExchangeEvent, Origin};
use backtrail_bus::exit;
use backtrail_bus::id::ThreadId;
use backtrail_bus::outbox::{Entry, EntryState};
use jiff::Timestamp;
use serde_json::json;

use crate::outcome;
use crate::output::print_json;
use crate::session::Session;

/// Something to be said: in which thread, to whom, what.
pub(crate) struct Said {
    pub thread_id: ThreadId,
    pub channel: Channel,
    pub body: Body,
}

/// Keeps all of it in the outbox, sends what waits there, says what became of it, and returns the exit code. The first
/// is what was asked for, and names the thread.
pub(crate) async fn post(session: &Session, by: &str, said: Vec<Said>) -> anyhow::Result<u8> {
    let mut events = Vec::with_capacity(said.len());
    for Said { thread_id, channel, body } in said {
        let origin =
            Origin { realm: session.realm(), from: session.agency().clone(), at: Timestamp::now(), by: by.to_owned() };
        let event = ExchangeEvent::new(origin, thread_id, body)?;
        let subject = event.subject(channel);
        events.push((event, subject));
    }
    let mut outbox = session.outbox()?;
    outbox.enqueue_events(&events, &session.signing_key()?)?;
    let (report, no_connection) = outcome::send(session, &mut outbox).await?;
    let mut waiting: Vec<Entry> = Vec::new();
    for (event, _) in &events {
        let entries = outbox.of_thread(event.thread_id)?.into_iter();
        waiting.extend(entries.filter(|entry| matches!(entry.state, EntryState::Waiting { .. })));
    }
    let held = waiting.iter().find_map(|entry| report.held.get(&entry.channel)).map(|held| held.reason.clone());
    let (state, code) = match (waiting.is_empty(), &held) {
        (true, _) => ("sent", exit::DONE),
        (false, Some(_)) => ("held", exit::REFUSED),
        (false, None) => ("waiting", exit::TRY_LATER),
    };
    let problem = held.or_else(|| no_connection.map(|error| error.to_string())).or(report.interrupted);
    let problem = problem.filter(|_| !waiting.is_empty());
    let (event, subject) = events.first().expect("something was to be said");
    if session.json {
        print_json(&json!({
            "thread_id": event.thread_id, "said": event.body.kind(), "to": subject.channel.to_string(),
            "state": state, "problem": problem, "waiting": report.waiting,
        }));
        return Ok(code);
    }
    let (what, to) = (event.body.kind().replace('-', " "), &subject.channel);
    match problem {
        None => println!("SENT  {}\n      {what}, stored by the hub for {to}", event.thread_id),
        Some(problem) => {
            println!("KEPT  {}\n      {what} for {to}: safe in the outbox, not sent yet: {problem}", event.thread_id);
            println!("      it goes out with the next command that connects, or `backtrail outbox flush`");
        }
    }
    Ok(code)
}
