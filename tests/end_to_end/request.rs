//! A request lives its whole life between two agencies; a third cannot see that it exists, and nothing is lost.

use std::time::Duration;

use backtrail_bus::agency::AgencyId;
use backtrail_bus::channel::Channel;
use backtrail_bus::envelope::Envelope;
use backtrail_bus::exchange::{Body, ExchangeEvent, Origin, Remark, ThreadState};
use backtrail_bus::id::{IncidentId, ThreadId};
use backtrail_bus::query::{LeadsQuery, QueryError, ThreadAnswer, ThreadQuery, ThreadsQuery};
use backtrail_bus::realm::Realm;
use backtrail_bus::signature::ChainLink;
use backtrail_bus::stream;
use backtrail_tests::{Bus, Daemon, backtrail, dead_letters, done, draft, eventually};
use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

async fn in_state(daemon: &Daemon, thread_id: ThreadId, state: ThreadState) -> ThreadAnswer {
    eventually(&format!("the state {state}"), async || {
        let answer = daemon.ask(&ThreadQuery { thread_id, at: None }).await.ok()?;
        (answer.thread.state == state).then_some(answer)
    })
    .await
}

fn thread_id(value: &Value) -> ThreadId {
    value["thread_id"].as_str().unwrap().parse().unwrap()
}

