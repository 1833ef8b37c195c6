//! Following the agency's consumer on the hub, message by message and without a gap.
//!
//! The fold needs a total order. A durable consumer alone does not give it: what is lost with a connection comes again
//! later, after what followed it. So the follower watches the consumer's own numbering, and whenever one is missing it
//! has the hub start again right after the last message that was taken.

use std::time::Duration;

use async_nats::jetstream;
use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::consumer::pull::Batch;
use backtrail_bus::agency::AgencyId;
use backtrail_bus::connection::Connection;
use futures_util::{FutureExt, StreamExt};
use tracing::warn;

/// The most messages in one request to the hub.
const REQUEST_MESSAGES: usize = 1_000;
/// The most messages that are worked on together.
const CHUNK_MESSAGES: usize = 250;
/// How long the hub holds a request open while it has nothing.
const REQUEST_EXPIRES: Duration = Duration::from_secs(5);

/// A reader of one consumer.
pub(crate) struct Follower {
    consumer: PullConsumer,
    /// The request that is open at the hub.
    request: Option<Batch>,
    /// Number of the last message in the consumer's own counting.
    last_delivery: u64,
    /// The last sequence of the stream that was taken.
    taken: u64,
    /// True once a message was missing: the hub must start again after `taken`.
    is_torn: bool,
}

/// Why the consumer cannot be followed now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FollowError {
    #[error("the hub offers no consumer to agency {agency}: {reason}")]
    NoConsumer { agency: AgencyId, reason: String },
    #[error("the hub did not start again from sequence {sequence}: {reason}")]
    Reset { sequence: u64, reason: String },
    #[error("the hub did not take a request for messages: {0}")]
    Request(String),
}

/// What one wait brought.
pub(crate) struct Chunk {
    /// In the order of the stream, without a gap.
    pub messages: Vec<jetstream::Message>,
    /// True if the hub has nothing more now.
    pub is_last: bool,
}

impl Follower {
    /// Finds the agency's consumer of a stream of the hub.
    pub(crate) async fn find(connection: &Connection, agency: &AgencyId, name: &str) -> Result<Self, FollowError> {
        let no_consumer = |reason: String| FollowError::NoConsumer { agency: agency.clone(), reason };
        let hub = connection.hub();
        let stream = hub.get_stream_no_info(name).await.map_err(|error| no_consumer(error.to_string()))?;
        let consumer = stream.get_consumer(agency.as_str()).await.map_err(|error| no_consumer(error.to_string()))?;
        Ok(Self { consumer, request: None, last_delivery: 0, taken: 0, is_torn: true })
    }

    /// When the hub made the consumer.
    pub(crate) fn consumer_created(&self) -> String {
        self.consumer.cached_info().created.to_string()
    }

    /// Has the hub begin again right after `taken`. True if it has nothing there now.
    pub(crate) async fn start_after(&mut self, taken: u64) -> Result<bool, FollowError> {
        self.request = None;
        self.taken = taken;
        self.is_torn = true;
        let sequence = taken + 1;
        let reset = self.consumer.reset(Some(sequence)).await;
        let info = reset.map_err(|error| FollowError::Reset { sequence, reason: error.to_string() })?.info;
        self.last_delivery = info.delivered.consumer_sequence;
        self.is_torn = false;
        Ok(info.num_pending == 0)
    }

    /// Waits for the next messages. Dropping the future loses nothing: what it had asked for is missed by its number.
    pub(crate) async fn next_chunk(&mut self) -> Result<Chunk, FollowError> {
        if self.is_torn {
            self.start_after(self.taken).await?;
        }
        let request = match &mut self.request {
            Some(request) => request,
            None => self.request.insert(request(&self.consumer).await?),
        };
        let mut next = request.next().await;
        // From here on nothing is waited for, so that messages in hand cannot be dropped.
        let mut chunk = Chunk { messages: Vec::new(), is_last: false };
        loop {
            match next {
                Some(Ok(message)) => match place(&message, self.last_delivery, self.taken) {
                    Some(place) => {
                        self.last_delivery = place.delivery;
                        self.taken = place.sequence;
                        chunk.is_last = place.is_last;
                        chunk.messages.push(message);
                    }
                    None => {
                        warn!(subject = %message.subject, taken = self.taken, "a message came out of order");
                        self.is_torn = true;
                        return Ok(chunk);
                    }
                },
                Some(Err(error)) => {
                    self.is_torn = true;
                    warn!(%error, "a request for messages broke off");
                    return Ok(chunk);
                }
                // The request is used up, or nothing came while it was open.
                None => {
                    self.request = None;
                    chunk.is_last |= chunk.messages.is_empty();
                    return Ok(chunk);
                }
            }
            if chunk.messages.len() == CHUNK_MESSAGES {
                return Ok(chunk);
            }
            match self.request.as_mut().and_then(|request| request.next().now_or_never()) {
                Some(more) => next = more,
                None => return Ok(chunk),
            }
        }
    }
}

/// Where a message stands.
struct Place {
    delivery: u64,
    sequence: u64,
    /// True if nothing waits behind it.
    is_last: bool,
}

/// The place of a message, if it is the one that must follow.
fn place(message: &jetstream::Message, last_delivery: u64, taken: u64) -> Option<Place> {
    let info = message.info().ok()?;
    let follows = info.consumer_sequence == last_delivery + 1 && info.stream_sequence > taken;
    follows.then_some(Place {
        delivery: info.consumer_sequence,
        sequence: info.stream_sequence,
        is_last: info.pending == 0,
    })
}

async fn request(consumer: &PullConsumer) -> Result<Batch, FollowError> {
    // No heartbeats: async-nats 0.51 takes one from its queue and goes to sleep without asking to be woken, so that what
    // comes after it lies there until the request is given up, and is lost with it.
    let request = consumer.batch().max_messages(REQUEST_MESSAGES).expires(REQUEST_EXPIRES);
    request.messages().await.map_err(|error| FollowError::Request(error.to_string()))
}
