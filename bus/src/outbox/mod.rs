//! The outbox: a post is safe on disk before anything is sent, and called sent only when the stream said so.
//!
//! SQLite keeps it, with every commit forced to disk, so that a crash or a power cut loses nothing and two programs
//! can use it at once. Envelopes are signed when they enter: their order in a chain is their order here.

mod entry;
mod send;

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

pub use self::entry::{Entry, EntryId, EntryState, Item};
pub use self::send::{FlushReport, Held, flush};

use crate::agency::CircleId;
use crate::channel::Channel;
use crate::envelope::{Content, Envelope};
use crate::exchange::ExchangeEvent;
use crate::id::{IncidentId, ThreadId};
use crate::incident::Incident;
use crate::key::{KeyId, SigningKey};
use crate::signature::{ChainLink, EnvelopeDigest};
use crate::subject::ExchangeSubject;

/// How long to wait for another program that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS entry (
        id INTEGER PRIMARY KEY,
        about TEXT NOT NULL,
        revision INTEGER NOT NULL,
        channel TEXT NOT NULL,
        subject TEXT NOT NULL,
        message_id TEXT NOT NULL UNIQUE,
        headers TEXT NOT NULL,
        payload BLOB NOT NULL,
        queued_at TEXT NOT NULL,
        stream_sequence INTEGER,
        problem TEXT
    ) STRICT;
    CREATE INDEX IF NOT EXISTS entry_waiting ON entry (id) WHERE stream_sequence IS NULL;
    CREATE INDEX IF NOT EXISTS entry_about ON entry (about);
    CREATE TABLE IF NOT EXISTS reference (
        reference TEXT PRIMARY KEY,
        incident_id TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS chain (
        kid TEXT NOT NULL,
        channel TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        digest TEXT NOT NULL,
        PRIMARY KEY (kid, channel)
    ) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 1;
";

/// The first outbox held incidents only. A circle as it was kept there is the key of its channel.
const FROM_VERSION_0: &str = "
    ALTER TABLE entry RENAME COLUMN incident_id TO about;
    ALTER TABLE entry RENAME COLUMN circle TO channel;
    ALTER TABLE chain RENAME COLUMN circle TO channel;
    DROP INDEX IF EXISTS entry_incident;
";

/// The outbox of one context in one realm.
#[derive(Debug)]
pub struct Outbox {
    database: Connection,
    path: PathBuf,
}

/// One incident on its way in.
#[derive(Debug, Clone)]
pub struct Post {
    pub incident: Incident,
    pub circles: Vec<CircleId>,
    /// What makes it the same post when it is brought again: the own reference, or a digest of the row.
    pub reference: Option<String>,
}

/// What became of a post on its way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queued {
    New,
    /// Its reference is known; the incident that it already is.
    Known(IncidentId),
}

/// Why the outbox cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    #[error("outbox {path}: {source}")]
    Directory { path: String, source: std::io::Error },
    #[error("outbox: {0}")]
    Database(#[from] rusqlite::Error),
    #[error("outbox: entry {id} holds {found:?}, which is not what was written there")]
    Damaged { id: i64, found: String },
}

impl Outbox {
    /// Opens the outbox in `directory`, or makes it.
    pub fn open(directory: &Path) -> Result<Self, OutboxError> {
        let error = |source| OutboxError::Directory { path: directory.display().to_string(), source };
        std::fs::create_dir_all(directory).map_err(error)?;
        let path = directory.join("outbox.sqlite");
        let database = Connection::open(&path)?;
        database.busy_timeout(BUSY_TIMEOUT)?;
        // FULL makes a commit wait for the disk; in WAL mode that is one sync.
        database.pragma_update(None, "journal_mode", "WAL")?;
        database.pragma_update(None, "synchronous", "FULL")?;
        let mut outbox = Self { database, path };
        outbox.bring_up_to_date()?;
        Ok(outbox)
    }

