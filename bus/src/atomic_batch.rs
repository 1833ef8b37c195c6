//! Atomic batches: many messages stored together or not at all, with one acknowledgement and one forced write.
//!
//! The protocol is NATS ADR-50 (server 2.12): three headers, the first message sent as a request that answers nothing
//! unless the batch cannot begin, the last as a request whose reply is the stream's acknowledgement. The client
//! library has no helper for it.

use async_nats::{Client, HeaderMap};
use bytes::Bytes;
use serde::Deserialize;
use uuid::Uuid;

/// The most messages in one batch; the server takes 1,000.
pub const MAX_MESSAGES: usize = 500;

const ID_HEADER: &str = "Nats-Batch-Id";
const SEQUENCE_HEADER: &str = "Nats-Batch-Sequence";
const COMMIT_HEADER: &str = "Nats-Batch-Commit";

/// One message of a batch. All of one batch must reach the same stream.
#[derive(Debug, Clone)]
pub struct Message {
    pub subject: String,
    pub headers: HeaderMap,
    pub payload: Bytes,
}

/// Why a batch is not known to be stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Nothing of it was stored; its messages may go singly. A batch that holds a message which the stream has already
    /// is refused like this, while the single message is acknowledged as a duplicate.
    #[error("the batch was refused: {0}")]
    Refused(String),
    /// It may have been stored or not.
    #[error("no answer to a batch: {0}")]
    NoAnswer(String),
}

/// The server's reply, an acknowledgement or an error.
#[derive(Deserialize)]
struct Reply {
    error: Option<serde_json::Value>,
    seq: Option<u64>,
    count: Option<usize>,
}

/// Publishes `messages`, at least one and at most [`MAX_MESSAGES`], and waits for the acknowledgement. Returns the
/// stream sequence of the first; the others follow it without a gap.
pub async fn publish(client: &Client, messages: Vec<Message>) -> Result<u64, BatchError> {
    let count = messages.len();
    let id = Uuid::new_v4().to_string();
    for (Message { subject, mut headers, payload }, number) in messages.into_iter().zip(1..) {
        headers.insert(ID_HEADER, id.as_str());
        headers.insert(SEQUENCE_HEADER, number.to_string());
        let is_last = number == count;
        if is_last {
            headers.insert(COMMIT_HEADER, "1");
        }
        if number > 1 && !is_last {
            let sent = client.publish_with_headers(subject, headers, payload).await;
            sent.map_err(|error| BatchError::NoAnswer(error.to_string()))?;
            continue;
        }
        let reply =
            client.request_with_headers(subject, headers, payload).await.map_err(|error| match error.kind() {
                async_nats::RequestErrorKind::NoResponders => BatchError::Refused("no stream takes it".to_owned()),
                _ => BatchError::NoAnswer(error.to_string()),
            })?;
        if is_last {
            return first_sequence(&reply.payload, count);
        }
        if !reply.payload.is_empty() {
            return Err(BatchError::Refused(String::from_utf8_lossy(&reply.payload).into_owned()));
        }
    }
    Err(BatchError::Refused("it was empty".to_owned()))
}

fn first_sequence(reply: &[u8], count: usize) -> Result<u64, BatchError> {
    let shown = || String::from_utf8_lossy(reply).into_owned();
    match serde_json::from_slice(reply) {
        Ok(Reply { error: None, seq: Some(last), count: Some(stored) }) if stored == count => {
            Ok(last + 1 - count as u64)
        }
        // A batch of one is acknowledged as a plain message.
        Ok(Reply { error: None, seq: Some(last), count: None }) if count == 1 => Ok(last),
        Ok(Reply { error: Some(_), .. }) => Err(BatchError::Refused(shown())),
        _ => Err(BatchError::NoAnswer(format!("an acknowledgement of something else: {}", shown()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acknowledgements_are_read_strictly() {
        assert_eq!(first_sequence(br#"{"stream":"S","seq":12,"batch":"b","count":3}"#, 3), Ok(10));
        assert_eq!(first_sequence(br#"{"stream":"S","seq":12}"#, 1), Ok(12));
        let refused = first_sequence(br#"{"error":{"code":400,"err_code":10201},"seq":0}"#, 3);
        assert!(matches!(refused, Err(BatchError::Refused(_))));
        for reply in [&br#"{"seq":12,"count":2}"#[..], b"", b"{}"] {
            assert!(matches!(first_sequence(reply, 3), Err(BatchError::NoAnswer(_))));
        }
    }
}
