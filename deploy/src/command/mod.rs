//! One file per command.

pub(crate) mod agency;
pub(crate) mod apply;
pub(crate) mod circle;
pub(crate) mod demo;
pub(crate) mod exercise;
pub(crate) mod init;
pub(crate) mod places;

use backtrail_bus::exit;
use deploy::apply::ApplyError;
use deploy::deployment::{Deployment, DeploymentError};

/// Brings the hub in line if it runs; says so if it does not. A change is kept either way.
async fn take_effect(deployment: &Deployment) -> anyhow::Result<&'static str> {
    match deploy::apply::apply(deployment).await {
        Ok(_) => Ok("in effect on the running hub"),
        Err(ApplyError::NoHub { .. }) => Ok("no hub runs; `backtrail-admin apply` puts it into effect once one does"),
        Err(error) => Err(error.into()),
    }
}

/// Prints a result in words or as JSON.
fn report(json: bool, words: &str, value: &serde_json::Value) {
    if json { println!("{value}") } else { println!("{words}") }
}

/// An error with its causes. Libraries often repeat a cause in their own words, so what was said is not said again.
pub(crate) fn words(error: &anyhow::Error) -> String {
    let mut words = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if words.is_empty() {
            words = cause;
        } else if !words.contains(&cause) {
            words = format!("{words}: {cause}");
        }
    }
    words
}

/// What to do about an error, where something is known to help.
pub(crate) fn hint(error: &anyhow::Error) -> Option<&'static str> {
    match (error.downcast_ref(), error.downcast_ref()) {
        (Some(ApplyError::NoHub { .. }), _) => Some("start one with `nats-server -c DIR/hub.conf`"),
        (_, Some(DeploymentError::File { .. })) => Some("make a deployment with `backtrail-admin --dir DIR init`"),
        _ => None,
    }
}

/// The exit code of an error.
pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
    match error.downcast_ref() {
        Some(ApplyError::NoHub { .. }) => exit::TRY_LATER,
        _ => exit::REFUSED,
    }
}
