//! The hub stops while posts come in: all are kept, and stored once when it is back.

use backtrail_tests::{Bus, draft};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_and_nothing_is_sent_twice() {
    let mut bus = Bus::start(&[("nl-customs", &["all"])]).await;
    let mut officer = bus.officer("nl-customs");
    for n in 0..300 {
        officer.queue_draft(draft(&format!("A-{n}"), &format!("Kestrel {n} Works")), &["all"]);
    }
    let connection = bus.connect_as_officer("nl-customs").await;
    let flushing = tokio::spawn(async move {
        let report = backtrail_bus::outbox::flush(&mut officer.outbox, &connection, |_| {}).await.unwrap();
        (officer, report)
    });
    bus.kill_hub().await;
    let (mut officer, _) = flushing.await.unwrap();
    officer.queue_draft(draft("B-1", "Posted While Down"), &["all"]);
    bus.start_hub().await;
    let report = officer.flush().await;
    assert_eq!(report.waiting, 0, "{report:?}");
    let daemon = bus.daemon("nl-customs");
    let status = daemon.until_messages(301).await;
    assert_eq!((status.incidents, status.messages, status.missing_envelopes), (301, 301, 0));
}
