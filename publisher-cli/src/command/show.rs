//! `backtrail show`

use backtrail_bus::agency::AgencyId;
use backtrail_bus::exit;
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::{Draft, Incident};
use backtrail_bus::outbox::{Entry, EntryState};
use backtrail_bus::query::{IncidentAnswer, IncidentQuery, IncidentRef, QueryError, ThreadLine, ThreadsQuery, ask};
use serde_json::json;

use crate::command::request::print::line;
use crate::current::local_id;
use crate::output::{entry_json, incident_line, lead_lines, print_json, wrapped};
use crate::session::{Session, incident_ref};

/// Show an incident: whether it went out, what it says, what came of it
///
/// What this outbox knows is shown without any connection; the rest comes from the agency's daemon.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtrail show NLC-2026-0412")]
pub(crate) struct Show {
    /// Id or own reference of the incident
    incident: String,
    /// Print only the draft of the current revision, for editing and `backtrail amend`
    #[arg(long)]
    draft: bool,
}

impl Show {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let wanted = incident_ref(&self.incident);
        let outbox = session.outbox()?;
        let id = local_id(&outbox, &wanted)?;
        let entries = id.map_or(Ok(Vec::new()), |id| outbox.of_incident(id))?;
        let answer = held(session, &id.map_or(wanted, IncidentRef::Id)).await;
        let daemon_problem = answer.as_ref().err().map(|error| format!("{error:#}"));
        let is_unknown = matches!(&answer, Err(error) if matches!(error.downcast_ref(), Some(QueryError::NotFound(_))));
        let answer = match answer {
            Ok(answer) => Some(answer),
            // Nothing here and nobody to ask: the reason is the answer.
            Err(error) if entries.is_empty() => return Err(error),
            Err(_) => None,
        };
        let threads = match &answer {
            Some(answer) => about(session, answer.summary.incident_id).await,
            None => Vec::new(),
        };
        if self.draft {
            print_draft(answer.as_ref(), &entries)?;
        } else if session.json {
            print_json(&json!({
                "outbox": entries.iter().map(entry_json).collect::<Vec<_>>(),
                "held": answer,
                "threads": threads,
                "daemon": daemon_problem,
            }));
        } else {
            print_words(&entries, answer.as_ref(), is_unknown, daemon_problem.as_deref());
            threads.iter().for_each(|thread| print_thread(thread, session.agency()));
        }
        Ok(exit::DONE)
    }
}

async fn held(session: &Session, wanted: &IncidentRef) -> anyhow::Result<IncidentAnswer> {
    let connection = session.connect().await?;
    Ok(ask(&connection, session.realm(), &IncidentQuery { incident: wanted.clone() }).await?)
}

/// Requests and outcomes that are about an incident. What else there is to show does not wait for them.
async fn about(session: &Session, incident: IncidentId) -> Vec<ThreadLine> {
    let Ok(connection) = session.connect().await else { return Vec::new() };
    let query = ThreadsQuery { about: Some(incident), limit: 20, ..ThreadsQuery::default() };
    ask(&connection, session.realm(), &query).await.map(|answer| answer.threads).unwrap_or_default()
}

fn print_thread(thread: &ThreadLine, own: &AgencyId) {
    println!("{}", line(thread, own));
    thread
        .outcome
        .iter()
        .for_each(|outcome| println!("{}", wrapped(&format!("what came of it: {outcome}"), "  ", "    ")));
}

fn print_draft(answer: Option<&IncidentAnswer>, entries: &[Entry]) -> anyhow::Result<()> {
    let revision = |entry: &Entry| entry.incident().map_or(0, |(_, revision)| revision);
    let local = entries.iter().max_by_key(|entry| revision(entry));
    let payload = match (answer, local) {
        (Some(answer), Some(local)) if revision(local) > answer.summary.revision => &local.envelope.payload[..],
        (Some(answer), _) => answer.incident.get().as_bytes(),
        (None, Some(local)) => &local.envelope.payload,
        (None, None) => unreachable!("without either there was an error before"),
    };
    let draft = Draft::from_incident(&Incident::read(payload)?);
    println!("{}", serde_json::to_string_pretty(&draft.to_value())?);
    Ok(())
}

fn print_words(entries: &[Entry], answer: Option<&IncidentAnswer>, is_unknown: bool, problem: Option<&str>) {
    for entry in entries {
        let (Some((_, revision)), Some(circle)) = (entry.incident(), entry.circle()) else { continue };
        match &entry.state {
            EntryState::Sent { stream_sequence } => {
                println!("SENT  revision {revision} to circle {circle}, stored by the hub as no. {stream_sequence}");
            }
            EntryState::Waiting { problem } => {
                let problem = problem.as_deref().unwrap_or("not tried yet");
                println!("KEPT  revision {revision} to circle {circle}, not sent yet: {problem}");
            }
        }
    }
    let Some(answer) = answer else {
        let problem =
            if is_unknown { "the daemon has not seen it yet" } else { problem.unwrap_or("no daemon answers") };
        println!("what came of it is not known now: {problem}");
        return;
    };
    println!("{}", incident_line(&answer.summary));
    println!("{}", wrapped(&answer.summary.headline, "  ", "  "));
    let pretty = serde_json::from_str::<serde_json::Value>(answer.incident.get())
        .and_then(|value| serde_json::to_string_pretty(&value));
    if let Ok(pretty) = pretty {
        println!("{pretty}");
    }
    if answer.leads.is_empty() {
        println!("no lead yet");
    } else {
        println!("in {} leads:", answer.leads.len());
        answer.leads.iter().for_each(|lead| println!("{}", lead_lines(lead)));
    }
}
