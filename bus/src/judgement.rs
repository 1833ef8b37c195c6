//! What people make of leads: events beside those of the machine, on the agency's own stream.
//!
//! A judgement never changes what the evidence says. It is numbered for itself, lead by lead, so that a daemon that is
//! built anew from the hub makes the same lead events again and reads the judgements from its own stream.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{IncidentId, LeadId};
use crate::incident::code_list;

code_list! {
    /// What somebody did with a lead. Each can be undone, and the history keeps both.
    Verdict {
        /// Somebody looks at it.
        Acknowledged = "acknowledged",
        Confirmed = "confirmed",
        /// It is of no use; the reason says why. It comes back with enough new evidence.
        Dismissed = "dismissed",
        /// An earlier verdict no longer holds.
        Reopened = "reopened",
        /// A remark that changes nothing.
        Noted = "noted",
        /// Somebody is to look at it; the reason names who.
        Assigned = "assigned",
        /// A piece of its evidence does not count; the mark says which and the reason why.
        Marked = "marked",
        /// An earlier judgement is taken back, as if it had not been made.
        Undone = "undone",
    }
}

code_list! {
    /// What a marked piece of evidence is in truth.
    MarkedAs {
        /// Who forwards or declares for thousands.
        Forwarder = "forwarder",
        /// The hub, shop or drop of a courier or a post.
        Courier = "courier",
        SameNameOtherCompany = "same-name-other-company",
        /// Neighbours, or customers of one mail drop.
        SharedAddress = "shared-address",
        /// The name or number of somebody who knows nothing of it.
        MisusedIdentity = "misused-identity",
        /// Misread or mistyped.
        Mistake = "mistake",
        Coincidence = "coincidence",
    }
}

code_list! {
    /// Where a lead stands with the people who work on it.
    LeadState {
        /// Nobody has judged it.
        New = "new",
        Acknowledged = "acknowledged",
        Confirmed = "confirmed",
        Dismissed = "dismissed",
        /// It was judged, and is to be looked at again: somebody said so, or it gained enough bits since it was
        /// dismissed.
        Reopened = "reopened",
        /// Without the evidence that was marked it would not have been opened. Nobody is shown it unasked, as if it had
        /// been dismissed, until it gains enough bits.
        SetAside = "set-aside",
        /// What its members share is a stop value in force.
        Stopped = "stopped",
    }
}

/// Bits that a dismissed lead must gain to be shown again: eight times the odds.
pub const REOPENING_BITS: f64 = 3.0;
/// The longest reason, in characters.
pub const MAX_REASON: usize = 1_000;
/// Who judges where a daemon says that a dismissed lead has come back.
pub const DAEMON: &str = "the daemon";

/// Evidence of a lead that somebody marked, and as what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceMark {
    pub evidence: MarkedEvidence,
    #[serde(rename = "as")]
    pub marked_as: MarkedAs,
}

/// Which evidence of a lead is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum MarkedEvidence {
    /// What all members share, so that nothing of the lead is left.
    Shared,
    /// One comparison of one member, as long as this is what was found there.
    Member { incident_id: IncidentId, comparison: String, found: String },
}

/// One judgement of one lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// 1 for the first of a lead, then without gaps.
    pub number: u32,
    pub verdict: Verdict,
    pub at: Timestamp,
    /// Who judged.
    pub by: String,
    /// Always there for what was dismissed, noted, assigned or marked.
    #[serde(default)]
    pub reason: Option<String>,
    /// What the lead weighed then without marked evidence, in bits; without what this judgement marked, too.
    pub bits: f64,
    /// What was marked.
    #[serde(default)]
    pub mark: Option<EvidenceMark>,
    /// Number of the judgement that was undone.
    #[serde(default)]
    pub undoes: Option<u32>,
    /// The members that it had when it was dismissed or marked, with their revisions, so that what came later can be told.
    #[serde(default)]
    pub members: BTreeMap<IncidentId, u32>,
    /// The number of the lead's last event then.
    #[serde(default)]
    pub version: u32,
}

/// A judgement as an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgementEvent {
    pub lead_id: LeadId,
    pub judgement: Judgement,
}

impl JudgementEvent {
    /// The id under which it is published.
    pub fn event_id(&self) -> String {
        format!("{}.judged.{}", self.lead_id, self.judgement.number)
    }
}

impl Verdict {
    /// True if it must say why.
    pub fn needs_reason(self) -> bool {
        matches!(self, Self::Dismissed | Self::Noted | Self::Assigned | Self::Marked)
    }
}