/// Three agencies whose incidents are one lead, and the lead as nl-customs sees it.
async fn three() -> (Bus, Daemon, [IncidentId; 3], String) {
    let bus = Bus::start(&[("nl-customs", &["all"]), ("be-police", &["all"]), ("de-post", &["all"])]).await;
    let mut ids = Vec::new();
    for (agency, reference) in [("nl-customs", "NLC-1"), ("be-police", "BEP-1"), ("de-post", "SECRET-1")] {
        ids.push(bus.officer(agency).post(draft(reference, "Lotus Harbour Chemicals Ltd"), &["all"]).await);
    }
    let daemon = bus.daemon("nl-customs");
    daemon.until_messages(3).await;
    let leads = daemon.ask(&LeadsQuery { limit: 10, ..LeadsQuery::default() }).await.unwrap().leads;
    let lead = leads.iter().find(|lead| lead.member_count == 3).unwrap().lead_id.to_string();
    (bus, daemon, ids.try_into().unwrap(), lead)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_lives_its_whole_life_unseen_by_a_third() {
    let (bus, asker, [own, _, helped], lead) = three().await;
    let (asked, third) = (bus.daemon("be-police"), bus.daemon("de-post"));
    third.until_messages(3).await;
    let watcher = bus.connect_as_daemon("de-post").await;
    let mut everything = watcher.client.subscribe(">").await.unwrap();
    watcher.client.flush().await.unwrap();

    let new = [
        "request",
        "new",
        "--lead",
        &lead,
        "--to",
        "be-police",
        "--urgency",
        "urgent-direct",
        "--precautionary",
        "hold the container",
    ];
    let sent = done(&bus, "nl-customs", &new).await;
    let id = thread_id(&sent);
    let text = id.to_string();
    let received = in_state(&asked, id, ThreadState::Received).await;
    let request = received.thread.request().unwrap();
    assert_eq!(request.incidents.len(), 2);
    let shown = serde_json::to_string(&received).unwrap();
    assert!(!shown.contains("SECRET") && !shown.contains(&helped.to_string()) && !shown.contains(&lead), "{shown}");
    assert!(received.thread.basis.is_none());

    // The clock is the hub's and the request's, so both sides say the same at any time.
    let due = received.line.due.unwrap();
    assert_eq!(due - SignedDuration::from_hours(8), received.thread.received_at.unwrap());
    in_state(&asker, id, ThreadState::Received).await;
    for (seconds, is_overdue) in [(0, false), (1, true)] {
        let at = Some(due + SignedDuration::from_secs(seconds));
        for daemon in [&asker, &asked] {
            let answer = daemon.ask(&ThreadQuery { thread_id: id, at }).await.unwrap();
            assert_eq!((answer.line.is_overdue, answer.line.due), (is_overdue, Some(due)));
            let query = ThreadsQuery { overdue: true, at, limit: 10, ..ThreadsQuery::default() };
            assert_eq!(daemon.ask(&query).await.unwrap().total, usize::from(is_overdue));
        }
    }

    let files = tempfile::tempdir().unwrap();
    let report = files.path().join("report.txt");
    std::fs::write(&report, "the consignor exists").unwrap();
    done(&bus, "be-police", &["request", "accept", &text]).await;
    in_state(&asked, id, ThreadState::Accepted).await;
    done(&bus, "be-police", &["request", "clarify", &text, "--text", "which container?"]).await;
    let clarified = in_state(&asker, id, ThreadState::ClarificationAsked).await;
    assert_eq!(clarified.thread.request().unwrap().precautionary, ["hold the container"]);
    done(&bus, "nl-customs", &["request", "supplement", &text, "--text", "MSKU6011672"]).await;
    in_state(&asked, id, ThreadState::Accepted).await;
    let answer = ["request", "answer", &text, "--text", "see the report", "--attach", report.to_str().unwrap()];
    done(&bus, "be-police", &answer).await;
    in_state(&asker, id, ThreadState::Answered).await;
    let saved = files.path().join("saved");
    done(&bus, "nl-customs", &["request", "show", &text, "--save-attachments", saved.to_str().unwrap()]).await;
    assert_eq!(std::fs::read_to_string(saved.join("report.txt")).unwrap(), "the consignor exists");

    let (code, refused) = backtrail(&bus, "nl-customs", &["request", "close", &text]).await;
    assert!(code == 1 && refused.as_str().unwrap().contains("feedback is given before"), "{refused}");
    let feedback = ["request", "feedback", &text, "--useful", "useful", "--outcome", "two arrests", "--text", "thanks"];
    done(&bus, "nl-customs", &feedback).await;
    in_state(&asked, id, ThreadState::FeedbackGiven).await;
    in_state(&asker, id, ThreadState::FeedbackGiven).await;
    done(&bus, "nl-customs", &["request", "close", &text]).await;
    for daemon in [&asker, &asked] {
        in_state(daemon, id, ThreadState::Closed).await;
    }
    // Whoever looks at an incident that helped sees what came of it.
    let shown = done(&bus, "nl-customs", &["show", &own.to_string()]).await;
    assert_eq!(shown["threads"][0]["outcome"], "two arrests", "{shown}");

    // The third agency is told the outcome for its own incident, and nothing else.
    let told = eventually("the outcome", async || {
        let query = ThreadsQuery { about: Some(helped), limit: 10, ..ThreadsQuery::default() };
        third.ask(&query).await.ok()?.threads.pop()
    })
    .await;
    assert_eq!((told.kind.as_str(), told.outcome.as_deref()), ("outcome", Some("two arrests")));
    let all = third.ask(&ThreadsQuery { finished: true, limit: 10, ..ThreadsQuery::default() }).await.unwrap();
    assert_eq!((all.total, all.threads.as_slice()), (1, std::slice::from_ref(&told)));
    // It neither hears nor fetches anything of the thread, and cannot ask for another's messages.
    while let Ok(Some(message)) = tokio::time::timeout(Duration::from_millis(300), everything.next()).await {
        let heard = format!("{} {}", message.subject, String::from_utf8_lossy(&message.payload));
        assert!(!heard.contains(&text) && !heard.contains("hold the container"), "{heard}");
    }
    // While it listens to everything, it would answer its own questions to the hub by silence.
    everything.unsubscribe().await.unwrap();
    let unknown = third.ask(&ThreadQuery { thread_id: id, at: None }).await;
    assert!(matches!(unknown, Err(QueryError::NotFound(_))), "{unknown:?}");
    for consumer in ["be-police", "nl-customs"] {
        let found = watcher.hub().get_stream_no_info(stream::exchange(Realm::Real)).await.unwrap();
        assert!(found.get_consumer::<async_nats::jetstream::consumer::pull::Config>(consumer).await.is_err());
    }
    let own: async_nats::jetstream::consumer::PullConsumer = watcher
        .hub()
        .get_stream_no_info(stream::exchange(Realm::Real))
        .await
        .unwrap()
        .get_consumer("de-post")
        .await
        .unwrap();
    assert_eq!(own.cached_info().delivered.consumer_sequence + own.cached_info().num_pending, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hub_down_in_the_middle_loses_nothing() {
    let (mut bus, asker, _, lead) = three().await;
    let asked = bus.daemon("be-police");
    asked.until_messages(3).await;
    let sent =
        done(&bus, "nl-customs", &["request", "new", "--lead", &lead, "--to", "be-police", "--within", "1s"]).await;
    let (id, text) = (thread_id(&sent), thread_id(&sent).to_string());
    in_state(&asked, id, ThreadState::Received).await;
    // A second to answer in is soon over, on both sides.
    for daemon in [&asker, &asked] {
        eventually("being overdue", async || {
            let answer = daemon.ask(&ThreadQuery { thread_id: id, at: None }).await.ok()?;
            answer.line.is_overdue.then_some(())
        })
        .await;
    }
    bus.kill_hub().await;
    let answer = ["request", "answer", &text, "--text", "it is known here", "--to", "nl-customs"];
    let (code, kept) = backtrail(&bus, "be-police", &answer).await;
    assert_eq!((code, kept["state"].as_str()), (75, Some("waiting")), "{kept}");
    asked.kill();
    bus.start_hub().await;
    assert_eq!(done(&bus, "be-police", &["outbox", "flush"]).await["waiting"], 0);
    let (answered, again) = (in_state(&asker, id, ThreadState::Answered).await, bus.daemon("be-police"));
    assert!(!answered.line.is_overdue);
    // A daemon that begins anew reads the same thread, and says no receipt twice.
    let other = in_state(&again, id, ThreadState::Answered).await;
    assert_eq!(answered.thread.history, other.thread.history);
    let receipts = other.thread.history.iter().filter(|entry| entry.event.body == Body::Received);
    assert_eq!((receipts.count(), other.thread.history.len()), (1, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_belong_is_kept_as_a_dead_letter_and_nobody_speaks_for_another() {
    let (bus, asker, _, lead) = three().await;
    let asked = bus.daemon("be-police");
    let sent = done(&bus, "nl-customs", &["request", "new", "--lead", &lead, "--to", "be-police"]).await;
    let id = thread_id(&sent);
    in_state(&asker, id, ThreadState::Received).await;
    let intruder = bus.officer("de-post");
    let connection = bus.connect_as_officer("de-post").await;
    let be = AgencyId::new("be-police").unwrap();
    let say = async |from: &str, sequence: u64, forged: bool| {
        let from = AgencyId::new(from).unwrap();
        let origin = Origin { realm: Realm::Real, from, at: Timestamp::now(), by: "x".to_owned() };
        let event = ExchangeEvent::new(origin, id, Body::Accepted(Remark::default())).unwrap();
        let key = if forged { backtrail_bus::key::SigningKey::generate() } else { intruder.key.clone() };
        let subject = event.subject(Channel::Agency(be.clone()));
        let link = ChainLink { sequence, previous: None };
        let (envelope, _) = Envelope::seal(&event, &subject, &key, link);
        let headers = envelope.header_map();
        let own = connection.own();
        own.publish_with_headers(envelope.subject, headers, envelope.payload.into()).await.unwrap().await
    };
    // Even if it knew the id of the thread: its events are of no thread, and in another's name none are taken.
    say("de-post", 1, false).await.unwrap();
    say("de-post", 2, true).await.unwrap();
    assert!(say("nl-customs", 1, false).await.is_err());
    let found = eventually("two dead letters", async || {
        let letters = dead_letters(&bus.connect_as_daemon("be-police").await, Realm::Real).await;
        (letters.len() == 2).then_some(letters)
    })
    .await;
    let subjects: Vec<&str> = found.iter().map(|letter| letter.subject.as_str()).collect();
    assert_eq!(subjects, ["dead-letter.exchange.unknown-thread", "dead-letter.exchange.unknown-key"]);
    // They are kept once, however often the exchange is read.
    drop(asked);
    let again = bus.daemon("be-police");
    in_state(&again, id, ThreadState::Received).await;
    assert_eq!(dead_letters(&bus.connect_as_daemon("be-police").await, Realm::Real).await.len(), 2);
}
