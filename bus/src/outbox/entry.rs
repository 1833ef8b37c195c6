//! One envelope in the outbox.

use jiff::Timestamp;
use rusqlite::{Row, Rows};

use super::OutboxError;
use crate::agency::CircleId;
use crate::channel::Channel;
use crate::envelope::Envelope;
use crate::id::{IncidentId, ThreadId};

/// The place of an entry in the outbox; entries go out in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub(super) i64);

/// One envelope, waiting or sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub id: EntryId,
    pub item: Item,
    /// Whom it is for.
    pub channel: Channel,
    pub envelope: Envelope,
    pub queued_at: Timestamp,
    pub state: EntryState,
}

/// What an envelope holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// A revision of an incident.
    Incident { incident_id: IncidentId, revision: u32 },
    /// An event of a thread.
    Event { thread_id: ThreadId },
}

/// Whether an entry has gone out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryState {
    /// Not yet; with the reason, if it was tried.
    Waiting { problem: Option<String> },
    /// The stream acknowledged it.
    Sent { stream_sequence: u64 },
}

impl Entry {
    /// The incident and its revision, if it is one.
    pub fn incident(&self) -> Option<(IncidentId, u32)> {
        match self.item {
            Item::Incident { incident_id, revision } => Some((incident_id, revision)),
            Item::Event { .. } => None,
        }
    }

    /// The circle, if it is an incident.
    pub fn circle(&self) -> Option<&CircleId> {
        match &self.channel {
            Channel::Incidents(circle) => Some(circle),
            Channel::Agency(_) | Channel::Notices(_) => None,
        }
    }
}

pub(super) fn collect(mut rows: Rows<'_>) -> Result<Vec<Entry>, OutboxError> {
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(read(row)?);
    }
    Ok(entries)
}

fn read(row: &Row<'_>) -> Result<Entry, OutboxError> {
    let id: i64 = row.get("id")?;
    let text = |column: &str| row.get::<_, String>(column);
    let damaged = |found: String| OutboxError::Damaged { id, found };
    let about = text("about")?;
    let channel = text("channel")?;
    let channel: Channel = channel.parse().map_err(|_| damaged(channel))?;
    let item = match &channel {
        Channel::Incidents(_) => {
            Item::Incident { incident_id: about.parse().map_err(|_| damaged(about))?, revision: row.get("revision")? }
        }
        Channel::Agency(_) | Channel::Notices(_) => {
            Item::Event { thread_id: about.parse().map_err(|_| damaged(about))? }
        }
    };
    let headers = text("headers")?;
    let queued_at = text("queued_at")?;
    let state = match row.get::<_, Option<i64>>("stream_sequence")? {
        Some(sequence) => EntryState::Sent { stream_sequence: sequence.cast_unsigned() },
        None => EntryState::Waiting { problem: row.get("problem")? },
    };
    Ok(Entry {
        id: EntryId(id),
        item,
        channel,
        envelope: Envelope {
            subject: text("subject")?,
            message_id: text("message_id")?,
            headers: serde_json::from_str(&headers).map_err(|_| damaged(headers))?,
            payload: row.get("payload")?,
        },
        queued_at: queued_at.parse().map_err(|_| damaged(queued_at))?,
        state,
    })
}
