//! A thread: the pure fold over its events in the hub's order.
//!
//! It is total. What the present state does not allow is kept with the reason and has no effect, so two people who act
//! at once end in one defined state, the same for everybody who reads the thread. No clock is read: whether something
//! is overdue is a question with a time in it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::event::{Body, ExchangeEvent};
use super::notice::PreExport;
use super::request::{Basis, Request};
use crate::agency::AgencyId;
use crate::channel::Channel;
use crate::id::ThreadId;
use crate::incident::code_list;
use crate::subject::ExchangeSubject;

code_list! {
    /// Where a thread stands.
    ThreadState {
        /// Kept at home, not sent.
        Draft = "draft",
        Sent = "sent",
        /// The addressee has it; the clock runs.
        Received = "received",
        Accepted = "accepted",
        Refused = "refused",
        /// The addressee asked for more; the clock and the precautionary measures run on.
        ClarificationAsked = "clarification-asked",
        Partial = "partial",
        Answered = "answered",
        FeedbackGiven = "feedback-given",
        Closed = "closed",
        Withdrawn = "withdrawn",
        /// Somebody has taken note of a notice.
        Acknowledged = "acknowledged",
        /// Somebody objects to an export.
        Objected = "objected",
        /// A notified shipment arrived.
        Arrived = "arrived",
    }
}

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

    /// The state after an event, or why the event has no effect.
    fn next(&self, event: &ExchangeEvent) -> Result<ThreadState, String> {
        let by_opener = event.from == self.from;
        let is_request = matches!(self.opening(), Body::Request(_));
        let opener_only = || if by_opener { Ok(()) } else { Err(format!("only {} can say this", self.from)) };
        let addressee_only = || if by_opener { Err("only the addressee can say this".to_owned()) } else { Ok(()) };
        let in_state = |is_allowed: bool| if is_allowed { Ok(()) } else { Err(self.state.why_not().to_owned()) };
        use ThreadState as S;
        match &event.body {
            Body::Withdrawn(_) => {
                opener_only()?;
                match self.opening() {
                    Body::Request(_) => in_state(self.state.is_unanswered())?,
                    Body::Outcome(_) => return Err("an outcome is not taken back".to_owned()),
                    _ => in_state(!matches!(self.state, S::Withdrawn | S::Arrived))?,
                }
                Ok(S::Withdrawn)
            }
            Body::Acknowledged(_) | Body::Objected(_) | Body::Arrived(_) => self.next_of_notice(event),
            _ if !is_request => Err("this is not a request".to_owned()),
            Body::Received => {
                addressee_only()?;
                in_state(self.state == S::Sent)?;
                Ok(S::Received)
            }
            Body::Accepted(_) => {
                addressee_only()?;
                in_state(matches!(self.state, S::Sent | S::Received | S::ClarificationAsked))?;
                Ok(S::Accepted)
            }
            Body::Refused(_) => {
                addressee_only()?;
                in_state(self.state.is_unanswered())?;
                Ok(S::Refused)
            }
            Body::ClarificationAsked(_) => {
                addressee_only()?;
                in_state(self.state.is_unanswered())?;
                Ok(S::ClarificationAsked)
            }
            Body::PartlyAnswered(_) => {
                addressee_only()?;
                in_state(self.state.is_unanswered())?;
                Ok(S::Partial)
            }
            Body::Answered(_) => {
                addressee_only()?;
                in_state(self.state.is_unanswered())?;
                Ok(S::Answered)
            }
            Body::Supplemented(_) => {
                opener_only()?;
                in_state(self.state.is_unanswered())?;
                match self.state {
                    S::ClarificationAsked => Ok(self.before_clarification.unwrap_or(S::Received)),
                    state => Ok(state),
                }
            }
            Body::Reminded(_) => {
                opener_only()?;
                in_state(self.state.is_unanswered())?;
                Ok(self.state)
            }
            Body::FeedbackGiven(_) => {
                opener_only()?;
                in_state(matches!(self.state, S::Answered | S::Partial | S::Refused))?;
                Ok(S::FeedbackGiven)
            }
            Body::Closed(_) => {
                opener_only()?;
                match self.state {
                    S::FeedbackGiven => Ok(S::Closed),
                    S::Answered | S::Partial | S::Refused => Err("feedback is given before it is closed".to_owned()),
                    state => Err(state.why_not().to_owned()),
                }
            }
            Body::Request(_)
            | Body::Outcome(_)
            | Body::Alert(_)
            | Body::PreExport(_)
            | Body::Basis(_)
            | Body::Pointers(_) => Err("the thread was begun already".to_owned()),
        }
    }

    fn next_of_notice(&self, event: &ExchangeEvent) -> Result<ThreadState, String> {
        use ThreadState as S;
        let is_export = self.pre_export().is_some();
        if !is_export && !matches!(self.opening(), Body::Alert(_)) {
            return Err("this is not a notice".to_owned());
        }
        if self.state == S::Withdrawn {
            return Err(self.state.why_not().to_owned());
        }
        match &event.body {
            Body::Arrived(_) if is_export => Ok(S::Arrived),
            Body::Arrived(_) | Body::Objected(_) if !is_export => {
                Err("this can be said to a pre-export notification only".to_owned())
            }
            _ if event.from == self.from => Err("only another agency can say this".to_owned()),
            // An objection stands, whoever acknowledges; and what arrived has arrived.
            _ if self.state == S::Arrived => Ok(S::Arrived),
            Body::Objected(_) => Ok(S::Objected),
            _ if self.state == S::Objected => Ok(S::Objected),
            _ => Ok(S::Acknowledged),
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

impl ThreadState {
    /// True if a request in this state is still to be answered.
    pub fn is_unanswered(self) -> bool {
        matches!(self, Self::Sent | Self::Received | Self::Accepted | Self::ClarificationAsked | Self::Partial)
    }

    /// Why something is not possible in this state.
    fn why_not(self) -> &'static str {
        match self {
            Self::Draft => "it was not sent",
            Self::Sent => "it was not answered yet",
            Self::Received => "it was received, and not answered yet",
            Self::Accepted => "it was accepted, and not answered yet",
            Self::Refused => "it was refused before",
            Self::ClarificationAsked => "a clarification was asked for, and it was not answered yet",
            Self::Partial => "it was answered in part",
            Self::Answered => "it was answered before",
            Self::FeedbackGiven => "it was answered, and feedback was given before",
            Self::Closed => "it was closed before",
            Self::Withdrawn => "it was withdrawn before",
            Self::Acknowledged => "it was acknowledged before",
            Self::Objected => "somebody objected before",
            Self::Arrived => "the shipment arrived before",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::agency::CircleId;
    use crate::exchange::{
        Alert, Arrival, Contact, Feedback, Origin, Outcome, Remark, Shipment, Statement, Urgency, Usefulness,
    };
    use crate::realm::Realm;

    const ASKER: &str = "nl-customs";
    const ASKED: &str = "be-police";

    fn request() -> Body {
        Body::Request(Box::new(Request {
            requester: Contact { authority: "Customs".into(), person: None, phone: None, email: None },
            measure: "say who the consignor is".into(),
            object: "a consignor".into(),
            reason: "a seizure".into(),
            laws: vec![],
            persons: vec![],
            facts: "2 kg of ketamine".into(),
            enquiries: None,
            identifiers: vec![],
            urgency: Urgency::UrgentDirect,
            answer_within_s: 8 * 3600,
            precautionary: vec!["stop the container".into()],
            incidents: vec![],
            handling: vec![],
            language: None,
            attachments: vec![],
        }))
    }

    fn statement() -> Statement {
        Statement { text: "words".into(), attachments: vec![] }
    }

    fn feedback() -> Body {
        Body::FeedbackGiven(Feedback { usefulness: Usefulness::Useful, outcome: "two arrests".into(), text: None })
    }

    fn agency(id: &str) -> AgencyId {
        AgencyId::new(id).unwrap()
    }

    fn event(from: &str, body: Body, thread_id: ThreadId) -> ExchangeEvent {
        let origin =
            Origin { realm: Realm::Real, from: agency(from), at: Timestamp::UNIX_EPOCH, by: "A. Person".to_owned() };
        ExchangeEvent::new(origin, thread_id, body).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// The thread after these events, one a second from second 1 on.
    fn thread(opening: Body, channel: Channel, events: &[(&str, Body)]) -> Thread {
        let thread_id = ThreadId::generate();
        let mut thread = Thread::open(event(ASKER, opening, thread_id), channel, at(0)).unwrap();
        for (second, (from, body)) in (1..).zip(events) {
            assert!(thread.apply(event(from, body.clone(), thread_id), at(second)));
        }
        thread
    }

    fn asked(events: &[(&str, Body)]) -> Thread {
        thread(request(), Channel::Agency(agency(ASKED)), events)
    }

    #[test]
    fn a_whole_life() {
        use ThreadState as S;
        let life = [
            (ASKED, Body::Received, S::Received),
            (ASKED, Body::Accepted(Remark::default()), S::Accepted),
            (ASKED, Body::ClarificationAsked(statement()), S::ClarificationAsked),
            (ASKER, Body::Supplemented(statement()), S::Accepted),
            (ASKER, Body::Reminded(Remark::default()), S::Accepted),
            (ASKED, Body::PartlyAnswered(statement()), S::Partial),
            (ASKED, Body::Answered(statement()), S::Answered),
            (ASKER, feedback(), S::FeedbackGiven),
            (ASKER, Body::Closed(Remark::default()), S::Closed),
        ];
        for length in 1..=life.len() {
            let events: Vec<_> = life[..length].iter().map(|(from, body, _)| (*from, body.clone())).collect();
            let thread = asked(&events);
            assert_eq!(thread.state, life[length - 1].2);
            assert!(thread.history.iter().all(|entry| entry.without_effect.is_none()));
        }
    }

    #[test]
    fn two_who_act_at_once_end_in_one_state() {
        let answered = (ASKED, Body::Answered(statement()));
        let withdrawn = (ASKER, Body::Withdrawn(statement()));
        let check = |events: &[(&str, Body)], state: ThreadState, reason: &str| {
            let thread = asked(events);
            assert_eq!(thread.state, state);
            assert_eq!(thread.history.last().unwrap().without_effect.as_deref(), Some(reason));
        };
        check(&[answered.clone(), withdrawn.clone()], ThreadState::Answered, "it was answered before");
        check(&[withdrawn, answered.clone()], ThreadState::Withdrawn, "it was withdrawn before");
        check(&[answered.clone(), answered.clone()], ThreadState::Answered, "it was answered before");
        let closed = (ASKER, Body::Closed(Remark::default()));
        check(&[answered, closed], ThreadState::Answered, "feedback is given before it is closed");
        check(&[(ASKER, Body::Received)], ThreadState::Sent, "only the addressee can say this");
        check(&[(ASKED, feedback())], ThreadState::Sent, "only nl-customs can say this");
        check(&[(ASKER, request())], ThreadState::Sent, "the thread was begun already");
    }

    #[test]
    fn the_clock_starts_at_receipt_and_never_pauses() {
        let limit = 8 * 3600;
        let sent = asked(&[]);
        assert_eq!((sent.due(), sent.is_overdue(Timestamp::MAX)), (None, false));
        let received = [(ASKED, Body::Received)];
        let clarified = [(ASKED, Body::Received), (ASKED, Body::ClarificationAsked(statement()))];
        for events in [&received[..], &clarified[..]] {
            let thread = asked(events);
            assert_eq!(thread.due(), Some(at(1 + limit)));
            assert!(!thread.is_overdue(at(1 + limit)) && thread.is_overdue(at(2 + limit)));
        }
        let answered = asked(&[(ASKED, Body::Received), (ASKED, Body::Answered(statement()))]);
        assert!(!answered.is_overdue(Timestamp::MAX));
        // An answer without a daemon's receipt is one.
        assert_eq!(asked(&[(ASKED, Body::Accepted(Remark::default()))]).received_at, Some(at(1)));
    }

    #[test]
    fn only_the_two_are_admitted() {
        let thread = asked(&[]);
        let admits = |from: &str, channel: Channel| {
            let subject =
                ExchangeSubject { realm: Realm::Real, from: agency(from), channel, thread_id: thread.thread_id };
            thread.admits(&subject)
        };
        assert!(admits(ASKER, Channel::Agency(agency(ASKED))) && admits(ASKED, Channel::Agency(agency(ASKER))));
        let circle = CircleId::new(ASKED).unwrap();
        assert!(!admits("de-post", Channel::Agency(agency(ASKED))) && !admits(ASKER, Channel::Notices(circle)));
        assert!(!admits(ASKER, Channel::Agency(agency("de-post"))) && !admits(ASKED, Channel::Agency(agency(ASKED))));
    }

    fn pre_export() -> Body {
        Body::PreExport(Box::new(
            serde_json::from_value(serde_json::json!({
                "shipment": {
                    "substances": [{"name": "acetic anhydride", "quantity": {"amount": "1000", "unit": "l"}}],
                    "parties": [{"role": "exporter", "name": "A"}, {"role": "importer", "name": "B"}],
                },
                "expected": "1970-01-02", "reply_by": "1970-01-01T01:00:00Z",
            }))
            .unwrap(),
        ))
    }

    #[test]
    fn a_notification_is_answered_or_overdue() {
        let circle = Channel::Notices(CircleId::new("all").unwrap());
        let check = |events: &[(&str, Body)], state: ThreadState, is_overdue: bool| {
            let thread = thread(pre_export(), circle.clone(), events);
            assert_eq!((thread.state, thread.is_overdue(at(3601))), (state, is_overdue));
        };
        let acknowledged = || Body::Acknowledged(Remark::default());
        let objected = || Body::Objected(statement());
        let arrived = serde_json::from_value::<Arrival>(serde_json::json!({"on": "1970-01-02"})).unwrap();
        check(&[], ThreadState::Sent, true);
        check(&[(ASKER, acknowledged())], ThreadState::Sent, true);
        check(&[(ASKED, acknowledged())], ThreadState::Acknowledged, false);
        check(&[(ASKED, objected()), ("de-post", acknowledged())], ThreadState::Objected, false);
        check(&[(ASKED, objected()), (ASKED, Body::Arrived(Box::new(arrived)))], ThreadState::Arrived, false);
        check(&[(ASKER, Body::Withdrawn(statement())), (ASKED, objected())], ThreadState::Withdrawn, false);
    }

    fn bodies() -> impl Strategy<Value = Body> {
        proptest::sample::select(vec![
            request(),
            Body::Received,
            Body::Accepted(Remark::default()),
            Body::Refused(statement()),
            Body::ClarificationAsked(statement()),
            Body::Supplemented(statement()),
            Body::PartlyAnswered(statement()),
            Body::Answered(statement()),
            Body::Reminded(Remark::default()),
            feedback(),
            Body::Closed(Remark::default()),
            Body::Withdrawn(statement()),
            Body::Outcome(Outcome { incidents: vec![], outcome: "words".into() }),
            Body::Alert(Box::new(Alert {
                title: "t".into(),
                text: "t".into(),
                shipment: Shipment::default(),
                handling: vec![],
                attachments: vec![],
            })),
            pre_export(),
            Body::Acknowledged(Remark::default()),
            Body::Objected(statement()),
        ])
    }

    proptest! {
        /// Any events in any order keep all of history, end in a state, and change nothing when they come again.
        #[test]
        fn the_fold_is_total(
            opening in bodies(),
            events in proptest::collection::vec((proptest::sample::select(vec![ASKER, ASKED]), bodies()), 0..12),
        ) {
            prop_assume!(opening.is_opening());
            let mut thread = thread(opening, Channel::Agency(agency(ASKED)), &events);
            prop_assert_eq!(thread.history.len(), events.len() + 1);
            let before = thread.clone();
            for entry in before.history.clone() {
                prop_assert!(!thread.apply(entry.event, at(100)));
            }
            prop_assert_eq!(&thread, &before);
            let effects = thread.history.iter().filter(|entry| entry.without_effect.is_none());
            let has_feedback = effects.clone().any(|entry| matches!(entry.event.body, Body::FeedbackGiven(_)));
            prop_assert!(thread.state != ThreadState::Closed || has_feedback);
        }
    }
}
