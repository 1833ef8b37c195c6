//! Who may say what in which state of a thread, and where it leads.

use super::{Thread, ThreadState};
use crate::exchange::event::{Body, ExchangeEvent};

impl Thread {
    /// The state after an event, or why the event has no effect.
    pub(super) fn next(&self, event: &ExchangeEvent) -> Result<ThreadState, String> {
        let by_opener = event.from == self.from;
        let is_request = matches!(self.opening(), Body::Request(_));
        let opener_only = || if by_opener { Ok(()) } else { Err(format!("only {} can say this", self.from)) };
        let addressee_only = || if by_opener { Err("only the addressee can say this".to_owned()) } else { Ok(()) };
        let in_state = |is_allowed: bool| if is_allowed { Ok(()) } else { Err(self.state.why_not().to_owned()) };
        use ThreadState as S;
        match &event.body {
            Body::Withdrawn(_) => {
                opener_only()?;
                match self.opening() {
                    Body::Request(_) => in_state(self.state.is_unanswered())?,
                    Body::Outcome(_) => return Err("an outcome is not taken back".to_owned()),
                    _ => in_state(!matches!(self.state, S::Withdrawn | S::Arrived))?,
                }
                Ok(S::Withdrawn)
            }
            Body::Acknowledged(_) | Body::Objected(_) | Body::Arrived(_) => self.next_of_notice(event),
            _ if !is_request => Err("this is not a request".to_owned()),
            Body::Received => {
                addressee_only()?;
                in_state(self.state == S::Sent)?;
                Ok(S::Received)
            }
            Body::Accepted(_) => {
                addressee_only()?;
                in_state(matches!(self.state, S::Sent | S::Received | S::ClarificationAsked))?;
                Ok(S::Accepted)
            }
            Body::Refused(_) => {
                addressee_only()?;
                in_state(self.state.is_unanswered())?;
                Ok(S::Refused)
            }
            Body::ClarificationAsked(_) => {
                addressee_only()?;
                in_state(self.state.is_unanswered())?;
                Ok(S::ClarificationAsked)
            }
            Body::PartlyAnswered(_) => {
                addressee_only()?;
                in_state(self.state.is_unanswered())?;
                Ok(S::Partial)
            }
            Body::Answered(_) => {
                addressee_only()?;
                in_state(self.state.is_unanswered())?;
                Ok(S::Answered)
            }
            Body::Supplemented(_) => {
                opener_only()?;
                in_state(self.state.is_unanswered())?;
                match self.state {
                    S::ClarificationAsked => Ok(self.before_clarification.unwrap_or(S::Received)),
                    state => Ok(state),
                }
            }
            Body::Reminded(_) => {
                opener_only()?;
                in_state(self.state.is_unanswered())?;
                Ok(self.state)
            }
            Body::FeedbackGiven(_) => {
                opener_only()?;
                in_state(matches!(self.state, S::Answered | S::Partial | S::Refused))?;
                Ok(S::FeedbackGiven)
            }
            Body::Closed(_) => {
                opener_only()?;
                match self.state {
                    S::FeedbackGiven => Ok(S::Closed),
                    S::Answered | S::Partial | S::Refused => Err("feedback is given before it is closed".to_owned()),
                    state => Err(state.why_not().to_owned()),
                }
            }
            Body::Request(_)
            | Body::Outcome(_)
            | Body::Alert(_)
            | Body::PreExport(_)
            | Body::Basis(_)
            | Body::Pointers(_) => Err("the thread was begun already".to_owned()),
        }
    }

    fn next_of_notice(&self, event: &ExchangeEvent) -> Result<ThreadState, String> {
        use ThreadState as S;
        let is_export = self.pre_export().is_some();
        if !is_export && !matches!(self.opening(), Body::Alert(_)) {
            return Err("this is not a notice".to_owned());
        }
        if self.state == S::Withdrawn {
            return Err(self.state.why_not().to_owned());
        }
        match &event.body {
            Body::Arrived(_) if is_export => Ok(S::Arrived),
            Body::Arrived(_) | Body::Objected(_) if !is_export => {
                Err("this can be said to a pre-export notification only".to_owned())
            }
            _ if event.from == self.from => Err("only another agency can say this".to_owned()),
            // An objection stands, whoever acknowledges; and what arrived has arrived.
            _ if self.state == S::Arrived => Ok(S::Arrived),
            Body::Objected(_) => Ok(S::Objected),
            _ if self.state == S::Objected => Ok(S::Objected),
            _ => Ok(S::Acknowledged),
        }
    }
}
