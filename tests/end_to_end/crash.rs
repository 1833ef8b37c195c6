//! The daemon is killed again and again; its lead events are those of a daemon that was left alone.

use std::collections::BTreeSet;

use backtrail_bus::lead::LeadEvent;
use backtrail_bus::outbox::Post;
use backtrail_bus::realm::Realm;
use backtrail_tests::{Bus, draft, lead_events, open_leads};

const INCIDENTS: u64 = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_changes_no_lead_and_repeats_none() {
    let bus = Bus::start(&[("nl-customs", &["all"]), ("be-police", &["all"])]).await;
    let mut officer = bus.officer("nl-customs");
    let circles = vec![officer.context.circle.clone().unwrap()];
    let posts: Vec<Post> = (0..INCIDENTS)
        .map(|n| {
            let draft = draft(&format!("N-{n}"), &format!("Kestrel Works {}", n % 1_500));
            let incident = officer.incident(draft, backtrail_bus::id::IncidentId::generate(), 1);
            Post { incident, circles: circles.clone(), reference: None }
        })
        .collect();
    officer.outbox.enqueue(&posts, &officer.key).unwrap();
    assert_eq!(officer.flush().await.waiting, 0);

    for (kill_at, harm) in [(700, ""), (2_500, ""), (4_500, "delete"), (3_000, "damage"), (8_000, "")] {
        let daemon = bus.daemon("nl-customs");
        daemon.until("some progress", |status| status.messages >= kill_at).await;
        let snapshot = daemon.snapshot();
        daemon.kill();
        match harm {
            "delete" => std::fs::remove_file(&snapshot).unwrap(),
            "damage" => std::fs::write(&snapshot, b"backtrail snapshot 0001\nnot what was written").unwrap(),
            _ => {}
        }
    }
    let (disturbed, undisturbed) = (bus.daemon("nl-customs"), bus.daemon("be-police"));
    let left = disturbed.until_messages(INCIDENTS).await;
    let right = undisturbed.until_messages(INCIDENTS).await;
    assert_eq!((left.incidents, left.leads_open), (right.incidents, right.leads_open));

    let left = lead_events(&bus.connect_as_daemon("nl-customs").await, Realm::Real).await;
    let right = lead_events(&bus.connect_as_daemon("be-police").await, Realm::Real).await;
    let ids: BTreeSet<String> = left.iter().map(LeadEvent::event_id).collect();
    assert_eq!(ids.len(), left.len(), "an event was published twice");
    assert_eq!(open_leads(&left), open_leads(&right));
    assert_eq!(left, right);
    assert!(left.len() > 5_000, "the story has leads to lose");
}
