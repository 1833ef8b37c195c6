//! The harness of the stories: a real hub with the configuration that `deploy` renders, officers who post through
//! their outboxes, and daemons as processes of their own.

mod bus;
mod command;
mod daemon;
mod officer;
mod streams;

pub use self::bus::{Bus, program};
pub use self::command::{backtrail, done};
pub use self::daemon::Daemon;
pub use self::officer::{Officer, draft};
pub use self::streams::{dead_letters, lead_events, open_leads};

use std::time::{Duration, Instant};

/// How long anything may take that a story waits for.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Asks again and again until the answer is there; panics with `what` when patience runs out.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what} did not happen within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
