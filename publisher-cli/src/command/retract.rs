//! `backtrail retract`

use backtrail_bus::agency::CircleId;
use backtrail_bus::incident::{Draft, Retraction};

use crate::current::Current;
use crate::session::Session;

/// Take back an incident of your own, for good
///
/// The retraction goes to every circle that the incident went to, and every lead that leaned on it says so.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtrail retract NLC-2026-0412 --reason 'laboratory: no controlled substance'")]
pub(crate) struct Retract {
    /// Id or own reference of the incident
    incident: String,
    /// Why
    #[arg(long)]
    reason: String,
    /// A circle that it went to from another workstation (may be given several times)
    #[arg(long, value_name = "CIRCLE")]
    circle: Vec<CircleId>,
}

impl Retract {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let mut outbox = session.outbox()?;
        let current = Current::find(session, &outbox, &self.incident).await?;
        let mut retracted = current.incident.clone();
        retracted.retracted = Some(Retraction { reason: self.reason });
        let draft = Draft::from_incident(&retracted);
        let outcome = current.revise(session, &mut outbox, draft, &self.circle).await?;
        Ok(outcome.print(session.json))
    }
}