    fn bring_up_to_date(&mut self) -> Result<(), OutboxError> {
        let version = |database: &Connection| database.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
        if version(&self.database)? >= 1 {
            return Ok(());
        }
        let transaction = self.database.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let is_old = "SELECT count(*) FROM pragma_table_info('entry') WHERE name = 'incident_id'";
        if transaction.query_row(is_old, [], |row| row.get::<_, i64>(0))? > 0 {
            transaction.execute_batch(FROM_VERSION_0)?;
        }
        transaction.execute_batch(SCHEMA)?;
        Ok(transaction.commit()?)
    }

    /// The file that holds it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes all posts or, on an error, none. Signs one envelope per circle.
    pub fn enqueue(&mut self, posts: &[Post], key: &SigningKey) -> Result<Vec<Queued>, OutboxError> {
        let transaction = self.database.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut queued = Vec::with_capacity(posts.len());
        for post in posts {
            if let Some(reference) = &post.reference {
                if let Some(known) = known_reference(&transaction, reference)? {
                    queued.push(Queued::Known(known));
                    continue;
                }
                transaction
                    .prepare_cached("INSERT INTO reference VALUES (?1, ?2)")?
                    .execute(params![reference, post.incident.incident_id.to_string()])?;
            }
            let Incident { incident_id, revision, .. } = post.incident;
            for circle in &post.circles {
                let channel = Channel::Incidents(circle.clone());
                let subject = post.incident.subject(circle);
                let about = About { id: &incident_id, revision };
                add(&transaction, &post.incident, &subject, &channel, about, key)?;
            }
            queued.push(Queued::New);
        }
        transaction.commit()?;
        Ok(queued)
    }

    /// Takes all events or, on an error, none, each with where it is posted; signs them.
    pub fn enqueue_events(
        &mut self,
        events: &[(ExchangeEvent, ExchangeSubject)],
        key: &SigningKey,
    ) -> Result<(), OutboxError> {
        let transaction = self.database.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        for (event, subject) in events {
            let about = About { id: &subject.thread_id, revision: 0 };
            add(&transaction, event, subject, &subject.channel, about, key)?;
        }
        Ok(transaction.commit()?)
    }

    /// The incident that was posted under `reference` from here.
    pub fn known_reference(&self, reference: &str) -> Result<Option<IncidentId>, OutboxError> {
        known_reference(&self.database, reference)
    }

    /// Up to `limit` entries that wait, in their order, beginning after `after`.
    pub fn waiting(&self, after: Option<EntryId>, limit: usize) -> Result<Vec<Entry>, OutboxError> {
        let mut statement = self
            .database
            .prepare_cached("SELECT * FROM entry WHERE stream_sequence IS NULL AND id > ?1 ORDER BY id LIMIT ?2")?;
        entry::collect(statement.query(params![after.map_or(0, |id| id.0), i64::try_from(limit).unwrap_or(i64::MAX)])?)
    }

    /// The newest `limit` entries, newest first.
    pub fn newest(&self, limit: usize) -> Result<Vec<Entry>, OutboxError> {
        let mut statement = self.database.prepare_cached("SELECT * FROM entry ORDER BY id DESC LIMIT ?1")?;
        entry::collect(statement.query(params![i64::try_from(limit).unwrap_or(i64::MAX)])?)
    }

    /// All entries of one incident, oldest first.
    pub fn of_incident(&self, incident_id: IncidentId) -> Result<Vec<Entry>, OutboxError> {
        self.about(&incident_id)
    }

    /// All entries of one thread, oldest first.
    pub fn of_thread(&self, thread_id: ThreadId) -> Result<Vec<Entry>, OutboxError> {
        self.about(&thread_id)
    }

    fn about(&self, id: &dyn std::fmt::Display) -> Result<Vec<Entry>, OutboxError> {
        let mut statement = self.database.prepare_cached("SELECT * FROM entry WHERE about = ?1 ORDER BY id")?;
        entry::collect(statement.query(params![id.to_string()])?)
    }

    /// How many entries wait, counted by their index: what was sent may be very much.
    pub fn waiting_count(&self) -> Result<u64, OutboxError> {
        self.count("SELECT count(*) FROM entry WHERE stream_sequence IS NULL")
    }

    /// How many entries wait and how many were sent.
    pub fn counts(&self) -> Result<(u64, u64), OutboxError> {
        let (waiting, all) = (self.waiting_count()?, self.count("SELECT count(*) FROM entry")?);
        Ok((waiting, all.saturating_sub(waiting)))
    }

