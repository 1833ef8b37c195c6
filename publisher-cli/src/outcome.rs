//! What became of a post, said so that nobody has to wonder.

use backtrail_bus::connection::{ConnectError, Connection};
use backtrail_bus::exit;
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::Finding;
use backtrail_bus::outbox::{Entry, EntryState, FlushReport, Outbox, flush};
use serde::Serialize;

use crate::session::Session;

/// One revision of an incident, after trying to send it.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    pub incident_id: IncidentId,
    pub revision: u32,
    pub state: State,
    pub circles: Vec<CircleOutcome>,
    pub warnings: Vec<Finding>,
    /// Why it has not gone out, if it has not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// All that waits in the outbox now.
    pub waiting: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// The hub has stored it for every circle.
    Sent,
    /// Safe in the outbox, and will go out later.
    Waiting,
    /// Safe in the outbox, but the hub does not take it as it is.
    Held,
}

#[derive(Debug, Serialize)]
pub(crate) struct CircleOutcome {
    pub circle: String,
    /// Where the hub's stream keeps it, once it does.
    pub stream_sequence: Option<u64>,
}

/// Sends what waits in the outbox; without a connection nothing is lost, and the reason is returned.
pub(crate) async fn send(
    session: &Session,
    outbox: &mut Outbox,
) -> anyhow::Result<(FlushReport, Option<ConnectError>)> {
    match session.connect().await {
        Ok(connection) => Ok((send_over(&connection, outbox).await?, None)),
        Err(error) => {
            let waiting = outbox.waiting_count()?;
            Ok((FlushReport { waiting, ..FlushReport::default() }, Some(error)))
        }
    }
}

async fn send_over(connection: &Connection, outbox: &mut Outbox) -> anyhow::Result<FlushReport> {
    let mut report = flush(outbox, connection, |_| {}).await?;
    if let (Some(interrupted), Some(refusal)) = (&mut report.interrupted, connection.last_refusal()) {
        interrupted.push_str(&format!(" (the server says: {refusal})"));
    }
    Ok(report)
}

impl Outcome {
    /// Sends everything that waits, then looks what became of this revision.
    pub(crate) async fn after_sending(
        session: &Session,
        outbox: &mut Outbox,
        incident_id: IncidentId,
        revision: u32,
        warnings: Vec<Finding>,
    ) -> anyhow::Result<Self> {
        let (report, no_connection) = send(session, outbox).await?;
        let entries: Vec<Entry> = outbox
            .of_incident(incident_id)?
            .into_iter()
            .filter(|entry| entry.incident() == Some((incident_id, revision)))
            .collect();
        let is_sent = |entry: &Entry| matches!(entry.state, EntryState::Sent { .. });
        let held = entries.iter().filter(|entry| !is_sent(entry)).find_map(|entry| report.held.get(&entry.channel));
        let (state, problem) = match (entries.iter().all(is_sent), held) {
            (true, _) => (State::Sent, None),
            (false, Some(held)) => (State::Held, Some(held.reason.clone())),
            (false, None) => {
                let problem = no_connection.map(|error| error.to_string()).or(report.interrupted);
                (State::Waiting, Some(problem.unwrap_or_else(|| "entries before it wait as well".to_owned())))
            }
        };
        let circles = entries
            .iter()
            .map(|entry| CircleOutcome {
                circle: entry.circle().map(ToString::to_string).unwrap_or_default(),
                stream_sequence: match entry.state {
                    EntryState::Sent { stream_sequence } => Some(stream_sequence),
                    EntryState::Waiting { .. } => None,
                },
            })
            .collect();
        Ok(Self { incident_id, revision, state, circles, warnings, problem, waiting: report.waiting })
    }

    /// Prints it and returns the exit code.
    pub(crate) fn print(&self, json: bool) -> u8 {
        if json {
            println!("{}", serde_json::to_string(self).expect("an outcome is plain data"));
        } else {
            self.print_words();
        }
        match self.state {
            State::Sent => exit::DONE,
            State::Waiting => exit::TRY_LATER,
            State::Held => exit::REFUSED,
        }
    }

    fn print_words(&self) {
        let Self { incident_id, revision, .. } = self;
        let which = if *revision == 1 { incident_id.to_string() } else { format!("{incident_id} revision {revision}") };
        let problem = self.problem.as_deref().unwrap_or_default();
        match self.state {
            State::Sent => {
                let stored = |outcome: &CircleOutcome| {
                    format!("{} (no. {})", outcome.circle, outcome.stream_sequence.unwrap_or_default())
                };
                let circles: Vec<String> = self.circles.iter().map(stored).collect();
                println!("SENT  {which}");
                println!("      stored by the hub for circle {}", circles.join(", "));
            }
            State::Waiting => {
                println!("KEPT  {which}");
                println!("      safe in the outbox, not sent yet: {problem}");
                println!("      it goes out with the next command that connects, or `backtrail outbox flush`");
            }
            State::Held => {
                println!("KEPT  {which}");
                println!("      safe in the outbox, but the hub did not take it: {problem}");
                println!("      `backtrail circles` lists the circles that this agency may post to");
            }
        }
        for warning in &self.warnings {
            println!("check {warning}");
        }
    }
}
