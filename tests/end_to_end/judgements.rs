//! People judge leads; what they said outlives the daemon and its snapshot, and new evidence brings a lead back.

use backtrail_bus::id::LeadId;
use backtrail_bus::incident::IdentifierKind;
use backtrail_bus::judgement::{DAEMON, LeadState, Verdict};
use backtrail_bus::lead::LeadKind;
use backtrail_bus::query::{
    DecideStopQuery, IncidentRef, JudgeQuery, LeadQuery, LeadsQuery, ProposeStopQuery, TraceQuery,
};
use backtrail_bus::stop_value::{StopChange, StopState, StopValue};
use backtrail_bus::trace::Direction;
use backtrail_tests::{Bus, Daemon, draft, program};
use serde_json::json;

async fn listed(daemon: &Daemon, dismissed: bool) -> usize {
    let query = LeadsQuery { limit: 10, dismissed, ..LeadsQuery::default() };
    daemon.ask(&query).await.unwrap().leads.len()
}

async fn hops(daemon: &Daemon, reference: &str) -> u32 {
    let incident = IncidentRef::OwnReference(reference.to_owned());
    daemon.ask(&TraceQuery { incident, depth: None, direction: Direction::Upstream, as_of: None }).await.unwrap().hops
}

fn judge(lead_id: LeadId, verdict: Verdict, reason: Option<&str>) -> JudgeQuery {
    let (by, reason) = ("A. Analyst".to_owned(), reason.map(str::to_owned));
    JudgeQuery { lead_id, verdict, by, reason, mark: None, undoes: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dismissed_lead_stays_away_until_it_grows() {
    let bus = Bus::start(&[("nl-customs", &["all"])]).await;
    let mut officer = bus.officer("nl-customs");
    let mut daemon = bus.daemon("nl-customs");
    for number in 0..2 {
        officer.post(draft(&format!("N-{number}"), "Lotus Harbour Co., Ltd."), &["all"]).await;
    }
    daemon.until_messages(2).await;
    let leads = daemon.ask(&LeadsQuery { limit: 10, ..LeadsQuery::default() }).await.unwrap().leads;
    let [lead] = &leads[..] else { panic!("{leads:?}") };
    let lead_id = lead.lead_id;
    assert_eq!((lead.state, hops(&daemon, "N-1").await), (LeadState::New, 1));

    let refused = daemon.ask(&judge(lead_id, Verdict::Dismissed, None)).await.unwrap_err().to_string();
    assert!(refused.contains("found no reason"), "{refused}");
    daemon.ask(&judge(lead_id, Verdict::Acknowledged, None)).await.unwrap();
    let answer = daemon.ask(&judge(lead_id, Verdict::Dismissed, Some("a forwarder"))).await.unwrap();
    assert_eq!((answer.state, answer.history.len()), (LeadState::Dismissed, 2));
    // Neither listed nor followed.
    assert_eq!((listed(&daemon, false).await, listed(&daemon, true).await, hops(&daemon, "N-1").await), (0, 1, 0));

    // What people said is in the agency's own stream: neither a crash nor a lost snapshot takes it away.
    let snapshot = daemon.snapshot();
    daemon.kill();
    let _ = std::fs::remove_file(&snapshot);
    daemon = bus.daemon("nl-customs");
    daemon.until_messages(2).await;
    assert_eq!((listed(&daemon, false).await, listed(&daemon, true).await), (0, 1));

    // Nine shipments weigh three bits more than two.
    for number in 2..9 {
        officer.post(draft(&format!("N-{number}"), "LOTUS HARBOUR LIMITED"), &["all"]).await;
    }
    daemon.until_messages(9).await;
    let answer = daemon.ask(&LeadQuery { lead_id }).await.unwrap();
    assert_eq!((answer.state, listed(&daemon, false).await), (LeadState::Reopened, 1));
    // The daemon says that it came back, and by what: an event of its own, for those who watch.
    let by = answer.history.iter().map(|judgement| (judgement.number, judgement.by.as_str())).collect::<Vec<_>>();
    assert_eq!(by, [(1, "A. Analyst"), (2, "A. Analyst"), (3, DAEMON)]);
    let reason = answer.history[2].reason.as_deref().unwrap();
    assert!(reason.ends_with("incidents came since judgement 2, when it had 10.0 bits"), "{reason}");
    let news = answer.news.unwrap();
    assert_eq!((news.came.len(), news.bits_before), (7, answer.history[1].bits));
    let watched = backtrail(&bus, &["watch", "--since", "all", "--count", "2"]);
    assert!(watched.contains("opened  ") && watched.contains("3. ") && watched.contains("reopened by the daemon"));

    // What is undone was never said; the history keeps it.
    daemon.ask(&judge(lead_id, Verdict::Confirmed, None)).await.unwrap();
    let answer = daemon.ask(&judge(lead_id, Verdict::Undone, None)).await.unwrap();
    assert_eq!((answer.state, answer.history.len()), (LeadState::Reopened, 5));
    assert_eq!(answer.history[4].undoes, Some(4));
    let undo_return = JudgeQuery { undoes: Some(3), ..judge(lead_id, Verdict::Undone, None) };
    let refused = daemon.ask(&undo_return).await.unwrap_err().to_string();
    assert!(refused.contains("dismiss it again"), "{refused}");

    // A daemon built anew reads all of it and says nothing a second time.
    let snapshot = daemon.snapshot();
    daemon.kill();
    let _ = std::fs::remove_file(&snapshot);
    daemon = bus.daemon("nl-customs");
    daemon.until_messages(9).await;
    assert_eq!(daemon.ask(&LeadQuery { lead_id }).await.unwrap(), answer);
}

/// What the program prints.
fn backtrail(bus: &Bus, arguments: &[&str]) -> String {
    let output = std::process::Command::new(program("backtrail"))
        .arg("--context")
        .arg(bus.officer_context("nl-customs"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn marked_evidence_does_not_count() {
    let bus = Bus::start(&[("nl-customs", &["all"])]).await;
    let mut officer = bus.officer("nl-customs");
    let mut daemon = bus.daemon("nl-customs");
    let post = |reference: &str, day: &str, role: &str| {
        json!({
            "own_reference": reference, "kind": "seizure", "occurred_at": day, "place": {"country": "NL"},
            "substances": [{"name": "ketamine"}],
            "parties": [{"role": role, "name": "Lotus Harbour Co., Ltd.", "country": "HK"}],
        })
    };
    officer.post(post("M-1", "2026-03-01", "consignor"), &["all"]).await;
    officer.post(post("M-2", "2026-03-10", "consignor"), &["all"]).await;
    officer.post(post("M-3", "2026-03-20", "consignor"), &["all"]).await;
    daemon.until_messages(3).await;
    let leads = daemon.ask(&LeadsQuery { limit: 10, ..LeadsQuery::default() }).await.unwrap().leads;
    let [lead] = &leads[..] else { panic!("{leads:?}") };
    let (id, bits) = (lead.lead_id.to_string(), lead.bits);
    assert_eq!(hops(&daemon, "M-3").await, 2);

    // One of three is another company: two are left, and the lead lost the bit of a doubling.
    let reason = ["--reason", "registered in Lagos", "--by", "A. Analyst"];
    let mark = |evidence: &'static str| {
        [&["lead", "mark", &id, "--evidence", evidence, "--as", "same-name-other-company"][..], &reason[..]].concat()
    };
    let shown = backtrail(&bus, &mark("3.1"));
    assert!(shown.contains("3.1  struck out: "), "{shown}");
    assert!(shown.contains("marked as same name other company by A. Analyst"), "{shown}");
    let lead = daemon.ask(&LeadQuery { lead_id: lead.lead_id }).await.unwrap();
    assert_eq!((lead.state, lead.bits, lead.bits_left), (LeadState::New, bits, Some(bits - 1.0)));
    assert_eq!((hops(&daemon, "M-3").await, hops(&daemon, "M-2").await), (0, 1));
    // Of two only one is left: it would not have been opened.
    backtrail(&bus, &mark("2.1"));
    let state = daemon.ask(&LeadQuery { lead_id: lead.lead_id }).await.unwrap();
    assert_eq!((state.state, state.bits_left, listed(&daemon, false).await), (LeadState::SetAside, Some(0.0), 0));
    assert_eq!(hops(&daemon, "M-2").await, 0);

    // With one more member it comes back, and it is said by what.
    officer.post(post("M-4", "2026-03-25", "consignor"), &["all"]).await;
    officer.post(post("M-5", "2026-03-28", "consignor"), &["all"]).await;
    daemon.until_messages(5).await;
    let state = daemon.ask(&LeadQuery { lead_id: lead.lead_id }).await.unwrap();
    let came = state.news.as_ref().map(|news| (news.since, news.bits_before, news.came.len()));
    assert_eq!((state.state, came, listed(&daemon, false).await), (LeadState::Reopened, Some((2, 0.0, 2)), 1));
    let watched = backtrail(&bus, &["watch", "--since", "all", "--count", "2"]);
    let watched = watched.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(watched.contains("1 incidents came since judgement 2, when it had 0.0 bits"), "{watched}");

    // Marks lie in the agency's own stream, and machine evidence stays as it was.
    let snapshot = daemon.snapshot();
    daemon.kill();
    let _ = std::fs::remove_file(&snapshot);
    daemon = bus.daemon("nl-customs");
    daemon.until_messages(5).await;
    let again = daemon.ask(&LeadQuery { lead_id: lead.lead_id }).await.unwrap();
    assert_eq!(again, state);

    backtrail(&bus, &["lead", "undo", &id, "--by", "B. Analyst"]);
    assert_eq!((listed(&daemon, false).await, hops(&daemon, "M-2").await), (1, 1));
    backtrail(&bus, &["lead", "undo", &id, "--number", "1", "--by", "B. Analyst"]);
    let lead = daemon.ask(&LeadQuery { lead_id: lead.lead_id }).await.unwrap();
    assert_eq!((lead.state, lead.bits_left, lead.history.len()), (LeadState::Reopened, None, 5));
    assert_eq!(hops(&daemon, "M-3").await, 2);
    // What all share.
    backtrail(&bus, &mark("shared"));
    assert_eq!((listed(&daemon, false).await, hops(&daemon, "M-3").await), (0, 0));
    // An incident that is of the other end is not found through the same name either.
    officer.post(post("M-0", "2026-02-01", "consignee"), &["all"]).await;
    daemon.until_messages(6).await;
    assert_eq!(hops(&daemon, "M-3").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_value_takes_two_people() {
    let bus = Bus::start(&[("nl-customs", &["all"])]).await;
    let mut officer = bus.officer("nl-customs");
    let mut daemon = bus.daemon("nl-customs");
    let post = |reference: &str, day: &str| {
        json!({
            "own_reference": reference, "kind": "seizure", "occurred_at": day, "place": {"country": "NL"},
            "substances": [{"name": "ketamine"}], "identifiers": [{"kind": "phone", "value": "+31 20 123 4567"}],
        })
    };
    officer.post(post("S-1", "2026-03-01"), &["all"]).await;
    officer.post(post("S-2", "2026-03-10"), &["all"]).await;
    daemon.until_messages(2).await;
    assert_eq!((listed(&daemon, false).await, hops(&daemon, "S-2").await), (1, 1));

    let propose = |until: &str| ProposeStopQuery {
        value: StopValue::Identifier { kind: IdentifierKind::Phone, value: "+31201234567".to_owned() },
        until: until.parse().unwrap(),
        by: "A. Analyst".to_owned(),
        reason: "a forwarder's desk".to_owned(),
    };
    let refused = daemon.ask(&propose("2020-01-01")).await.unwrap_err().to_string();
    assert!(refused.contains("found the last day 2020-01-01"), "{refused}");
    let proposed = daemon.ask(&propose("2199-03-01")).await.unwrap();
    assert_eq!((proposed.state, listed(&daemon, false).await), (StopState::Proposed, 1));
    let refused = daemon.ask(&propose("2199-03-01")).await.unwrap_err().to_string();
    assert!(refused.contains("is proposed already"), "{refused}");
    let id = proposed.stop.stop_id.to_string();
    let approve = |by: &str| DecideStopQuery {
        stop_id: proposed.stop.stop_id,
        change: StopChange::Approved,
        by: by.to_owned(),
        reason: None,
    };
    let refused = daemon.ask(&approve("a analyst")).await.unwrap_err().to_string();
    assert!(refused.contains("somebody else has to approve it"), "{refused}");
    let shown = backtrail(&bus, &["stop", "approve", &id, "--by", "B. Boss"]);
    assert!(shown.contains("in force"), "{shown}");
    assert_eq!((listed(&daemon, false).await, listed(&daemon, true).await, hops(&daemon, "S-2").await), (0, 1, 0));

    // A rebuilt daemon knows it, and what is made later is silent from the start.
    let snapshot = daemon.snapshot();
    daemon.kill();
    let _ = std::fs::remove_file(&snapshot);
    daemon = bus.daemon("nl-customs");
    officer.post(post("S-3", "2026-03-20"), &["all"]).await;
    daemon.until_messages(3).await;
    assert_eq!((listed(&daemon, false).await, hops(&daemon, "S-3").await), (0, 0));
    // Whoever watches leads is not shown it; whoever asks is told.
    officer.post(draft("T-1", "Lotus Harbour Ltd"), &["all"]).await;
    officer.post(draft("T-2", "Lotus Harbour Ltd"), &["all"]).await;
    daemon.until_messages(5).await;
    let watched = backtrail(&bus, &["watch", "--since", "all", "--count", "1"]);
    assert!(watched.contains("Lotus Harbour") && !watched.contains("phone"), "{watched}");
    let words = "(a forwarder's desk), proposed by A. Analyst, approved by B. Boss, until 2199-03-01";
    let kind = Some(LeadKind::SharedIdentifier);
    let query = LeadsQuery { limit: 10, dismissed: true, kind, ..LeadsQuery::default() };
    let leads = daemon.ask(&query).await.unwrap().leads;
    let lead = daemon.ask(&LeadQuery { lead_id: leads[0].lead_id }).await.unwrap();
    assert_eq!((lead.state, lead.members.len()), (LeadState::Stopped, 3));
    assert!(lead.stop_value.as_ref().unwrap().ends_with(words), "{lead:?}");
    let why_not = backtrail(&bus, &["why-not", "S-1", "S-3"]).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(why_not.contains("stop value: phone") && why_not.contains(words), "{why_not}");

    backtrail(&bus, &["stop", "withdraw", &id, "--by", "A. Analyst", "--reason", "it is the trafficker's own"]);
    assert_eq!((listed(&daemon, false).await, hops(&daemon, "S-3").await), (2, 2));
    assert!(backtrail(&bus, &["stop", "list"]).contains("0 stop values"));
    assert!(backtrail(&bus, &["stop", "list", "--all"]).contains("withdrawn by A. Analyst"));
}
