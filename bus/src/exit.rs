//! The exit codes of every program, in one place.

/// Done: all that was asked happened.
pub const DONE: u8 = 0;
/// Refused or not found: asking again in the same words will not help.
pub const REFUSED: u8 = 1;
/// The command line could not be understood (clap's own code for it).
pub const USAGE: u8 = 2;
/// Not now: no server, or it gave no acknowledgement. What was posted is safe in the outbox
/// (`EX_TEMPFAIL` of sysexits.h).
pub const TRY_LATER: u8 = 75;
