//! A hub on which nothing happens for a while: who posts then waits no longer than at any other time.

use std::time::Duration;

use backtrail_tests::{Bus, draft};
use tokio::time::{sleep, timeout};

/// The hub closes a daemon's request for messages every five seconds, so these fall before, around and after that.
const QUIET: [Duration; 3] = [Duration::from_millis(2_500), Duration::from_millis(3_500), Duration::from_millis(5_000)];
/// Far below the time after which the hub sends again what nobody acknowledged.
const SOON: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn a_post_after_a_pause_is_taken_at_once() {
    let bus = Bus::start(&[("nl-customs", &["all"])]).await;
    let mut officer = bus.officer("nl-customs");
    let daemon = bus.daemon("nl-customs");
    daemon.until_messages(0).await;
    for (quiet, number) in QUIET.into_iter().zip(1_u64..) {
        sleep(quiet).await;
        officer.queue_draft(draft(&format!("Q-{number}"), "Kestrel Works"), &["all"]);
        assert_eq!(officer.flush().await.waiting, 0);
        timeout(SOON, daemon.until_messages(number)).await.expect("a post lies on the way");
    }
}
