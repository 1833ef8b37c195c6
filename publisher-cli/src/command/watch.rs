//! `backtrail watch`

use anyhow::Context as _;
use async_nats::jetstream::consumer::{DeliverPolicy, pull};
use backtrail_bus::alert::AlertNotice;
use backtrail_bus::connection::Connection;
use backtrail_bus::exit;
use backtrail_bus::judgement::{DAEMON, JudgementEvent, LeadState, Verdict};
use backtrail_bus::lead::{IncidentSummary, LeadChange, LeadEvent};
use backtrail_bus::query::{LeadQuery, StopsQuery, ask};
use backtrail_bus::stop_value::{StopChange, StopEvent, StopState};
use backtrail_bus::{stream, subject};
use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};

use crate::command::alert::notice_lines;
use crate::command::lead::judgement_line;
use crate::output::{evidence_line, incident_line, print_json, wrapped};
use crate::session::Session;

/// Watch leads as they open or come back, until Ctrl-C
///
/// Nothing is missed between `--since` and now: lead events are kept on the agency's own stream. `--incidents` is a
/// live view of what the daemon accepts, from now on. `--alerts` shows what alerts find, without marking it as read.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtrail watch --since 24h")]
pub(crate) struct Watch {
    /// Begin with what happened before now: a duration such as 24h or 30m, or `all`
    #[arg(long, value_name = "TIME", conflicts_with = "incidents", value_parser = since)]
    since: Option<Since>,
    /// Show every change of a lead, not only that it opened
    #[arg(long, conflicts_with_all = ["incidents", "alerts"])]
    all_changes: bool,
    /// Show what alerts find
    #[arg(long, conflicts_with = "incidents")]
    alerts: bool,
    /// Show incidents as the daemon accepts them
    #[arg(long)]
    incidents: bool,
    /// Stop after so many lines
    #[arg(long, value_name = "COUNT")]
    count: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
enum Since {
    Everything,
    Ago(SignedDuration),
}

impl Watch {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let connection = session.connect().await?;
        let watching = async {
            match (self.incidents, self.alerts) {
                (true, _) => self.incidents(session, &connection).await,
                (_, true) => self.alerts(session, &connection).await,
                _ => self.leads(session, &connection).await,
            }
        };
        tokio::select! {
            result = watching => result?,
            _ = tokio::signal::ctrl_c() => {}
        }
        Ok(exit::DONE)
    }

    /// Reads a stream of the own account from where it was asked for.
    async fn messages(&self, name: &str, connection: &Connection) -> anyhow::Result<pull::Ordered> {
        let found = connection
            .own()
            .get_stream(name)
            .await
            .with_context(|| format!("no stream {name} in this agency's account; has its daemon ever run?"))?;
        let deliver_policy = match self.since {
            None => DeliverPolicy::New,
            Some(Since::Everything) => DeliverPolicy::All,
            Some(Since::Ago(duration)) => {
                let seconds = Timestamp::now().as_second() - duration.as_secs();
                DeliverPolicy::ByStartTime { start_time: time::OffsetDateTime::from_unix_timestamp(seconds)? }
            }
        };
        let config = pull::OrderedConfig { deliver_policy, ..pull::OrderedConfig::default() };
        Ok(found.create_consumer(config).await?.messages().await?)
    }

    async fn alerts(&self, session: &Session, connection: &Connection) -> anyhow::Result<()> {
        let mut messages = self.messages(stream::alerts(session.realm()), connection).await?;
        let mut shown = 0;
        while self.count.is_none_or(|count| shown < count) {
            let Some(message) = messages.next().await else { break };
            let notice: AlertNotice = serde_json::from_slice(&message?.payload).context("what an alert found")?;
            shown += 1;
            if session.json { print_json(&notice) } else { println!("{}", notice_lines(&notice)) }
        }
        Ok(())
    }

