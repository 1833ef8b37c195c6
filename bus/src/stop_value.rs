//! Stop values: a name, an address or a number that stands on so many shipments that it says nothing, such as the hub
//! of a courier. One person proposes it, another approves it, and on its last day it ends by itself.
//!
//! They are events on the agency's own stream, beside its leads. The names of people are what they say they are: the
//! server knows the agency, not who of it works there.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fold;
use crate::id::StopId;
use crate::incident::{IdentifierKind, code_list};

/// A value that makes no leads and carries no hops while it is stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum StopValue {
    /// A number of a shipment or of a party, such as a phone; in any writing.
    Identifier { kind: IdentifierKind, value: String },
    /// A party at either end; whatever its name folds to, other legal forms among it, but not other spellings.
    Party(String),
    /// An address at either end.
    Address(String),
}

code_list! {
    /// What somebody did with a stop value.
    StopChange {
        Proposed = "proposed",
        /// By somebody else.
        Approved = "approved",
        /// Before it was approved, or before its last day.
        Withdrawn = "withdrawn",
    }
}

code_list! {
    /// Where a stop value stands.
    StopState {
        Proposed = "proposed",
        InForce = "in-force",
        Withdrawn = "withdrawn",
        /// Its last day is over.
        Expired = "expired",
    }
}

/// What one person did with a stop value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StopStep {
    /// 1 for the proposal, then without gaps.
    pub number: u32,
    pub change: StopChange,
    pub at: Timestamp,
    pub by: String,
    /// Always there for a proposal.
    #[serde(default)]
    pub reason: Option<String>,
}

/// A step as an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopEvent {
    pub stop_id: StopId,
    pub value: StopValue,
    /// The last day on which it is in force, in UTC.
    pub until: Date,
    pub step: StopStep,
}

/// A stop value with everything that was done with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    pub stop_id: StopId,
    pub value: StopValue,
    /// The last day on which it is in force, in UTC.
    pub until: Date,
    /// In order; the first is the proposal.
    pub history: Vec<StopStep>,
}

/// A stop value as a daemon answers: with its state at the time of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StopLine {
    #[serde(flatten)]
    pub stop: Stop,
    pub state: StopState,
}

/// Why a step is not possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StopRefused {
    #[error("{by:?} proposed it, and somebody else has to approve it")]
    SelfApproval { by: String },
    #[error("it is {state}, expected {expected}")]
    State { state: StopState, expected: &'static str },
}

impl StopEvent {
    /// The id under which it is published.
    pub fn event_id(&self) -> String {
        format!("{}.{}", self.stop_id, self.step.number)
    }
}

impl StopValue {
    /// The text by which two values are one.
    pub fn folded(&self) -> String {
        match self {
            Self::Identifier { kind, value } => {
                format!("{kind} {}", kind.normal_form(value))
            }
            Self::Party(name) => format!("party {}", fold::words(name)),
            Self::Address(address) => format!("address {}", fold::words(address)),
        }
    }
}

impl fmt::Display for StopValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identifier { kind, value } => write!(f, "{} {value:?}", kind.code().replace('-', " ")),
            Self::Party(name) => write!(f, "party {name:?}"),
            Self::Address(address) => write!(f, "address {address:?}"),
        }
    }
}

impl Stop {
    /// Where it stands on this day, in UTC.
    pub fn state(&self, today: Date) -> StopState {
        match self.history.last().map(|step| step.change) {
            Some(StopChange::Withdrawn) => StopState::Withdrawn,
            _ if today > self.until => StopState::Expired,
            Some(StopChange::Approved) => StopState::InForce,
            Some(StopChange::Proposed) | None => StopState::Proposed,
        }
    }

    /// The number of the next step, if `by` may take it on this day.
    pub fn next_step(&self, change: StopChange, by: &str, today: Date) -> Result<u32, StopRefused> {
        let state = self.state(today);
        let expected = match (change, state) {
            (StopChange::Approved, StopState::Proposed) => {
                // Another writing of one name is not another person.
                let proposer = self.history.first().map_or("", |step| step.by.as_str());
                if fold::squash(proposer) == fold::squash(by) {
                    return Err(StopRefused::SelfApproval { by: by.to_owned() });
                }
                None
            }
            (StopChange::Approved, _) => Some("one that is proposed"),
            (StopChange::Withdrawn, StopState::Proposed | StopState::InForce) => None,
            (StopChange::Withdrawn, _) => Some("one that is proposed or in force"),
            (StopChange::Proposed, _) => Some("a new one"),
        };
        match expected {
            Some(expected) => Err(StopRefused::State { state, expected }),
            None => Ok(u32::try_from(self.history.len()).unwrap_or(u32::MAX).saturating_add(1)),
        }
    }
}

impl fmt::Display for Stop {
    /// What is stopped, by whom and how long: `party "DHL Hub" (a courier's hub), proposed by A, approved by B, until
    /// 2027-03-01`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value)?;
        for (number, StopStep { change, by, reason, .. }) in self.history.iter().enumerate() {
            if let Some(reason) = reason.as_ref().filter(|_| number == 0) {
                write!(f, " ({reason})")?;
            }
            write!(f, ", {change} by {by}")?;
        }
        write!(f, ", until {}", self.until)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn stop(steps: &[(StopChange, &str)]) -> Stop {
        let value = StopValue::Party("DHL Hub Leipzig".to_owned());
        let step = |(number, (change, by)): (u32, &(StopChange, &str))| StopStep {
            number,
            change: *change,
            at: Timestamp::UNIX_EPOCH,
            by: (*by).to_owned(),
            reason: (number == 1).then(|| "a hub".to_owned()),
        };
        let history = (1..).zip(steps).map(step).collect();
        Stop { stop_id: StopId::derive(&value.folded(), 1), value, until: date(2027, 3, 1), history }
    }

    #[test]
    fn two_people_and_a_last_day() {
        use StopChange::{Approved, Proposed, Withdrawn};
        let (today, later) = (date(2027, 3, 1), date(2027, 3, 2));
        let proposed = stop(&[(Proposed, "A. Analyst")]);
        assert_eq!((proposed.state(today), proposed.state(later)), (StopState::Proposed, StopState::Expired));
        for same in ["A. Analyst", " a analyst", "A.ANALYST"] {
            let refused = proposed.next_step(Approved, same, today);
            assert_eq!(refused, Err(StopRefused::SelfApproval { by: same.to_owned() }));
        }
        assert_eq!(proposed.next_step(Approved, "B", today), Ok(2));
        assert!(proposed.next_step(Approved, "B", later).is_err());
        let approved = stop(&[(Proposed, "A"), (Approved, "B")]);
        assert_eq!((approved.state(today), approved.state(later)), (StopState::InForce, StopState::Expired));
        assert_eq!(approved.next_step(Withdrawn, "A", today), Ok(3));
        assert!(approved.next_step(Approved, "C", today).is_err());
        let withdrawn = stop(&[(Proposed, "A"), (Approved, "B"), (Withdrawn, "A")]);
        assert_eq!(withdrawn.state(today), StopState::Withdrawn);
        assert_eq!(
            approved.to_string(),
            "party \"DHL Hub Leipzig\" (a hub), proposed by A, approved by B, until 2027-03-01"
        );
    }

    #[test]
    fn writings_of_one_value_are_one() {
        let phone = |value: &str| StopValue::Identifier { kind: IdentifierKind::Phone, value: value.to_owned() };
        assert_eq!(phone("+31 6 1234 5678").folded(), phone("+31612345678").folded());
        assert_ne!(phone("+31612345678").folded(), phone("+31612345679").folded());
    }
}
