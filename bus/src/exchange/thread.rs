//! A thread: the pure fold over its events in the hub's order.
//!
//! It is total. What the present state does not allow is kept with the reason and has no effect, so two people who act
//! at once end in one defined state, the same for everybody who reads the thread. No clock is read: whether something
//! is overdue is a question with a time in it.

mod rules;
mod state;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::state::ThreadState;
use super::event::{Body, ExchangeEvent};
use super::notice::PreExport;
use super::request::{Basis, Request};
use crate::agency::AgencyId;
use crate::channel::Channel;
use crate::id::ThreadId;
use crate::subject::ExchangeSubject;

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Who began the thread.
    Opener,
    /// Whom it is addressed to.
    Addressee,
    Nobody,
}

/// A request, a notice or an outcome, with all that was said about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Thread {
    pub thread_id: ThreadId,
    /// Who began it.
    pub from: AgencyId,
    /// Whom it is for.
    pub channel: Channel,
    pub state: ThreadState,
    /// When the hub stored that the addressee has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// What it rests on; only its own agency knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// In the hub's order, the opening first.
    pub history: Vec<Entry>,
    /// The state to which a supplement leads back.
    #[serde(skip)]
    before_clarification: Option<ThreadState>,
}

/// One event as the hub stored it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub stored_at: Timestamp,
    pub event: ExchangeEvent,
    /// Why it changed nothing, if it came in a state that does not allow it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_effect: Option<String>,
}

impl Thread {
    /// Begins a thread. `None` if the event begins none.
    pub fn open(event: ExchangeEvent, channel: Channel, stored_at: Timestamp) -> Option<Self> {
        event.body.is_opening().then(|| Self {
            thread_id: event.thread_id,
            from: event.from.clone(),
            channel,
            state: ThreadState::Sent,
            received_at: None,
            basis: None,
            history: vec![Entry { stored_at, event, without_effect: None }],
            before_clarification: None,
        })
    }

    /// True if what is posted there is between those whom this thread is between.
    pub fn admits(&self, subject: &ExchangeSubject) -> bool {
        match (&self.channel, &subject.channel) {
            (Channel::Agency(addressee), Channel::Agency(to)) => {
                (subject.from == self.from && to == addressee) || (subject.from == *addressee && *to == self.from)
            }
            (own, other) => own == other,
        }
    }

    /// Takes in one event of those whom the thread admits. False if the very event came before.
    pub fn apply(&mut self, event: ExchangeEvent, stored_at: Timestamp) -> bool {
        let is_same = |entry: &Entry| entry.event.event_id == event.event_id && entry.event.from == event.from;
        if self.history.iter().any(is_same) {
            return false;
        }
        let outcome = self.next(&event);
        let without_effect = match outcome {
            Ok(state) => {
                self.enter(state, &event, stored_at);
                None
            }
            Err(reason) => Some(reason),
        };
        self.history.push(Entry { stored_at, event, without_effect });
        true
    }

    /// The event that began it.
    pub fn opening(&self) -> &Body {
        &self.history.first().expect("a thread has an opening").event.body
    }

    /// When the hub stored the event that began it.
    pub fn opened_at(&self) -> Timestamp {
        self.history.first().expect("a thread has an opening").stored_at
    }

    /// When the hub stored the last event.
    pub fn changed_at(&self) -> Timestamp {
        self.history.last().expect("a thread has an opening").stored_at
    }

    /// The request, if it is one.
    pub fn request(&self) -> Option<&Request> {
        match self.opening() {
            Body::Request(request) => Some(request),
            _ => None,
        }
    }

    /// The pre-export notification, if it is one.
    pub fn pre_export(&self) -> Option<&PreExport> {
        match self.opening() {
            Body::PreExport(notification) => Some(notification),
            _ => None,
        }
    }

    /// What it is about, in a line.
    pub fn title(&self) -> String {
        match self.opening() {
            Body::Request(request) => request.object.clone(),
            Body::Alert(alert) => alert.title.clone(),
            Body::PreExport(notification) => {
                let line = notification.shipment.substances.first();
                let what = line.map_or_else(String::new, |line| match &line.quantity {
                    Some(quantity) => format!("{quantity} {}", line.name),
                    None => line.name.clone(),
                });
                format!("{what}, expected {}", notification.expected)
            }
            Body::Outcome(outcome) => outcome.outcome.clone(),
            body => body.kind().to_owned(),
        }
    }

    /// Until when the addressee has to answer: for a request, its own time from receipt; unknown before that.
    pub fn due(&self) -> Option<Timestamp> {
        match self.opening() {
            Body::Request(request) => {
                let seconds = i64::try_from(request.answer_within_s).unwrap_or(i64::MAX);
                let due = self.received_at?.checked_add(SignedDuration::from_secs(seconds));
                Some(due.unwrap_or(Timestamp::MAX))
            }
            Body::PreExport(notification) => Some(notification.reply_by),
            _ => None,
        }
    }

    /// True if, at `now`, the time to answer is over and there is no answer.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        let is_waited_for = match self.opening() {
            Body::Request(_) => self.state.is_unanswered(),
            Body::PreExport(_) => self.state == ThreadState::Sent,
            _ => false,
        };
        is_waited_for && self.due().is_some_and(|due| now > due)
    }

    /// Whose turn it is.
    pub fn waits_for(&self) -> Side {
        use ThreadState as S;
        match (self.opening(), self.state) {
            (Body::Request(_), S::Sent | S::Received | S::Accepted | S::Partial) => Side::Addressee,
            (Body::Request(_), S::ClarificationAsked | S::Answered | S::FeedbackGiven) => Side::Opener,
            (Body::PreExport(_), S::Sent) => Side::Addressee,
            (Body::PreExport(_), S::Objected) => Side::Opener,
            _ => Side::Nobody,
        }
    }

    fn enter(&mut self, state: ThreadState, event: &ExchangeEvent, stored_at: Timestamp) {
        let is_request = self.request().is_some();
        // Whatever the addressee says first shows that it has the request.
        if is_request && event.from != self.from && self.received_at.is_none() {
            self.received_at = Some(stored_at);
        }
        if state == ThreadState::ClarificationAsked && self.state != ThreadState::ClarificationAsked {
            // A request that was asked back about has been received.
            let before = if self.state == ThreadState::Sent { ThreadState::Received } else { self.state };
            self.before_clarification = Some(before);
        }
        self.state = state;
    }
}
