//! Where a thread stands.

use crate::incident::code_list;

code_list! {
    /// Where a thread stands.
    ThreadState {
        /// Kept at home, not sent.
        Draft = "draft",
        Sent = "sent",
        /// The addressee has it; the clock runs.
        Received = "received",
        Accepted = "accepted",
        Refused = "refused",
        /// The addressee asked for more; the clock and the precautionary measures run on.
        ClarificationAsked = "clarification-asked",
        Partial = "partial",
        Answered = "answered",
        FeedbackGiven = "feedback-given",
        Closed = "closed",
        Withdrawn = "withdrawn",
        /// Somebody has taken note of a notice.
        Acknowledged = "acknowledged",
        /// Somebody objects to an export.
        Objected = "objected",
        /// A notified shipment arrived.
        Arrived = "arrived",
    }
}

impl ThreadState {
    /// True if a request in this state is still to be answered.
    pub fn is_unanswered(self) -> bool {
        matches!(self, Self::Sent | Self::Received | Self::Accepted | Self::ClarificationAsked | Self::Partial)
    }

    /// Why something is not possible in this state.
    pub(super) fn why_not(self) -> &'static str {
        match self {
            Self::Draft => "it was not sent",
            Self::Sent => "it was not answered yet",
            Self::Received => "it was received, and not answered yet",
            Self::Accepted => "it was accepted, and not answered yet",
            Self::Refused => "it was refused before",
            Self::ClarificationAsked => "a clarification was asked for, and it was not answered yet",
            Self::Partial => "it was answered in part",
            Self::Answered => "it was answered before",
            Self::FeedbackGiven => "it was answered, and feedback was given before",
            Self::Closed => "it was closed before",
            Self::Withdrawn => "it was withdrawn before",
            Self::Acknowledged => "it was acknowledged before",
            Self::Objected => "somebody objected before",
            Self::Arrived => "the shipment arrived before",
        }
    }
}
