//! The two realms of a bus, which share a server and nothing else.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether incidents are real or belong to an exercise.
///
/// Each realm has its own subjects, streams, consumers, outbox and daemon state; an incident says its realm in a
/// signed field, so one can never be passed off as the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Realm {
    #[default]
    Real,
    Exercise,
}

impl Realm {
    /// Both realms, in the order in which they are set up.
    pub const ALL: [Self; 2] = [Self::Real, Self::Exercise];

    /// True for the exercise realm.
    pub fn is_exercise(self) -> bool {
        self == Self::Exercise
    }
}

impl fmt::Display for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Real => "real",
            Self::Exercise => "exercise",
        })
    }
}
