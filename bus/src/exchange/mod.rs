//! What agencies say to one another beside incidents: requests with all that follows, and notices to a circle.
//!
//! Everything is an event of a thread, signed and stored like an incident. A thread is a pure fold over its events in
//! the hub's order (`thread.rs`), so that both sides compute the same state, whoever acted first.

mod attachment;
mod event;
mod fill;
mod notice;
mod request;
mod shipment;
mod thread;

pub use self::attachment::{Attachment, AttachmentError, MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS, MAX_ATTACHMENTS_BYTES};
pub use self::event::{Body, ExchangeEvent, ExchangeEventError, MAX_EVENT_BYTES, Origin};
pub use self::fill::{Filled, fill};
pub use self::notice::{Alert, Arrival, PreExport};
pub use self::request::{
    Basis, CitedIncident, Contact, Contribution, Feedback, Outcome, Remark, Request, Statement, Urgency, Usefulness,
};
pub use self::shipment::Shipment;
pub use self::thread::{Entry, Side, Thread, ThreadState};
