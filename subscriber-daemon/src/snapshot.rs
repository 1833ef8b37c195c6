//! The snapshot: the state on disk, so that a restart need not read everything again.
//!
//! It is only ever a short cut. One that is missing, damaged, from another version or about another stream is put
//! aside, and the hub is read from the start.

use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tracing::{info, warn};

use crate::state::State;

/// Changes with the form of the state or with what the engine makes of an incident.
const HEADER: &[u8; 24] = b"backtrail snapshot 0001\n";
const DIGEST_BYTES: usize = 32;

/// Why a snapshot could not be written.
#[derive(Debug, thiserror::Error)]
#[error("snapshot {path}: {source}")]
pub struct SnapshotError {
    path: String,
    source: std::io::Error,
}

/// Why a snapshot is not used.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("it cannot be read: {0}")]
    File(#[from] std::io::Error),
    #[error("it is of another version")]
    Version,
    #[error("it is damaged")]
    Damaged,
}

/// Where the snapshots of one daemon lie.
#[derive(Debug, Clone)]
pub(crate) struct SnapshotFile {
    path: PathBuf,
}

impl SnapshotFile {
    pub(crate) fn in_dir(dir: &Path) -> Self {
        Self { path: dir.join("state.snapshot") }
    }

    /// The saved state, or an empty one. A file that cannot be used is renamed, not deleted.
    pub(crate) fn load(&self) -> State {
        if !self.path.exists() {
            info!(path = %self.path.display(), "no snapshot, reading the hub from the start");
            return State::default();
        }
        match self.read() {
            Ok(state) => {
                info!(path = %self.path.display(), sequence = state.position.incidents, "snapshot loaded");
                state
            }
            Err(reason) => {
                let aside = self.path.with_extension("unusable");
                warn!(path = %self.path.display(), %reason, aside = %aside.display(), "snapshot put aside");
                // If it cannot be renamed it is overwritten by the next one.
                let _ = std::fs::rename(&self.path, aside);
                State::default()
            }
        }
    }

    /// Writes a snapshot in one step: the file is the old one or the new one, never half of either.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), SnapshotError> {
        let new = self.path.with_extension("new");
        let write_all = || {
            let dir = self.path.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(dir)?;
            let mut file = std::fs::File::create(&new)?;
            file.write_all(HEADER)?;
            file.write_all(&Sha256::digest(bytes))?;
            file.write_all(bytes)?;
            file.sync_all()?;
            std::fs::rename(&new, &self.path)?;
            // The rename itself is on disk once the directory is.
            std::fs::File::open(dir)?.sync_all()
        };
        write_all().map_err(|source| SnapshotError { path: self.path.display().to_string(), source })
    }

    fn read(&self) -> Result<State, Unusable> {
        let file = std::fs::read(&self.path)?;
        let rest = file.strip_prefix(HEADER).ok_or(Unusable::Version)?;
        let (digest, bytes) = rest.split_at_checked(DIGEST_BYTES).ok_or(Unusable::Damaged)?;
        if Sha256::digest(bytes).as_slice() != digest {
            return Err(Unusable::Damaged);
        }
        postcard::from_bytes(bytes).map_err(|_| Unusable::Version)
    }
}

/// The state as the snapshot holds it.
pub(crate) fn encode(state: &State) -> Vec<u8> {
    postcard::to_stdvec(state).expect("the state has only types that postcard writes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_snapshot_is_put_aside() {
        let dir = tempfile::tempdir().unwrap();
        let file = SnapshotFile::in_dir(dir.path());
        let mut state = State::default();
        state.position.incidents = 42;
        file.write(&encode(&state)).unwrap();
        assert_eq!(file.load().position, state.position);
        let mut bytes = std::fs::read(&file.path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&file.path, bytes).unwrap();
        assert_eq!(file.load().position, State::default().position);
        assert!(file.path.with_extension("unusable").exists());
        for stump in
            [&b""[..], b"backtrail snapshot 0001\n", b"backtrail snapshot 0000\nsomething else entirely here......"]
        {
            std::fs::write(&file.path, stump).unwrap();
            assert_eq!(file.load().position, State::default().position);
        }
    }
}
