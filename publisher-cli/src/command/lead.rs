//! `backtrail lead`

use anyhow::Context as _;
use backtrail_bus::exit;
use backtrail_bus::id::LeadId;
use backtrail_bus::judgement::{Judgement, LeadState, Verdict};
use backtrail_bus::lead::Lead as Answer;
use backtrail_bus::query::{JudgeQuery, LeadQuery};

use crate::output::{evidence_line, incident_line, print_json, wrapped};
use crate::session::Session;

/// Show one lead with its members and its evidence, or judge it
///
/// Judgements are kept with their history; each is undone by its opposite. A dismissed lead is no longer listed, and its
/// evidence not followed in traces, until it gains three bits or somebody reopens it.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(crate) struct Lead {
    /// Id of the lead, as `leads` and `watch` show it
    #[arg(required = true)]
    lead: Option<LeadId>,
    #[command(subcommand)]
    action: Option<Action>,
}

const EXAMPLES: &str = "Examples:
  backtrail lead 0b8f6a52-9a0b-5c5e-9d63-0c3f6d1f2a11
  backtrail lead dismiss 0b8f6a52-9a0b-5c5e-9d63-0c3f6d1f2a11 --reason 'a forwarder'";

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Say that somebody looks at it
    Acknowledge(Judge),
    /// Say that it is right
    Confirm(Judge),
    /// Say that it is of no use, and why
    Dismiss(Judge),
    /// Take back an earlier verdict
    Reopen(Judge),
    /// Add a remark
    Note(Judge),
    /// Say who is to look at it
    Assign(Judge),
}

#[derive(Debug, clap::Args)]
struct Judge {
    lead: LeadId,
    /// Why; the remark of a note, the name of whom it is assigned to
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Who judges
    #[arg(long, value_name = "NAME", env = "USER")]
    by: Option<String>,
}

impl Lead {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let lead = match (self.action, self.lead) {
            (Some(action), _) => session.ask(&action.query()?).await?,
            (None, Some(lead_id)) => session.ask(&LeadQuery { lead_id }).await?,
            (None, None) => anyhow::bail!("no lead was named"),
        };
        if session.json {
            print_json(&lead)
        } else {
            print(&lead)
        }
        Ok(exit::DONE)
    }
}

impl Action {
    fn query(self) -> anyhow::Result<JudgeQuery> {
        let (verdict, judge) = match self {
            Self::Acknowledge(judge) => (Verdict::Acknowledged, judge),
            Self::Confirm(judge) => (Verdict::Confirmed, judge),
            Self::Dismiss(judge) => (Verdict::Dismissed, judge),
            Self::Reopen(judge) => (Verdict::Reopened, judge),
            Self::Note(judge) => (Verdict::Noted, judge),
            Self::Assign(judge) => (Verdict::Assigned, judge),
        };
        let Judge { lead, reason, by } = judge;
        let by = by.context("say who judges with --by")?;
        Ok(JudgeQuery { lead_id: lead, verdict, by, reason })
    }
}

fn print(lead: &Answer) {
    let state = if lead.state == LeadState::New { String::new() } else { format!("  {}", lead.state) };
    println!("{}  {:.1} bits  {} incidents{state}", lead.kind, lead.bits, lead.members.len());
    println!("{}", wrapped(&lead.shared, "  ", "  "));
    for member in &lead.members {
        println!("{}", incident_line(&member.incident));
        println!("{}", wrapped(&member.incident.headline, "  ", "  "));
        member.evidence.iter().for_each(|evidence| println!("{}", evidence_line(evidence, "  ")));
    }
    match &lead.closed_because {
        Some(reason) => println!("{}", wrapped(&format!("closed: {reason}"), "", "  ")),
        None => println!("{}", wrapped(&format!("to confirm: {}", lead.confirm_by), "", "  ")),
    }
    lead.history.iter().for_each(|judgement| println!("{}", judgement_line(judgement)));
    let dismissed = lead.history.iter().rev().find(|judgement| judgement.verdict == Verdict::Dismissed);
    if let (LeadState::Reopened, Some(dismissed)) = (lead.state, dismissed)
        && lead.bits > dismissed.bits
    {
        println!("it had {:.1} bits when it was dismissed, and has {:.1} now", dismissed.bits, lead.bits);
    }
}

/// A judgement in one wrapped paragraph.
pub(crate) fn judgement_line(judgement: &Judgement) -> String {
    let Judgement { verdict, at, by, reason, bits, .. } = judgement;
    let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    wrapped(&format!("{} {verdict} by {by} at {bits:.1} bits{reason}", at.strftime("%Y-%m-%d %H:%M")), "", "  ")
}
