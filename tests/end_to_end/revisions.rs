//! Retractions reach every lead that leaned on the incident; a revoked key signs nothing any more.

use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::Retraction;
use backtrail_bus::lead::LeadChange;
use backtrail_bus::realm::Realm;
use backtrail_tests::{Bus, draft, lead_events};

#[tokio::test(flavor = "multi_thread")]
async fn a_retraction_closes_the_lead_that_leaned_on_it() {
    let bus = Bus::start(&[("nl-customs", &["all"])]).await;
    let daemon = bus.daemon("nl-customs");
    let mut officer = bus.officer("nl-customs");
    officer.post(draft("N-1", "Lotus Harbour Chemicals"), &["all"]).await;
    let second: IncidentId = officer.post(draft("N-2", "Lotus Harbour Chemicals"), &["all"]).await;
    assert_eq!(daemon.until_messages(2).await.leads_open, 1);

    let mut retracted = officer.incident(draft("N-2", "Lotus Harbour Chemicals"), second, 2);
    retracted.retracted = Some(Retraction { reason: "laboratory: nothing controlled".into() });
    officer.queue(retracted, &["all"]);
    officer.flush().await;
    let status = daemon.until_messages(3).await;
    assert_eq!((status.incidents, status.leads_open), (1, 0));
    let events = lead_events(&bus.connect_as_daemon("nl-customs").await, Realm::Real).await;
    let last = events.last().unwrap();
    assert_eq!(last.change, LeadChange::Closed);
    assert_eq!(last.closed_because.as_deref(), Some("an incident that it rested on was retracted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_is_refused_from_then_on() {
    let mut bus = Bus::start(&[("nl-customs", &["all"])]).await;
    let mut officer = bus.officer("nl-customs");
    officer.post(draft("N-1", "Acme Chemicals"), &["all"]).await;
    let (agency, kid) = (officer.context.agency.clone(), officer.key.public().kid().clone());
    bus.deployment.revoke_key(&agency, &kid).unwrap();
    deploy::apply::apply(&bus.deployment).await.unwrap();
    officer.post(draft("N-2", "Acme Chemicals"), &["all"]).await;
    let status = bus.daemon("nl-customs").until_messages(2).await;
    assert_eq!((status.incidents, status.dead_letters), (1, 1), "what was stored before stays valid");
}
