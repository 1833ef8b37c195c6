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
        let subject = ExchangeSubject { realm: Realm::Real, from: agency(from), channel, thread_id: thread.thread_id };
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
