//! One envelope in the outbox.

use jiff::Timestamp;
use rusqlite::{Row, Rows};

use super::OutboxError;
use crate::agency::CircleId;
use crate::envelope::Envelope;
use crate::id::IncidentId;

/// The place of an entry in the outbox; entries go out in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub(super) i64);

/// One envelope, waiting or sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub id: EntryId,
    pub incident_id: IncidentId,
    pub revision: u32,
    pub circle: CircleId,
    pub envelope: Envelope,
    pub queued_at: Timestamp,
    pub state: EntryState,
}

/// Whether an entry has gone out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryState {
    /// Not yet; with the reason, if it was tried.
    Waiting { problem: Option<String> },
    /// The stream acknowledged it.
    Sent { stream_sequence: u64 },
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
    let incident_id = text("incident_id")?;
    let circle = text("circle")?;
    let headers = text("headers")?;
    let queued_at = text("queued_at")?;
    let state = match row.get::<_, Option<i64>>("stream_sequence")? {
        Some(sequence) => EntryState::Sent { stream_sequence: sequence.cast_unsigned() },
        None => EntryState::Waiting { problem: row.get("problem")? },
    };
    Ok(Entry {
        id: EntryId(id),
        incident_id: incident_id.parse().map_err(|_| damaged(incident_id))?,
        revision: row.get("revision")?,
        circle: CircleId::new(circle.as_str()).map_err(|_| damaged(circle))?,
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
