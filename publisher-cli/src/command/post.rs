//! `backtrail post`

mod flags;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use backtrail_bus::exit;
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::{Draft, DraftError};
use backtrail_bus::outbox::{self, Queued};
use serde_json::json;

use self::flags::Flags;
use crate::outcome::Outcome;
use crate::session::Session;

/// Post one incident
///
/// The post is safe in the outbox first and then sent; it is called SENT only once the hub has stored it. Give the
/// minimal post as flags and enrich it later with `backtrail amend`, or give a whole draft as a file or on standard
/// input (schemas/draft.v1.schema.json).
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  backtrail post --locode NLRTM --substance 'acetic anhydride' --quantity '400 l' \\
    --container MSKU6011672 --consignor 'Lotus Harbour Co., Ltd.' --from CN --to NL --mode sea
  backtrail post --file incident.json")]
pub(crate) struct Post {
    /// Draft to post, as JSON; `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["substance"])]
    file: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

impl Post {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let draft = match (&self.file, self.flags.has_content()) {
            (Some(file), _) => Draft::parse(&super::read(file)?),
            (None, true) => Draft::from_value(self.flags.draft()?),
            (None, false) if !std::io::stdin().is_terminal() => Draft::parse(&super::read(Path::new("-"))?),
            (None, false) => anyhow::bail!("nothing to post; give --substance and a place, or --file (see --help)"),
        };
        let registers = session.registers()?;
        let prepared = draft.and_then(|draft| {
            let circles = if self.flags.circle.is_empty() { draft.circles.clone() } else { self.flags.circle.clone() };
            let reference = draft.own_reference().map(|reference| format!("ref:{reference}"));
            let origin = session.origin(IncidentId::generate(), 1);
            let (incident, warnings) = draft.complete(origin, registers.get())?;
            Ok((incident, warnings, circles, reference))
        });
        let (incident, warnings, circles, reference) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => return Ok(refused(session, &error)),
        };
        let incident_id = incident.incident_id;
        let post = outbox::Post { incident, circles: session.circles(&circles)?, reference };
        let mut outbox = session.outbox()?;
        let queued = outbox.enqueue(&[post], &session.signing_key()?)?;
        if let [Queued::Known(known)] = queued[..] {
            let error = format!("this reference was posted before, as incident {known}; `backtrail amend` changes it");
            if session.json {
                println!("{}", json!({ "state": "refused", "incident_id": known, "error": error }));
            } else {
                println!("REFUSED  {error}");
            }
            return Ok(exit::REFUSED);
        }
        let outcome = Outcome::after_sending(session, &mut outbox, incident_id, 1, warnings).await?;
        Ok(outcome.print(session.json))
    }
}

/// Says why nothing was posted.
fn refused(session: &Session, error: &DraftError) -> u8 {
    if session.json {
        println!("{}", json!({ "state": "refused", "error": error.to_string() }));
    } else {
        println!("REFUSED  nothing was posted: {error}");
    }
    exit::REFUSED
}
