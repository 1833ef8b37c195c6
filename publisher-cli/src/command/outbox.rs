//! `backtrail outbox`

use backtrail_bus::exit;
use backtrail_bus::outbox::{Entry, EntryState, Item};
use clap::Subcommand;
use serde_json::json;

use crate::outcome;
use crate::output::{entry_json, print_json};
use crate::session::Session;

/// Show what waits in the outbox, or send it
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtrail outbox flush")]
pub(crate) struct Outbox {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List what waits, oldest first
    #[command(after_help = "Example:\n  backtrail outbox list --all --limit 20")]
    List {
        /// List the newest entries, sent ones too
        #[arg(long)]
        all: bool,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Send what waits, in order
    #[command(after_help = "Example:\n  backtrail outbox flush")]
    Flush,
}

impl Outbox {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        match self.action.unwrap_or(Action::List { all: false, limit: 50 }) {
            Action::List { all, limit } => list(session, all, limit),
            Action::Flush => flush(session).await,
        }
    }
}

fn list(session: &Session, all: bool, limit: usize) -> anyhow::Result<u8> {
    let outbox = session.outbox()?;
    let (waiting, sent) = outbox.counts()?;
    let entries = if all { outbox.newest(limit)? } else { outbox.waiting(None, limit)? };
    if session.json {
        let entries: Vec<_> = entries.iter().map(entry_json).collect();
        print_json(&json!({ "waiting": waiting, "sent": sent, "entries": entries, "file": outbox.path() }));
        return Ok(exit::DONE);
    }
    println!("{waiting} waiting, {sent} sent  ({})", outbox.path().display());
    for entry in &entries {
        println!("{}", entry_line(entry));
    }
    Ok(exit::DONE)
}

async fn flush(session: &Session) -> anyhow::Result<u8> {
    let mut outbox = session.outbox()?;
    let (report, no_connection) = outcome::send(session, &mut outbox).await?;
    let problem = no_connection.map(|error| error.to_string()).or(report.interrupted.clone());
    let code = match (report.waiting, &problem) {
        (0, _) => exit::DONE,
        (_, Some(_)) => exit::TRY_LATER,
        (_, None) => exit::REFUSED,
    };
    if session.json {
        let held: Vec<_> = report
            .held
            .iter()
            .map(|(channel, held)| json!({ "channel": channel.to_string(), "entries": held.entries, "reason": held.reason }))
            .collect();
        print_json(&json!({ "sent": report.sent, "waiting": report.waiting, "held": held, "problem": problem }));
        return Ok(code);
    }
    println!("{} sent, {} still waiting", report.sent, report.waiting);
    for held in report.held.values() {
        println!("{} kept: {}", held.entries, held.reason);
    }
    if let Some(problem) = problem.filter(|_| report.waiting > 0) {
        println!("kept: {problem}");
    }
    Ok(code)
}

fn entry_line(entry: &Entry) -> String {
    let state = match &entry.state {
        EntryState::Sent { stream_sequence } => format!("SENT  no. {stream_sequence}"),
        EntryState::Waiting { problem: Some(problem) } => format!("KEPT  {problem}"),
        EntryState::Waiting { problem: None } => "KEPT  not tried yet".to_owned(),
    };
    let Entry { item, channel, queued_at, .. } = entry;
    let what = match item {
        Item::Incident { incident_id, revision } => format!("{incident_id}  revision {revision}"),
        Item::Event { thread_id } => format!("{thread_id}  thread"),
    };
    format!("{what}  {channel}  {queued_at:.0}  {state}")
}
