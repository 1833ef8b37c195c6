//! Nothing reaches a reader whom the originator did not choose.

use std::time::Duration;

use backtrail_bus::query::{IncidentQuery, IncidentRef, LeadsQuery, QueryError};
use backtrail_bus::realm::Realm;
use backtrail_bus::subject;
use backtrail_tests::{Bus, draft, lead_events};
use futures_util::StreamExt;

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_for_a_circle_is_invisible_outside_it() {
    let bus =
        Bus::start(&[("nl-customs", &["all", "opioids"]), ("be-police", &["all", "opioids"]), ("de-post", &["all"])])
            .await;
    let (inside, outside) = (bus.daemon("be-police"), bus.daemon("de-post"));
    outside.until_messages(0).await;
    let watcher = bus.connect_as_daemon("de-post").await;
    let mut live = watcher.client.subscribe(subject::all_accepted(Realm::Real)).await.unwrap();
    watcher.client.flush().await.unwrap();

    let mut officer = bus.officer("nl-customs");
    let hidden = officer.post(draft("N-1", "Lotus Harbour Chemicals"), &["opioids"]).await;
    officer.post(draft("N-2", "Lotus Harbour Chemicals"), &["opioids"]).await;
    officer.post(draft("N-3", "Lotus Harbour Chemicals"), &["all"]).await;
    assert_eq!(inside.until_messages(3).await.leads_open, 1);
    let status = outside.until_messages(1).await;
    assert_eq!((status.messages, status.incidents, status.leads_open, status.missing_envelopes), (1, 1, 0, 0));

    for incident in [IncidentRef::Id(hidden), IncidentRef::OwnReference("N-1".into())] {
        let answer = outside.ask(&IncidentQuery { incident }).await;
        assert!(matches!(answer, Err(QueryError::NotFound(_))), "{answer:?}");
    }
    let leads = outside.ask(&LeadsQuery { closed: true, limit: 10, ..LeadsQuery::default() }).await.unwrap();
    assert_eq!((leads.total, leads.leads.len()), (0, 0));
    assert!(lead_events(&watcher, Realm::Real).await.is_empty());
    let shown = live.next().await.unwrap();
    assert!(String::from_utf8_lossy(&shown.payload).contains("N-3"));
    assert!(tokio::time::timeout(Duration::from_millis(300), live.next()).await.is_err(), "only one was shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_to_a_circle_that_is_not_ones_own_is_held_and_holds_up_no_other() {
    let bus = Bus::start(&[("nl-customs", &["all"]), ("be-police", &["all", "opioids"])]).await;
    let mut officer = bus.officer("nl-customs");
    officer.queue_draft(draft("N-1", "Acme Chemicals"), &["opioids"]);
    officer.queue_draft(draft("N-2", "Acme Chemicals"), &["all"]);
    let report = officer.flush().await;
    assert_eq!((report.sent, report.waiting, report.held.len()), (1, 1, 1), "{report:?}");
    assert!(report.interrupted.is_none(), "{report:?}");
}
