//! What errors mean for the exit code, and what to do about them.

use backtrail_bus::connection::ConnectError;
use backtrail_bus::context::ContextError;
use backtrail_bus::exit;
use backtrail_bus::query::QueryError;

/// The exit code of an error.
pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
    if matches!(error.downcast_ref(), Some(ContextError::Unnamed)) {
        return exit::USAGE;
    }
    let is_passing = matches!(error.downcast_ref(), Some(ConnectError::NoServer { .. }))
        || matches!(
            error.downcast_ref(),
            Some(QueryError::NoDaemon { .. } | QueryError::NoAnswer(_) | QueryError::NotNow(_))
        );
    if is_passing { exit::TRY_LATER } else { exit::REFUSED }
}

/// What to do about an error, where something is known to help.
pub(crate) fn hint(error: &anyhow::Error) -> Option<&'static str> {
    if let Some(error) = error.downcast_ref() {
        return match error {
            ConnectError::NoServer { .. } => Some("check the network, or choose another context with `--context`"),
            ConnectError::Refused { .. } => Some("ask the hub's operator whether this agency's user still exists"),
            ConnectError::Credentials { .. } => None,
        };
    }
    if let Some(error) = error.downcast_ref() {
        return match error {
            QueryError::NoDaemon { .. } => Some("the agency's `backtraild run` answers questions; is it running?"),
            _ => None,
        };
    }
    match error.downcast_ref() {
        Some(ContextError::File { .. }) => {
            Some("contexts lie in ~/.config/backtrail/contexts/NAME.toml, or give a path")
        }
        _ => None,
    }
}
