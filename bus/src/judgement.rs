//! What people make of leads: events beside those of the machine, on the agency's own stream.
//!
//! A judgement never changes what the evidence says. It is numbered for itself, lead by lead, so that a daemon that is
//! built anew from the hub makes the same lead events again and reads the judgements from its own stream.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::LeadId;
use crate::incident::code_list;

code_list! {
    /// What somebody did with a lead. Each is undone by its opposite, and the history keeps both.
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
    }
}

/// Bits that a dismissed lead must gain to be shown again: eight times the odds.
pub const REOPENING_BITS: f64 = 3.0;
/// The longest reason, in characters.
pub const MAX_REASON: usize = 1_000;

/// One judgement of one lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// 1 for the first of a lead, then without gaps.
    pub number: u32,
    pub verdict: Verdict,
    pub at: Timestamp,
    /// Who judged.
    pub by: String,
    /// Always there for what was dismissed, noted or assigned.
    #[serde(default)]
    pub reason: Option<String>,
    /// What the lead weighed then, in bits.
    pub bits: f64,
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
        matches!(self, Self::Dismissed | Self::Noted | Self::Assigned)
    }
}

impl LeadState {
    /// Where a lead of so many bits stands after `history`, which is in order.
    pub fn of(history: &[Judgement], bits: f64) -> Self {
        let changes = |judgement: &&Judgement| !matches!(judgement.verdict, Verdict::Noted | Verdict::Assigned);
        let Some(last) = history.iter().rev().find(changes) else { return Self::New };
        match last.verdict {
            Verdict::Acknowledged => Self::Acknowledged,
            Verdict::Confirmed => Self::Confirmed,
            Verdict::Dismissed if bits >= last.bits + REOPENING_BITS => Self::Reopened,
            Verdict::Dismissed => Self::Dismissed,
            Verdict::Reopened | Verdict::Noted | Verdict::Assigned => Self::Reopened,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_verdict_counts_until_the_lead_grows() {
        let judgement = |verdict| Judgement {
            number: 1,
            verdict,
            at: Timestamp::UNIX_EPOCH,
            by: "an analyst".to_owned(),
            reason: None,
            bits: 10.0,
        };
        let check = |verdicts: &[Verdict], bits: f64, expected: LeadState| {
            let history: Vec<Judgement> = verdicts.iter().copied().map(judgement).collect();
            assert_eq!(LeadState::of(&history, bits), expected, "{verdicts:?}");
        };
        check(&[], 10.0, LeadState::New);
        check(&[Verdict::Noted], 10.0, LeadState::New);
        check(&[Verdict::Acknowledged, Verdict::Confirmed, Verdict::Noted], 10.0, LeadState::Confirmed);
        check(&[Verdict::Dismissed], 12.9, LeadState::Dismissed);
        check(&[Verdict::Dismissed], 13.0, LeadState::Reopened);
        check(&[Verdict::Dismissed, Verdict::Reopened], 10.0, LeadState::Reopened);
    }
}
