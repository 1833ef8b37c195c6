//! `backtrail amend`

use std::path::PathBuf;

use backtrail_bus::agency::CircleId;
use backtrail_bus::incident::Draft;

use crate::current::Current;
use crate::session::Session;

/// Replace an incident of your own by a new revision
///
/// The draft is the whole incident as it stands now. It goes to every circle that earlier revisions went to; readers
/// see only the newest. `backtrail show ID --draft` prints the current one to edit.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  backtrail show NLC-2026-0412 --draft > draft.json
  backtrail amend NLC-2026-0412 --file draft.json")]
pub(crate) struct Amend {
    /// Id or own reference of the incident
    incident: String,
    /// The whole new draft, as JSON; `-` for standard input
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// A circle to send it to as well (may be given several times)
    #[arg(long, value_name = "CIRCLE")]
    circle: Vec<CircleId>,
}

impl Amend {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let draft = Draft::parse(&super::read(&self.file)?)?;
        let mut outbox = session.outbox()?;
        let current = Current::find(session, &outbox, &self.incident).await?;
        let more: Vec<CircleId> = self.circle.iter().chain(&draft.circles).cloned().collect();
        let outcome = current.revise(session, &mut outbox, draft, &more).await?;
        Ok(outcome.print(session.json))
    }
}
