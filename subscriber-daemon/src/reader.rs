//! Reading ahead: messages are fetched and verified while those before them are worked on.
//!
//! A signature costs about as much as everything that follows from the incident, so it is worth a thread of its own.

use async_nats::jetstream;
use backtrail_bus::dead_letter::Rejection;
use backtrail_bus::envelope::{Content, Opened};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::follower::{Chunk, FollowError, Follower};
use crate::keyring::{Keyring, RegisterError};

/// Chunks that may be ready before they are asked for; the reader waits when there are so many.
const CHUNKS_AHEAD: usize = 1;

/// A message with what came of verifying it.
pub(crate) struct OpenedMessage<T: Content> {
    pub message: jetstream::Message,
    pub place: Place,
    pub opened: Result<Opened<T>, Rejection>,
}

/// Where a message stands in the hub's stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub sequence: u64,
    pub stored_at: Timestamp,
    /// True if nothing waits behind it.
    pub is_last: bool,
}

/// What one wait brought, in the order of the stream, without a gap.
pub(crate) struct OpenedChunk<T: Content> {
    pub messages: Vec<OpenedMessage<T>>,
    /// True if the hub has nothing more now.
    pub is_last: bool,
}

/// Why there are no more messages now: the connection or the hub, not a message, is to blame.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    Follow(#[from] FollowError),
    #[error(transparent)]
    Register(#[from] RegisterError),
}

/// A task that reads ahead. It ends with this, or with its first error.
pub(crate) struct Reader<T: Content> {
    chunks: mpsc::Receiver<Result<OpenedChunk<T>, ReadError>>,
    task: JoinHandle<()>,
}

impl<T: Content + Send + 'static> Reader<T>
where
    T::Subject: Send,
{
    /// Reads on where `follower` stands.
    pub(crate) fn start(follower: Follower, keyring: Keyring) -> Self {
        let (sender, chunks) = mpsc::channel(CHUNKS_AHEAD);
        Self { chunks, task: tokio::spawn(read(follower, keyring, sender)) }
    }

    /// Waits for the next messages. Dropping the future loses nothing.
    pub(crate) async fn next_chunk(&mut self) -> Result<OpenedChunk<T>, ReadError> {
        // The task sends an error before it ends, and nobody asks again after that.
        self.chunks.recv().await.expect("a reader that has not failed goes on")
    }
}

impl<T: Content> Drop for Reader<T> {
    fn drop(&mut self) {
        // What it holds is read again from the hub.
        self.task.abort();
    }
}

async fn read<T>(mut follower: Follower, mut keyring: Keyring, sender: mpsc::Sender<Result<OpenedChunk<T>, ReadError>>)
where
    T: Content + Send + 'static,
    T::Subject: Send,
{
    loop {
        let chunk = next(&mut follower, &mut keyring).await;
        let has_failed = chunk.is_err();
        if sender.send(chunk).await.is_err() || has_failed {
            return;
        }
    }
}

async fn next<T>(follower: &mut Follower, keyring: &mut Keyring) -> Result<OpenedChunk<T>, ReadError>
where
    T: Content + Send + 'static,
    T::Subject: Send,
{
    let Chunk { messages, is_last } = follower.next_chunk().await?;
    Ok(OpenedChunk { messages: keyring.open(messages).await?, is_last })
}

impl Place {
    /// The place of a message; `None` for what does not come from a stream.
    pub(crate) fn of(message: &jetstream::Message) -> Option<Self> {
        let info = message.info().ok()?;
        let stored_at = Timestamp::from_nanosecond(info.published.unix_timestamp_nanos());
        Some(Self {
            sequence: info.stream_sequence,
            stored_at: stored_at.expect("the server's clock is within 9999 years"),
            is_last: info.pending == 0,
        })
    }
}