    fn count(&self, query: &str) -> Result<u64, OutboxError> {
        let mut statement = self.database.prepare_cached(query)?;
        Ok(statement.query_row([], |row| row.get::<_, i64>(0))?.cast_unsigned())
    }

    /// Records the stream's acknowledgements: entry and stream sequence.
    pub fn mark_sent(&mut self, acknowledged: &[(EntryId, u64)]) -> Result<(), OutboxError> {
        let transaction = self.database.transaction()?;
        for (id, sequence) in acknowledged {
            transaction
                .prepare_cached("UPDATE entry SET stream_sequence = ?2, problem = NULL WHERE id = ?1")?
                .execute(params![id.0, sequence.cast_signed()])?;
        }
        Ok(transaction.commit()?)
    }

    /// Records why an entry is still here.
    pub fn note_problem(&mut self, id: EntryId, problem: &str) -> Result<(), OutboxError> {
        self.database.execute("UPDATE entry SET problem = ?2 WHERE id = ?1", params![id.0, problem])?;
        Ok(())
    }
}

fn known_reference(database: &Connection, reference: &str) -> Result<Option<IncidentId>, OutboxError> {
    let found: Option<String> = database
        .prepare_cached("SELECT incident_id FROM reference WHERE reference = ?1")?
        .query_row([reference], |row| row.get(0))
        .optional()?;
    found.map(|text| text.parse().map_err(|_| OutboxError::Damaged { id: 0, found: text })).transpose()
}

/// What an entry is about.
struct About<'a> {
    id: &'a dyn std::fmt::Display,
    /// 0 where there are no revisions.
    revision: u32,
}

/// Signs `content` as the next link of the channel's chain, and keeps it.
fn add<T: Content>(
    transaction: &Transaction<'_>,
    content: &T,
    subject: &T::Subject,
    channel: &Channel,
    about: About<'_>,
    key: &SigningKey,
) -> Result<(), OutboxError> {
    let kid = key.public().kid().clone();
    let link = next_link(transaction, &kid, channel)?;
    let sequence = link.sequence;
    let (envelope, digest) = Envelope::seal(content, subject, key, link);
    let headers = serde_json::to_string(&envelope.headers).expect("pairs of texts are JSON");
    transaction
        .prepare_cached(
            "INSERT INTO entry (about, revision, channel, subject, message_id, headers, payload, queued_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            about.id.to_string(),
            about.revision,
            channel.key(),
            envelope.subject,
            envelope.message_id,
            headers,
            envelope.payload,
            Timestamp::now().to_string(),
        ])?;
    transaction.prepare_cached("INSERT OR REPLACE INTO chain VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        kid.as_str(),
        channel.key(),
        sequence.cast_signed(),
        digest.as_str()
    ])?;
    Ok(())
}

