//! `backtrail lead`

use std::str::FromStr;

use anyhow::Context as _;
use backtrail_bus::exit;
use backtrail_bus::id::LeadId;
use backtrail_bus::judgement::{EvidenceMark, Judgement, LeadState, MarkedAs, MarkedEvidence, Verdict, in_force};
use backtrail_bus::lead::{Evidence, Lead as Answer, Member};
use backtrail_bus::query::{JudgeQuery, LeadQuery};

use crate::output::{evidence_line, incident_line, print_json, wrapped};
use crate::session::Session;

/// Show one lead with its members and its evidence, or judge it
///
/// Judgements are kept with their history, and so is what undoes them. A dismissed lead is no longer listed, and its
/// evidence not followed in traces, until it gains three bits or somebody reopens it. Evidence that is marked no longer
/// counts: a lead that would not have been opened without it is set aside, like a dismissed one.
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
  backtrail lead dismiss 0b8f6a52-9a0b-5c5e-9d63-0c3f6d1f2a11 --reason 'a forwarder'
  backtrail lead mark 0b8f6a52-9a0b-5c5e-9d63-0c3f6d1f2a11 --evidence 2.1 \\
      --as same-name-other-company --reason 'registered in Antwerp, not in Lagos'";

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
    /// Say that a piece of its evidence does not count, and why
    Mark(Mark),
    /// Take back the last judgement, or the one with a number
    Undo(Undo),
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

#[derive(Debug, clap::Args)]
struct Mark {
    /// Which evidence: its number in the lead, such as 2.1, or `shared` for what all members share
    #[arg(long, value_name = "NUMBER|shared")]
    evidence: Which,
    /// What it is in truth
    #[arg(long = "as", value_name = "WHAT", value_parser = marked_as)]
    marked_as: MarkedAs,
    #[command(flatten)]
    judge: Judge,
}

#[derive(Debug, clap::Args)]
struct Undo {
    /// Number of the judgement, as the lead shows it
    #[arg(long)]
    number: Option<u32>,
    #[command(flatten)]
    judge: Judge,
}

/// Evidence as the lead numbers it.
#[derive(Debug, Clone, Copy)]
enum Which {
    Shared,
    /// Numbers of the member and of its evidence, from 1.
    Numbered(usize, usize),
}

impl FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("found {text:?}, expected a number such as 2.1, or shared");
        if text == "shared" {
            return Ok(Self::Shared);
        }
        let (member, evidence) = text.split_once('.').ok_or_else(expected)?;
        let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number > 0).ok_or_else(expected);
        Ok(Self::Numbered(number(member)?, number(evidence)?))
    }
}

fn marked_as(text: &str) -> Result<MarkedAs, String> {
    text.parse()
}

