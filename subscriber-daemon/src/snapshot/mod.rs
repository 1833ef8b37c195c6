//! The snapshot: the state on disk, so that a restart need not read everything again.
//!
//! It grows: each time, what changed since the last time is written behind what is there, in one part that counts as a
//! whole or not at all. So the follower waits only while its latest changes are put together, however much it holds.
//! What later parts replaced is dropped when the daemon starts, once it makes up most of the file.
//!
//! It is only ever a short cut. One that is missing, damaged, from another version or about another stream is put
//! aside, and the hub is read from the start. A last part that a crash cut off is left out, and read from the hub again.

mod saver;

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tracing::{info, warn};

pub(crate) use self::saver::Saver;
use crate::engine::{Engine, Restored, Unreadable, Written};
use crate::state::{Progress, State};

/// Changes with the form of the state or with what the engine makes of an incident.
const HEADER: &[u8; 24] = b"backtrail snapshot 0007\n";
const DIGEST_BYTES: usize = 32;
/// Length, 8 bytes, and digest of a part.
const PART_HEADER_BYTES: usize = 8 + DIGEST_BYTES;
/// No part is larger; a length beyond it is damage.
const MAX_PART_BYTES: u64 = 1 << 34;
/// Incidents in one part when all of them are written again.
const INCIDENTS_PER_PART: usize = 10_000;

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
    #[error("it contradicts itself: {0}")]
    Contradiction(#[from] Unreadable),
}

/// What one part says.
#[derive(Serialize)]
struct Part<'a> {
    written: Written<'a>,
    progress: &'a Progress,
}

#[derive(Deserialize)]
struct RestoredPart {
    restored: Restored,
    progress: Progress,
}

/// The snapshot of one daemon.
#[derive(Debug)]
pub(crate) struct SnapshotFile {
    path: PathBuf,
    /// How much of the file is whole; `None` before it is begun.
    whole: Option<u64>,
}

impl SnapshotFile {
    pub(crate) fn in_dir(dir: &Path) -> Self {
        Self { path: dir.join("state.snapshot"), whole: None }
    }

