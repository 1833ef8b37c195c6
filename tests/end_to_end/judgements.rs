//! People judge leads; what they said outlives the daemon and its snapshot, and new evidence brings a lead back.

use backtrail_bus::id::LeadId;
use backtrail_bus::judgement::{LeadState, Verdict};
use backtrail_bus::query::{IncidentRef, JudgeQuery, LeadQuery, LeadsQuery, TraceQuery};
use backtrail_bus::trace::Direction;
use backtrail_tests::{Bus, Daemon, draft};

async fn listed(daemon: &Daemon, dismissed: bool) -> usize {
    let query = LeadsQuery { limit: 10, dismissed, ..LeadsQuery::default() };
    daemon.ask(&query).await.unwrap().leads.len()
}

async fn hops(daemon: &Daemon, reference: &str) -> u32 {
    let incident = IncidentRef::OwnReference(reference.to_owned());
    daemon.ask(&TraceQuery { incident, depth: None, direction: Direction::Upstream }).await.unwrap().hops
}

fn judge(lead_id: LeadId, verdict: Verdict, reason: Option<&str>) -> JudgeQuery {
    JudgeQuery { lead_id, verdict, by: "A. Analyst".to_owned(), reason: reason.map(str::to_owned) }
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
    let by = answer.history.iter().map(|judgement| (judgement.number, judgement.by.as_str())).collect::<Vec<_>>();
    assert_eq!(by, [(1, "A. Analyst"), (2, "A. Analyst")]);
    // Undo is the opposite verdict.
    daemon.ask(&judge(lead_id, Verdict::Confirmed, None)).await.unwrap();
    let answer = daemon.ask(&judge(lead_id, Verdict::Reopened, None)).await.unwrap();
    assert_eq!((answer.state, answer.history.len()), (LeadState::Reopened, 4));
}
