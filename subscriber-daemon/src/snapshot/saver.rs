//! Saving beside the work: the follower puts its changes together, another thread writes them.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::Instant;
use tracing::error;

use super::{SnapshotError, SnapshotFile, encode_changes};
use crate::config::Config;
use crate::state::State;

/// Writes snapshots when they are due, one after the other.
#[derive(Debug)]
pub(crate) struct Saver {
    file: Arc<Mutex<SnapshotFile>>,
    /// Messages since the last part was put together.
    unsaved: u64,
    tried_at: Instant,
    saving: Option<JoinHandle<Result<(), Failed>>>,
    /// A part that could not be written. What came later counts only behind it.
    unwritten: Option<Vec<u8>>,
}

/// A part that could not be written, and why.
#[derive(Debug)]
struct Failed {
    part: Vec<u8>,
    error: SnapshotError,
}

/// When so many times more messages wait than a part should have, the follower waits for the disk.
const BEHIND: u64 = 4;

impl Saver {
    pub(crate) fn new(file: SnapshotFile) -> Self {
        let file = Arc::new(Mutex::new(file));
        Self { file, unsaved: 0, tried_at: Instant::now(), saving: None, unwritten: None }
    }

    /// Counts a message that the snapshot does not know.
    pub(crate) fn count(&mut self) {
        self.unsaved += 1;
    }

    /// Forgets what was saved: the state began anew.
    pub(crate) async fn begin_anew(&mut self) {
        self.note_saved().await;
        self.unwritten = None;
        self.unsaved = 0;
        self.file.lock().unwrap_or_else(PoisonError::into_inner).begin_anew();
    }

    /// Begins to save if enough messages came or enough time passed, and nothing else is being saved.
    pub(crate) async fn save_if_due(&mut self, config: &Config, state: &mut State) {
        if self.will_save(config) {
            self.note_saved().await;
            // A disk that was full a moment ago is not tried again at once.
            if self.unwritten.is_none() || self.tried_at.elapsed() >= config.snapshot_after {
                self.save(state);
            }
        }
    }

    /// True if [`Self::save_if_due`] has something to do.
    pub(crate) fn will_save(&self, config: &Config) -> bool {
        let is_due = self.unsaved >= config.snapshot_every
            || (self.unsaved > 0 && self.tried_at.elapsed() >= config.snapshot_after);
        let is_saving = self.saving.as_ref().is_some_and(|saving| !saving.is_finished());
        let is_behind = self.unsaved >= config.snapshot_every.saturating_mul(BEHIND);
        is_due && (!is_saving || is_behind)
    }

    /// Saves what is left, unless the rest of `state` must not be saved, and waits for it.
    pub(crate) async fn finish(&mut self, state: Option<&mut State>) -> Result<(), SnapshotError> {
        self.note_saved().await;
        let unwritten = self.unwritten.take();
        let changes = state.filter(|_| self.unsaved > 0).map(encode_changes);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        unwritten.into_iter().chain(changes).try_for_each(|part| file.append(&part))
    }

    fn save(&mut self, state: &mut State) {
        self.tried_at = Instant::now();
        let part = self.unwritten.take().unwrap_or_else(|| {
            self.unsaved = 0;
            encode_changes(state)
        });
        let file = Arc::clone(&self.file);
        self.saving = Some(spawn_blocking(move || {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            file.append(&part).map_err(|error| Failed { part, error })
        }));
    }

    /// Waits for the part in hand and reports it if it failed; the state is safe in the hub all the same.
    async fn note_saved(&mut self) {
        let Some(saving) = self.saving.take() else { return };
        match saving.await {
            Ok(Ok(())) => {}
            Ok(Err(Failed { part, error })) => {
                error!(%error, "a snapshot was not written");
                self.unwritten = Some(part);
            }
            Err(defect) => std::panic::resume_unwind(defect.into_panic()),
        }
    }
}