    /// The saved state, or an empty one. A file that cannot be used is renamed, not deleted.
    pub(crate) fn load(&mut self) -> State {
        if !self.path.exists() {
            info!(path = %self.path.display(), "no snapshot, reading the hub from the start");
            return State::default();
        }
        match self.read() {
            Ok((state, size)) => {
                let position = &state.progress.position;
                info!(path = %self.path.display(), sequence = position.incidents, "snapshot loaded");
                self.whole = Some(size.whole);
                if size.is_mostly_replaced()
                    && let Err(error) = self.rewrite(&state)
                {
                    warn!(%error, "the snapshot was not written anew; it is used as it is");
                }
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

    /// From now on the file begins anew.
    pub(crate) fn begin_anew(&mut self) {
        self.whole = None;
    }

    /// Writes what [`encode_changes`] made behind what is there. The part counts only if all of it arrived.
    pub(crate) fn append(&mut self, part: &[u8]) -> Result<(), SnapshotError> {
        let path = self.path.clone();
        let append = || match self.whole {
            Some(whole) => {
                let mut file = File::options().write(true).open(&self.path)?;
                // A part that was cut off is written over.
                file.set_len(whole)?;
                file.seek(SeekFrom::End(0))?;
                let written = write_part(&mut file, part)?;
                file.sync_data()?;
                Ok(whole + written)
            }
            None => self.write_whole(|file| write_part(file, part)),
        };
        let append: Result<u64, std::io::Error> = append();
        self.whole = Some(append.map_err(|source| SnapshotError { path: path.display().to_string(), source })?);
        Ok(())
    }

    /// Writes everything that the state holds, and nothing that it held before.
    fn rewrite(&mut self, state: &State) -> Result<(), std::io::Error> {
        let State { engine, progress } = state;
        let parts = engine.everything(INCIDENTS_PER_PART).map(|written| encode(&Part { written, progress }));
        let whole = self.write_whole(|file| parts.map(|part| write_part(file, &part)).sum())?;
        info!(bytes = whole, "snapshot written anew");
        self.whole = Some(whole);
        Ok(())
    }

    /// Writes a file in one step: it is the old one or the new one, never half of either.
    fn write_whole(&self, parts: impl FnOnce(&mut File) -> std::io::Result<u64>) -> std::io::Result<u64> {
        let new = self.path.with_extension("new");
        let dir = self.path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(dir)?;
        let mut file = File::create(&new)?;
        file.write_all(HEADER)?;
        let written = parts(&mut file)?;
        file.sync_all()?;
        std::fs::rename(&new, &self.path)?;
        // The rename itself is on disk once the directory is.
        File::open(dir)?.sync_all()?;
        Ok(HEADER.len() as u64 + written)
    }

    /// Reads and checks the file on one thread and puts it back on another.
    fn read(&self) -> Result<(State, Size), Unusable> {
        let mut file = BufReader::new(File::open(&self.path)?);
        let mut header = [0; HEADER.len()];
        if !read_whole(&mut file, &mut header)? || header != *HEADER {
            return Err(Unusable::Version);
        }
        let (sender, parts) = sync_channel(2);
        std::thread::scope(|scope| {
            let reader = scope.spawn(move || {
                let mut whole = HEADER.len() as u64;
                while let Some((part, bytes)) = read_part(&mut file)? {
                    whole += bytes;
                    // Whoever does not take it found a contradiction.
                    if sender.send(part).is_err() {
                        break;
                    }
                }
                Ok::<u64, Unusable>(whole)
            });
            let mut state = State { engine: Engine::noting_changes(), progress: Progress::default() };
            let mut replaced = 0;
            let mut incidents = 0;
            let mut result = Ok(());
            for RestoredPart { restored, progress } in parts {
                incidents += restored.incident_count();
                state.progress = progress;
                result = state.engine.restore(restored);
                if result.is_err() {
                    break;
                }
                replaced = incidents - state.engine.held_count();
            }
            // A reader that panicked has read nothing.
            let whole = reader.join().unwrap_or(Err(Unusable::Damaged))?;
            result?;
            state.engine.finish_restoring();
            Ok((state, Size { whole, incidents, replaced }))
        })
    }
}

/// What a file was found to hold.
struct Size {
    whole: u64,
    incidents: usize,
    /// Incidents that a later part replaced.
    replaced: usize,
}

impl Size {
    fn is_mostly_replaced(&self) -> bool {
        self.replaced * 2 > self.incidents
    }
}

/// What changed since the last call, as [`SnapshotFile::append`] writes it.
pub(crate) fn encode_changes(state: &mut State) -> Vec<u8> {
    let State { engine, progress } = state;
    encode(&Part { written: engine.changes(), progress })
}

fn encode(part: &Part<'_>) -> Vec<u8> {
    postcard::to_stdvec(part).expect("the state has only types that postcard writes")
}

fn write_part(file: &mut File, part: &[u8]) -> std::io::Result<u64> {
    file.write_all(&(part.len() as u64).to_le_bytes())?;
    file.write_all(&Sha256::digest(part))?;
    file.write_all(part)?;
    Ok((PART_HEADER_BYTES + part.len()) as u64)
}

/// The next part with its size on disk; `None` at the end of the file or where it was cut off.
fn read_part(file: &mut impl Read) -> Result<Option<(RestoredPart, u64)>, Unusable> {
    let mut header = [0; PART_HEADER_BYTES];
    if !read_whole(file, &mut header)? {
        return Ok(None);
    }
    let (length, digest) = header.split_at(8);
    let length = u64::from_le_bytes(length.try_into().expect("eight bytes"));
    if length > MAX_PART_BYTES {
        return Err(Unusable::Damaged);
    }
    let mut part = Vec::new();
    if file.take(length).read_to_end(&mut part)? as u64 != length {
        return Ok(None);
    }
    if Sha256::digest(&part).as_slice() != digest {
        return Err(Unusable::Damaged);
    }
    let restored = postcard::from_bytes(&part).map_err(|_| Unusable::Version)?;
    Ok(Some((restored, PART_HEADER_BYTES as u64 + length)))
}

/// False if the file ends before `bytes` are full.
fn read_whole(file: &mut impl Read, bytes: &mut [u8]) -> std::io::Result<bool> {
    match file.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use backtrail_bus::exercise::{Settings, generate};
    use backtrail_bus::judgement::{EvidenceMark, LeadState, MarkedAs, MarkedEvidence, Verdict};
    use backtrail_bus::query::{LeadLine, LeadsQuery};
    use backtrail_bus::stop_value::{StopLine, StopValue};

    use super::*;
    use crate::engine::{Applied, Asked};

    /// Everything that can be seen of a state.
    fn seen(state: &State) -> (Vec<LeadLine>, Vec<StopLine>, usize, &Progress) {
        let query = LeadsQuery { limit: 10_000, closed: true, dismissed: true, ..Default::default() };
        let (leads, stops) = (state.engine.leads(&query).leads, state.engine.stop_values(true));
        (leads, stops, state.engine.incident_count(), &state.progress)
    }

    /// People mark evidence of a lead and stop a value, in the one state and in the other.
    fn work_leads(states: [&mut State; 2]) {
        let now = "2026-11-25T00:00:00Z".parse().unwrap();
        for State { engine, .. } in states {
            let leads = engine.leads(&LeadsQuery { limit: 2, ..LeadsQuery::default() }).leads;
            let evidence = MarkedEvidence::Shared;
            let mark = Some(EvidenceMark { evidence, marked_as: MarkedAs::Forwarder });
            let (by, reason) = ("A".to_owned(), Some("a forwarder".to_owned()));
            let (lead_id, verdict, undoes) = (leads[0].lead_id, Verdict::Marked, None);
            let marked = engine.judgement(Asked { lead_id, verdict, by, reason, mark, undoes }, now).unwrap();
            engine.judge(marked);
            let value = StopValue::Party("Lotus Harbour Co., Ltd.".to_owned());
            let until = "2199-01-01".parse().unwrap();
            engine.take_stop(engine.propose_stop(value, until, "A".to_owned(), "a hub".to_owned(), now).unwrap());
        }
    }

    /// How many incidents came by a circle.
    fn of_circle(state: &mut State, circle: &str) -> usize {
        let circle = backtrail_bus::agency::CircleId::new(circle).ok();
        state
            .engine
            .find_all(&backtrail_bus::query::FindQuery { circle, limit: 1, ..Default::default() })
            .unwrap()
            .total
    }

    #[test]
    fn a_state_comes_back_from_its_changes() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = SnapshotFile::in_dir(dir.path());
        let exercise = generate(&Settings { incidents: 600, noise: 2.0, ..Settings::default() });
        let mut state = State::default();
        let mut reloaded = State::default();
        for (number, incidents) in exercise.incidents.chunks(250).enumerate() {
            for incident in incidents {
                let one = state.engine.apply(incident.clone(), &incident.to_bytes()).unwrap();
                // A state that was put back goes on as if nothing had happened.
                assert_eq!(one, reloaded.engine.apply(incident.clone(), &incident.to_bytes()).unwrap());
                assert_ne!(one, Applied::Duplicate);
                let circle = backtrail_bus::agency::CircleId::new(if number == 0 { "all" } else { "opioids" }).unwrap();
                state.engine.posted_to(incident.incident_id, &circle);
                reloaded.engine.posted_to(incident.incident_id, &circle);
            }
            if number == 1 {
                work_leads([&mut state, &mut reloaded]);
            }
            state.progress.position.incidents = number as u64;
            file.append(&encode_changes(&mut state)).unwrap();
            reloaded = SnapshotFile::in_dir(dir.path()).load();
            assert_eq!(seen(&reloaded), seen(&state));
        }
        assert!(state.engine.open_lead_count() > 10);
        assert!(seen(&state).0.iter().any(|lead| lead.state == LeadState::SetAside) && seen(&state).1.len() == 1);
        file.rewrite(&state).unwrap();
        let mut rewritten = SnapshotFile::in_dir(dir.path()).load();
        assert_eq!(seen(&rewritten), seen(&state));
        for (circle, expected) in [("all", 200), ("opioids", 300)] {
            let count = of_circle(&mut state, circle);
            assert!(count > expected, "{count}");
            assert_eq!((of_circle(&mut reloaded, circle), of_circle(&mut rewritten, circle)), (count, count));
        }
    }

    /// Measures with a large file: `BACKTRAIL_INCIDENTS=FILE cargo test --release -p subscriber-daemon -- --ignored
    /// --nocapture large`.
    #[test]
    #[ignore = "a measurement"]
    fn a_large_state_is_saved_and_loaded() {
        use std::io::BufRead;
        use std::time::{Duration, Instant};

        let incidents = std::env::var("BACKTRAIL_INCIDENTS").expect("BACKTRAIL_INCIDENTS names a file");
        let dir = tempfile::tempdir().unwrap();
        let mut file = SnapshotFile::in_dir(dir.path());
        let mut state = State::default();
        let mut pauses: Vec<Duration> = Vec::new();
        for (line, number) in BufReader::new(File::open(incidents).unwrap()).split(b'\n').zip(1..) {
            let line = line.unwrap();
            let incident = backtrail_bus::incident::Incident::read(&line).unwrap();
            state.engine.apply(incident.clone(), &line).unwrap();
            if number % INCIDENTS_PER_PART == 0 {
                let begin = Instant::now();
                let part = encode_changes(&mut state);
                pauses.push(begin.elapsed());
                file.append(&part).unwrap();
            }
        }
        file.append(&encode_changes(&mut state)).unwrap();
        let begin = Instant::now();
        let reloaded = SnapshotFile::in_dir(dir.path()).load();
        let (loading, bytes) = (begin.elapsed(), std::fs::metadata(&file.path).unwrap().len());
        let longest = pauses.iter().max().unwrap();
        println!("longest pause {longest:?}; {bytes} bytes; loaded in {loading:?}");
        assert_eq!(seen(&reloaded), seen(&state));
    }

    #[test]
    fn a_part_that_was_cut_off_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = SnapshotFile::in_dir(dir.path());
        let mut state = State::default();
        for sequence in [1, 2] {
            state.progress.position.incidents = sequence;
            file.append(&encode_changes(&mut state)).unwrap();
        }
        let bytes = std::fs::read(&file.path).unwrap();
        std::fs::write(&file.path, &bytes[..bytes.len() - 1]).unwrap();
        let mut file = SnapshotFile::in_dir(dir.path());
        let mut state = file.load();
        assert_eq!(state.progress.position.incidents, 1);
        state.progress.position.incidents = 3;
        file.append(&encode_changes(&mut state)).unwrap();
        assert_eq!(SnapshotFile::in_dir(dir.path()).load().progress, state.progress);
    }

    #[test]
    fn a_damaged_snapshot_is_put_aside() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = SnapshotFile::in_dir(dir.path());
        let mut state = State::default();
        state.progress.position.incidents = 42;
        file.append(&encode_changes(&mut state)).unwrap();
        assert_eq!(file.load().progress, state.progress);
        let mut bytes = std::fs::read(&file.path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&file.path, bytes).unwrap();
        assert_eq!(file.load().progress, Progress::default());
        assert!(file.path.with_extension("unusable").exists());
        let far = [HEADER.as_slice(), &[0xff; 60]].concat();
        for stump in [&b""[..], b"backtrail snapshot 0001\n", b"something else entirely here......", &far] {
            std::fs::write(&file.path, stump).unwrap();
            assert_eq!(file.load().progress, Progress::default());
        }
    }
}