/// The judgements of a history that were not undone, in order.
pub fn in_force(history: &[Judgement]) -> impl DoubleEndedIterator<Item = &Judgement> {
    let undone: BTreeSet<u32> = history.iter().filter_map(|judgement| judgement.undoes).collect();
    history.iter().filter(move |judgement| judgement.verdict != Verdict::Undone && !undone.contains(&judgement.number))
}

impl LeadState {
    /// Where a lead stands after `history`, which is in order, if it weighs so many bits without marked evidence.
    pub fn of(history: &[Judgement], bits: f64) -> Self {
        let Some(last) = last_verdict(history) else { return Self::New };
        match last.verdict {
            Verdict::Acknowledged => Self::Acknowledged,
            Verdict::Confirmed => Self::Confirmed,
            Verdict::Dismissed if bits >= last.bits + REOPENING_BITS => Self::Reopened,
            Verdict::Dismissed => Self::Dismissed,
            _ => Self::Reopened,
        }
    }

    /// True for leads that are listed only where they are asked for, and not followed in traces.
    pub fn is_hidden(self) -> bool {
        matches!(self, Self::Dismissed | Self::SetAside | Self::Stopped)
    }
}

/// The judgement in force that says where a lead stands.
pub fn last_verdict(history: &[Judgement]) -> Option<&Judgement> {
    let is_verdict = |judgement: &&Judgement| match judgement.verdict {
        Verdict::Acknowledged | Verdict::Confirmed | Verdict::Dismissed | Verdict::Reopened => true,
        Verdict::Noted | Verdict::Assigned | Verdict::Marked | Verdict::Undone => false,
    };
    in_force(history).rev().find(is_verdict)
}

/// What hid a lead last, its dismissal or a mark: what came since is new.
pub fn came_back_from(history: &[Judgement]) -> Option<&Judgement> {
    in_force(history).rev().find(|judgement| matches!(judgement.verdict, Verdict::Dismissed | Verdict::Marked))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A history of verdicts at 10 bits; an undoing names what it undoes.
    fn history(verdicts: &[(Verdict, Option<u32>)]) -> Vec<Judgement> {
        let judgement = |(number, (verdict, undoes)): (u32, &(Verdict, Option<u32>))| Judgement {
            number,
            verdict: *verdict,
            at: Timestamp::UNIX_EPOCH,
            by: "an analyst".to_owned(),
            reason: None,
            bits: 10.0,
            mark: None,
            undoes: *undoes,
            members: BTreeMap::new(),
            version: 1,
        };
        (1..).zip(verdicts).map(judgement).collect()
    }

    #[test]
    fn the_last_verdict_counts_until_the_lead_grows() {
        let check = |verdicts: &[Verdict], bits: f64, expected: LeadState| {
            let verdicts: Vec<_> = verdicts.iter().map(|verdict| (*verdict, None)).collect();
            assert_eq!(LeadState::of(&history(&verdicts), bits), expected, "{verdicts:?}");
        };
        check(&[], 10.0, LeadState::New);
        check(&[Verdict::Noted], 10.0, LeadState::New);
        check(&[Verdict::Acknowledged, Verdict::Confirmed, Verdict::Noted], 10.0, LeadState::Confirmed);
        check(&[Verdict::Dismissed, Verdict::Marked], 12.9, LeadState::Dismissed);
        check(&[Verdict::Dismissed], 13.0, LeadState::Reopened);
        check(&[Verdict::Dismissed, Verdict::Reopened], 10.0, LeadState::Reopened);
    }

    #[test]
    fn what_was_undone_was_never_said() {
        use Verdict::{Acknowledged, Dismissed, Reopened, Undone};
        let check = |verdicts: &[(Verdict, Option<u32>)], expected: LeadState| {
            assert_eq!(LeadState::of(&history(verdicts), 10.0), expected, "{verdicts:?}");
        };
        check(&[(Acknowledged, None), (Dismissed, None), (Undone, Some(2))], LeadState::Acknowledged);
        check(&[(Acknowledged, None), (Dismissed, None), (Undone, Some(2)), (Undone, Some(1))], LeadState::New);
        check(&[(Dismissed, None), (Reopened, None), (Undone, Some(2))], LeadState::Dismissed);
        check(&[(Dismissed, None), (Undone, Some(1)), (Dismissed, None)], LeadState::Dismissed);
    }

    #[test]
    fn what_earlier_versions_wrote_is_read() {
        let event = r#"{"lead_id":"0b8f6a52-9a0b-5c5e-9d63-0c3f6d1f2a11","judgement":{"number":1,
            "verdict":"acknowledged","at":"2026-11-01T00:00:00Z","by":"A","reason":null,"bits":10.0}}"#;
        let event: JudgementEvent = serde_json::from_str(event).unwrap();
        assert_eq!((event.judgement.mark, event.judgement.undoes), (None, None));
    }
}