impl Lead {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let lead = match (self.action, self.lead) {
            (Some(action), _) => session.ask(&action.query(session).await?).await?,
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
    async fn query(self, session: &Session) -> anyhow::Result<JudgeQuery> {
        let (verdict, judge, mark, undoes) = match self {
            Self::Acknowledge(judge) => (Verdict::Acknowledged, judge, None, None),
            Self::Confirm(judge) => (Verdict::Confirmed, judge, None, None),
            Self::Dismiss(judge) => (Verdict::Dismissed, judge, None, None),
            Self::Reopen(judge) => (Verdict::Reopened, judge, None, None),
            Self::Note(judge) => (Verdict::Noted, judge, None, None),
            Self::Assign(judge) => (Verdict::Assigned, judge, None, None),
            Self::Undo(Undo { number, judge }) => (Verdict::Undone, judge, None, number),
            Self::Mark(Mark { evidence, marked_as, judge }) => {
                let evidence = meant(evidence, judge.lead, session).await?;
                (Verdict::Marked, judge, Some(EvidenceMark { evidence, marked_as }), None)
            }
        };
        let Judge { lead, reason, by } = judge;
        let by = by.context("say who judges with --by")?;
        Ok(JudgeQuery { lead_id: lead, verdict, by, reason, mark, undoes })
    }
}

/// The evidence that has a number now: what is marked is its value, which stays what it is when members come.
async fn meant(which: Which, lead_id: LeadId, session: &Session) -> anyhow::Result<MarkedEvidence> {
    let Which::Numbered(member, evidence) = which else { return Ok(MarkedEvidence::Shared) };
    let lead = session.ask(&LeadQuery { lead_id }).await?;
    let found = lead.members.get(member - 1).and_then(|found| Some((found, found.evidence.get(evidence - 1)?)));
    let (member, evidence) = found
        .with_context(|| format!("found no evidence {member}.{evidence}; `backtrail lead {lead_id}` numbers it"))?;
    Ok(MarkedEvidence::Member {
        incident_id: member.incident.incident_id,
        comparison: evidence.comparison.clone(),
        found: evidence.found.clone(),
    })
}

fn print(lead: &Answer) {
    let state = if lead.state == LeadState::New { String::new() } else { format!("  {}", lead.state) };
    let left = lead.bits_left.map(|bits| format!(" ({bits:.1} without what was marked)")).unwrap_or_default();
    println!("{}  {:.1} bits{left}  {} incidents{state}", lead.kind, lead.bits, lead.members.len());
    println!("{}", wrapped(&lead.shared, "  ", "  "));
    if let Some(stop_value) = &lead.stop_value {
        println!("{}", wrapped(&format!("stop value: {stop_value}"), "  ", "    "));
    }
    let shared = in_force(&lead.history).find(|judgement| mark_of(judgement) == Some(&MarkedEvidence::Shared));
    if let Some(judgement) = shared {
        println!("{}", wrapped(&marked_by(judgement), "  ", "    "));
    }
    for (number, member) in (1..).zip(&lead.members) {
        let id = member.incident.incident_id;
        let news = lead.news.as_ref().filter(|news| news.came.contains(&id));
        let new = news.map(|news| format!("  (new since no. {})", news.since)).unwrap_or_default();
        println!("{}{new}", incident_line(&member.incident));
        println!("{}", wrapped(&member.incident.headline, "  ", "  "));
        for (evidence, place) in member.evidence.iter().zip(1..) {
            print_evidence(lead, member, evidence, &format!("{number}.{place}"));
        }
    }
    match &lead.closed_because {
        Some(reason) => println!("{}", wrapped(&format!("closed: {reason}"), "", "  ")),
        None => println!("{}", wrapped(&format!("to confirm: {}", lead.confirm_by), "", "  ")),
    }
    lead.history.iter().for_each(|judgement| println!("{}", judgement_line(judgement)));
    if let Some(news) = &lead.news {
        let (came, revised) = (news.came.len(), news.revised.len());
        let bits = lead.bits_left.unwrap_or(lead.bits);
        println!("since no. {}: {came} incidents came, {revised} were revised", news.since);
        println!("it had {:.1} bits then, and has {bits:.1} now", news.bits_before);
    }
}

/// Evidence with its number; what was marked is struck out, with who did it and why.
fn print_evidence(lead: &Answer, member: &Member, evidence: &Evidence, number: &str) {
    let is_of = |judgement: &&Judgement| match mark_of(judgement) {
        Some(MarkedEvidence::Member { incident_id, comparison, found }) => {
            *incident_id == member.incident.incident_id
                && *comparison == evidence.comparison
                && *found == evidence.found
        }
        _ => false,
    };
    let Some(judgement) = in_force(&lead.history).find(is_of) else {
        println!("{}", evidence_line(evidence, &format!("  {number}  ")));
        return;
    };
    let struck = format!("  {number}  struck out: ");
    println!("{}", wrapped(&format!("{:+.1} bits  {}", evidence.bits, evidence.words), &struck, "         "));
    println!("{}", wrapped(&marked_by(judgement), "       ", "         "));
}

fn mark_of(judgement: &Judgement) -> Option<&MarkedEvidence> {
    judgement.mark.as_ref().map(|mark| &mark.evidence)
}

/// Who marked evidence as what, and why.
fn marked_by(judgement: &Judgement) -> String {
    let Judgement { at, by, reason, mark, number, .. } = judgement;
    let what = mark.as_ref().map_or("nothing", |mark| mark.marked_as.code());
    let reason = reason.as_deref().unwrap_or_default();
    format!("marked as {} by {by}, {} (no. {number}): {reason}", what.replace('-', " "), at.strftime("%Y-%m-%d"))
}

/// A judgement in one wrapped paragraph.
pub(crate) fn judgement_line(judgement: &Judgement) -> String {
    let Judgement { number, verdict, at, by, reason, bits, mark, undoes, .. } = judgement;
    let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let what = match (mark, undoes) {
        (Some(EvidenceMark { evidence: MarkedEvidence::Shared, marked_as }), _) => {
            format!(" what all share as {marked_as}")
        }
        (Some(EvidenceMark { evidence: MarkedEvidence::Member { comparison, found, .. }, marked_as }), _) => {
            format!(" {comparison} {found:?} as {marked_as}")
        }
        (None, Some(undone)) => format!(" no. {undone}"),
        (None, None) => String::new(),
    };
    let at = at.strftime("%Y-%m-%d %H:%M");
    wrapped(&format!("{number}. {at} {verdict}{what} by {by} at {bits:.1} bits{reason}"), "", "  ")
}