fn next_link(transaction: &Transaction<'_>, kid: &KeyId, channel: &Channel) -> Result<ChainLink, OutboxError> {
    let last: Option<(i64, String)> = transaction
        .prepare_cached("SELECT sequence, digest FROM chain WHERE kid = ?1 AND channel = ?2")?
        .query_row(params![kid.as_str(), channel.key()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(match last {
        None => ChainLink { sequence: 1, previous: None },
        Some((sequence, digest)) => {
            ChainLink { sequence: sequence.cast_unsigned() + 1, previous: Some(EnvelopeDigest::from_text(digest)) }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agency::AgencyId;
    use crate::incident::{Draft, Origin};
    use crate::realm::Realm;
    use crate::registers::Registers;
    use crate::signature::Protected;

    fn post(reference: Option<&str>, circles: &[&str]) -> Post {
        let json = r#"{"kind":"seizure","occurred_at":"2026-03-04","place":{"country":"NL"},
            "substances":[{"name":"ketamine","quantity":{"amount":"2","unit":"kg"}}]}"#;
        let origin = Origin {
            incident_id: IncidentId::generate(),
            revision: 1,
            originator: AgencyId::new("nl-customs").unwrap(),
            realm: Realm::Real,
            reported_at: Timestamp::now(),
        };
        let draft = Draft::parse(json.as_bytes()).unwrap();
        let (incident, _) = draft.complete(origin, Registers::shipped()).unwrap();
        let circles = circles.iter().map(|circle| CircleId::new(*circle).unwrap()).collect();
        Post { incident, circles, reference: reference.map(str::to_owned) }
    }

    fn link(entry: &Entry) -> ChainLink {
        let (_, jws) = entry.envelope.headers.iter().find(|(name, _)| name == "Backtrail-Signature").unwrap();
        Protected::peek(jws).unwrap().link
    }

    #[test]
    fn keeps_what_is_not_sent_across_openings() {
        let dir = tempfile::tempdir().unwrap();
        let key = SigningKey::generate();
        let mut outbox = Outbox::open(dir.path()).unwrap();
        outbox.enqueue(&[post(None, &["all"]), post(None, &["all", "opioids"])], &key).unwrap();
        let before = outbox.waiting(None, 10).unwrap();
        assert_eq!(before.len(), 3);
        outbox.mark_sent(&[(before[0].id, 17)]).unwrap();
        drop(outbox);
        let outbox = Outbox::open(dir.path()).unwrap();
        assert_eq!(outbox.waiting(None, 10).unwrap(), before[1..]);
        assert_eq!(outbox.counts().unwrap(), (2, 1));
        assert_eq!(outbox.newest(10).unwrap()[2].state, EntryState::Sent { stream_sequence: 17 });
    }

    #[test]
    fn an_outbox_of_the_first_version_is_read_on() {
        let dir = tempfile::tempdir().unwrap();
        let key = SigningKey::generate();
        let mut outbox = Outbox::open(dir.path()).unwrap();
        outbox.enqueue(&[post(Some("NLC-1"), &["all"])], &key).unwrap();
        let before = outbox.waiting(None, 10).unwrap();
        let undo = "ALTER TABLE entry RENAME COLUMN about TO incident_id;
            ALTER TABLE entry RENAME COLUMN channel TO circle;
            ALTER TABLE chain RENAME COLUMN channel TO circle;
            DROP INDEX entry_about;
            CREATE INDEX entry_incident ON entry (incident_id);
            PRAGMA user_version = 0;";
        outbox.database.execute_batch(undo).unwrap();
        drop(outbox);
        let mut outbox = Outbox::open(dir.path()).unwrap();
        assert_eq!(outbox.waiting(None, 10).unwrap(), before);
        outbox.enqueue(&[post(None, &["all"])], &key).unwrap();
        assert_eq!(link(&outbox.waiting(None, 10).unwrap()[1]).sequence, 2, "the chain goes on");
    }

    #[test]
    fn a_reference_is_taken_once() {
        let dir = tempfile::tempdir().unwrap();
        let key = SigningKey::generate();
        let mut outbox = Outbox::open(dir.path()).unwrap();
        let first = post(Some("NLC-1"), &["all"]);
        assert_eq!(outbox.enqueue(std::slice::from_ref(&first), &key).unwrap(), [Queued::New]);
        let again = [post(Some("NLC-1"), &["all"]), post(Some("NLC-2"), &["all"])];
        let queued = outbox.enqueue(&again, &key).unwrap();
        assert_eq!(queued, [Queued::Known(first.incident.incident_id), Queued::New]);
        assert_eq!(outbox.counts().unwrap(), (2, 0));
    }

    #[test]
    fn each_circle_has_its_own_chain() {
        let dir = tempfile::tempdir().unwrap();
        let key = SigningKey::generate();
        let mut outbox = Outbox::open(dir.path()).unwrap();
        outbox.enqueue(&[post(None, &["all", "opioids"])], &key).unwrap();
        outbox.enqueue(&[post(None, &["all"])], &key).unwrap();
        let entries = outbox.waiting(None, 10).unwrap();
        let sequences: Vec<u64> = entries.iter().map(|entry| link(entry).sequence).collect();
        assert_eq!(sequences, [1, 1, 2]);
        let (_, jws) = entries[0].envelope.headers.last().unwrap();
        assert_eq!(link(&entries[2]).previous, Some(EnvelopeDigest::of(jws)));
    }
}