    async fn leads(&self, session: &Session, connection: &Connection) -> anyhow::Result<()> {
        let mut messages = self.messages(stream::leads(session.realm()), connection).await?;
        // Events say what the evidence says; what is silenced, the daemon knows. Without one, everything is shown.
        let mut has_stops = match ask(connection, session.realm(), &StopsQuery::default()).await {
            Ok(answer) => answer.stops.iter().any(|line| line.state == StopState::InForce),
            Err(_) => false,
        };
        let mut shown = 0;
        while self.count.is_none_or(|count| shown < count) {
            let Some(message) = messages.next().await else { break };
            let message = message?;
            if let Ok(event) = serde_json::from_slice::<JudgementEvent>(&message.payload) {
                let came_back = event.judgement.verdict == Verdict::Reopened && event.judgement.by == DAEMON;
                if self.all_changes || came_back {
                    shown += 1;
                    if session.json { print_json(&event) } else { print_judgement(&event) }
                }
                continue;
            }
            if let Ok(event) = serde_json::from_slice::<StopEvent>(&message.payload) {
                has_stops |= event.step.change == StopChange::Approved;
                if self.all_changes {
                    shown += 1;
                    if session.json { print_json(&event) } else { print_stop(&event) }
                }
                continue;
            }
            let event: LeadEvent = serde_json::from_slice(&message.payload).context("a lead event")?;
            if !self.all_changes && event.change != LeadChange::Opened {
                continue;
            }
            if !self.all_changes && has_stops && is_stopped(&event, session, connection).await {
                continue;
            }
            shown += 1;
            if session.json { print_json(&event) } else { print_event(&event) }
        }
        Ok(())
    }

    async fn incidents(&self, session: &Session, connection: &Connection) -> anyhow::Result<()> {
        let mut accepted = connection.client.subscribe(subject::all_accepted(session.realm())).await?;
        let mut shown = 0;
        while self.count.is_none_or(|count| shown < count) {
            let Some(message) = accepted.next().await else { break };
            let incident: IncidentSummary = serde_json::from_slice(&message.payload).context("an incident")?;
            shown += 1;
            if session.json {
                print_json(&incident);
            } else {
                println!("{}\n{}", incident_line(&incident), wrapped(&incident.headline, "  ", "  "));
            }
        }
        Ok(())
    }
}

/// True if what the lead's members share is a stop value now.
async fn is_stopped(event: &LeadEvent, session: &Session, connection: &Connection) -> bool {
    let question = LeadQuery { lead_id: event.lead_id };
    ask(connection, session.realm(), &question).await.is_ok_and(|lead| lead.state == LeadState::Stopped)
}

fn print_judgement(event: &JudgementEvent) {
    println!("judged  {}", event.lead_id);
    println!("  {}", judgement_line(&event.judgement));
}

fn print_stop(event: &StopEvent) {
    let StopEvent { stop_id, value, until, step } = event;
    println!("stop value {}  {stop_id}", step.change);
    println!("{}", wrapped(&format!("{value}, by {}, until {until}", step.by), "  ", "  "));
}

fn print_event(event: &LeadEvent) {
    let LeadEvent { change, kind, bits, member_count, lead_id, .. } = event;
    println!("{change}  {bits:.1} bits  {kind}  {member_count} incidents  {lead_id}");
    println!("{}", wrapped(&event.shared, "  ", "  "));
    for member in &event.members {
        println!("  {}", incident_line(&member.incident));
        println!("{}", wrapped(&member.incident.headline, "    ", "    "));
        member.evidence.iter().for_each(|evidence| println!("{}", evidence_line(evidence, "    ")));
    }
    if let Some(reason) = &event.closed_because {
        println!("{}", wrapped(&format!("closed: {reason}"), "  ", "  "));
    } else {
        println!("{}", wrapped(&format!("to confirm: {}", event.confirm_by), "  ", "  "));
    }
}

fn since(text: &str) -> Result<Since, String> {
    if text == "all" {
        return Ok(Since::Everything);
    }
    let duration: SignedDuration =
        text.parse().map_err(|_| format!("found {text:?}, expected a duration such as 24h or 30m, or all"))?;
    Ok(Since::Ago(duration))
}
