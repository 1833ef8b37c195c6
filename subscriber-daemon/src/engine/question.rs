//! Why a question about incidents has no answer.

use std::fmt;

use backtrail_bus::fold;

/// The longest value that an error shows, in bytes.
const MAX_SHOWN: usize = 300;

/// What is wrong with a question, or with the moment.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum QuestionError {
    #[error("{0}")]
    Refused(String),
    #[error("nothing that is held here is {0}")]
    NotFound(String),
    #[error("{read} of {held} incidents are read for questions; ask again in a moment")]
    NotYet { read: usize, held: usize },
}

impl QuestionError {
    /// A value that cannot be asked for. Of a long one only the start is shown: errors travel in a header.
    pub(super) fn refused(found: impl fmt::Display, expected: impl fmt::Display) -> Self {
        Self::Refused(format!("found {}, expected {expected}", shown(found)))
    }

    /// Nothing is as was asked for.
    pub(super) fn not_found(what: impl fmt::Display) -> Self {
        Self::NotFound(shown(what))
    }
}

fn shown(value: impl fmt::Display) -> String {
    let value = value.to_string();
    let cut = fold::cut(&value, MAX_SHOWN);
    if cut.len() < value.len() { format!("{cut}...") } else { value }
}
