//! What is said about a request once there is one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use backtrail_bus::agency::AgencyId;
use backtrail_bus::channel::Channel;
use backtrail_bus::exchange::{
    Attachment, Body, ExchangeEvent, Feedback as Given, Origin, Outcome, Remark, Statement, Thread, Usefulness,
};
use backtrail_bus::id::{IncidentId, ThreadId};
use backtrail_bus::query::ThreadQuery;
use jiff::Timestamp;

use crate::event_outcome::{Said, post};
use crate::session::Session;

/// Who says what about which request.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  backtrail request answer 0198c2f4-5d6e-7a10-8b1c-2f3a4b5c6d7e --text 'see the report'"
)]
pub(super) struct Say {
    /// Id of the request
    request: ThreadId,
    /// The words
    #[arg(long, visible_alias = "reason", value_name = "TEXT")]
    text: Option<String>,
    /// A file to attach (may be given several times)
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// The other agency; needed only while the daemon cannot be asked
    #[arg(long, value_name = "AGENCY")]
    to: Option<AgencyId>,
    /// Who says it
    #[arg(long, value_name = "NAME", env = "USER")]
    by: String,
}

/// Say what an answer was good for, and what came of it
///
/// The other agencies whose incidents the request rested on are told the outcome in the same words, with their own
/// incidents and nothing else: neither the request nor who answered it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  backtrail request feedback 0198c2f4-5d6e-7a10-8b1c-2f3a4b5c6d7e --useful useful \\
    --outcome 'a laboratory was found, two arrests'")]
pub(super) struct Feedback {
    /// Id of the request
    request: ThreadId,
    /// Of what use the answer was: useful, partly-useful or not-useful
    #[arg(long, value_name = "USE")]
    useful: Usefulness,
    /// What came of it, told to every agency whose incidents helped
    #[arg(long, value_name = "TEXT")]
    outcome: String,
    /// For the agency that answered, alone
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Who says it
    #[arg(long, value_name = "NAME", env = "USER")]
    by: String,
}

/// Which command it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    Accept,
    Refuse,
    Clarify,
    Supplement,
    Partial,
    Answer,
    Remind,
    Close,
    Withdraw,
}

impl Say {
    pub(super) async fn run(self, session: &Session, act: Act) -> anyhow::Result<u8> {
        let body = act.body(self.text, &self.attach)?;
        let to = match self.to {
            Some(to) => to,
            None => {
                let thread = session.ask(&ThreadQuery { thread_id: self.request, at: None }).await?.thread;
                would_have_effect(session, &thread, &self.by, &body)?;
                counterpart(session, &thread)?
            }
        };
        let said = Said { thread_id: self.request, channel: Channel::Agency(to), body };
        post(session, &self.by, vec![said]).await
    }
}

impl Feedback {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let Self { request, useful, outcome, text, by } = self;
        let thread = session.ask(&ThreadQuery { thread_id: request, at: None }).await?.thread;
        let body = Body::FeedbackGiven(Given { usefulness: useful, outcome: outcome.clone(), text });
        would_have_effect(session, &thread, &by, &body)?;
        let to = counterpart(session, &thread)?;
        let mut helped: BTreeMap<&AgencyId, Vec<IncidentId>> = BTreeMap::new();
        for one in thread.basis.iter().flat_map(|basis| &basis.incidents) {
            // The addressee is told by the feedback itself.
            if one.originator != *session.agency() && one.originator != to {
                helped.entry(&one.originator).or_default().push(one.incident_id);
            }
        }
        let outcomes = helped.into_iter().map(|(agency, incidents)| Said {
            thread_id: ThreadId::generate(),
            channel: Channel::Agency(agency.clone()),
            body: Body::Outcome(Outcome { incidents, outcome: outcome.clone() }),
        });
        let feedback = Said { thread_id: request, channel: Channel::Agency(to.clone()), body };
        post(session, &by, std::iter::once(feedback).chain(outcomes).collect()).await
    }
}

impl Act {
    fn body(self, text: Option<String>, attach_paths: &[PathBuf]) -> anyhow::Result<Body> {
        if matches!(self, Self::Accept | Self::Remind | Self::Close) {
            if !attach_paths.is_empty() {
                bail!("found files to attach, expected none with this");
            }
            let remark = Remark { text };
            return Ok(match self {
                Self::Accept => Body::Accepted(remark),
                Self::Remind => Body::Reminded(remark),
                _ => Body::Closed(remark),
            });
        }
        let text = text.context("found no words, expected some with --text")?;
        let statement = Statement { text, attachments: attach(attach_paths)? };
        Ok(match self {
            Self::Refuse => Body::Refused(statement),
            Self::Clarify => Body::ClarificationAsked(statement),
            Self::Supplement => Body::Supplemented(statement),
            Self::Partial => Body::PartlyAnswered(statement),
            Self::Withdraw => Body::Withdrawn(statement),
            _ => Body::Answered(statement),
        })
    }
}

/// Reads files to attach.
pub(crate) fn attach(paths: &[PathBuf]) -> anyhow::Result<Vec<Attachment>> {
    let read = |path: &PathBuf| {
        let content = std::fs::read(path).with_context(|| path.display().to_string())?;
        let name = path.file_name().and_then(|name| name.to_str()).context("a file name that is not text")?;
        Ok(Attachment::new(name, media_type(name), &content)?)
    };
    paths.iter().map(read).collect()
}

/// By the name alone: whoever opens the file decides for themselves.
fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        "csv" => "text/csv",
        "json" => "application/json",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        _ => "application/octet-stream",
    }
}

/// Refuses what the thread, as the daemon knows it, does not allow now. Others may act at the same time: then the
/// hub's order decides.
pub(crate) fn would_have_effect(session: &Session, thread: &Thread, by: &str, body: &Body) -> anyhow::Result<()> {
    let origin =
        Origin { realm: session.realm(), from: session.agency().clone(), at: Timestamp::now(), by: by.to_owned() };
    let mut after = thread.clone();
    after.apply(ExchangeEvent::new(origin, thread.thread_id, body.clone())?, Timestamp::now());
    match after.history.last().and_then(|entry| entry.without_effect.as_deref()) {
        Some(reason) => bail!("nothing was posted: {reason}"),
        None => Ok(()),
    }
}

fn counterpart(session: &Session, thread: &Thread) -> anyhow::Result<AgencyId> {
    match &thread.channel {
        Channel::Agency(addressee) if thread.from == *session.agency() => Ok(addressee.clone()),
        Channel::Agency(_) => Ok(thread.from.clone()),
        Channel::Incidents(_) | Channel::Notices(_) => {
            bail!("{} is a notice to a circle, not a request", thread.thread_id)
        }
    }
}
