//! `backtrail trace`

use anyhow::{Context as _, bail, ensure};
use backtrail_bus::exit;
use backtrail_bus::id::LeadId;
use backtrail_bus::query::{IncidentRef, LeadQuery, PointersQuery, TraceQuery};
use backtrail_bus::trace::Direction;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::output::{incident_line, print_json};
use crate::session::{Session, incident_ref};
use crate::trace_form::geojson::geojson;
use crate::trace_form::graphviz::graphviz;
use crate::trace_form::html::html;
use crate::trace_form::tree::{pointer, tree};
use crate::wanted::Carried;

const NONE_CARRIES_IT: &str = "no incident that may be read here carries it";

/// Trace an incident back: what came before it, on what evidence, and whom to ask
///
/// Each hop stands on its own evidence and is possible in time and distance. Origins are ranked by the probability of the
/// paths that lead there.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  backtrail trace BEP-2026-1278 --depth 4\n  backtrail trace --id container:ZQKU4180625\n  backtrail trace --substance 'acetic anhydride' --route 'CN>NL' --both\n  backtrail trace BEP-2026-1278 --form html > report.html"
)]
pub(crate) struct Trace {
    /// Id or own reference of the incident
    #[arg(required_unless_present_any = ["id", "party", "place", "lead", "substance", "route"])]
    incident: Option<String>,
    /// Trace from the latest incident of this lead instead
    #[arg(long, value_name = "ID", conflicts_with = "incident")]
    lead: Option<LeadId>,
    /// Trace from the latest incident that carries this instead
    #[command(flatten)]
    carried: Carried,
    /// How many hops at most
    #[arg(long)]
    depth: Option<u32>,
    /// Trace forward instead: what came after it, where else it went
    #[arg(long)]
    downstream: bool,
    /// Trace both ways in one answer
    #[arg(long, conflicts_with = "downstream")]
    both: bool,
    /// The day for which to name shipments that may still be on their way; today if not given
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Form::Tree)]
    form: Form,
}

impl Trace {
    /// The incident to trace from.
    async fn root(&self, session: &Session) -> anyhow::Result<IncidentRef> {
        if let Some(incident) = &self.incident {
            ensure!(self.carried.is_empty(), "found an incident and something that it carries, expected one of both");
            return Ok(incident_ref(incident));
        }
        if let Some(lead_id) = self.lead {
            let lead = session.ask(&LeadQuery { lead_id }).await?;
            let last = lead.members.last().context("the lead is closed and has no incidents")?;
            return Ok(IncidentRef::Id(last.incident.incident_id));
        }
        let found = session.ask(&self.carried.clone().query(session)?).await?;
        let Some(latest) = found.incidents.first() else {
            let Some((kind, value)) = self.carried.identifier() else { bail!("{NONE_CARRIES_IT}") };
            let answer = session.ask(&PointersQuery { kind, value }).await?;
            let pointers: Vec<String> = answer.pointers.iter().map(pointer).collect();
            ensure!(!pointers.is_empty(), "{NONE_CARRIES_IT}");
            bail!("{NONE_CARRIES_IT}, but {}", pointers.join("; and "));
        };
        eprintln!("from the latest of {}: {}", found.total, incident_line(&latest.incident));
        Ok(IncidentRef::Id(latest.incident.incident_id))
    }
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Form {
    /// A tree for the terminal
    Tree,
    /// Points and great-circle lines for maps (RFC 7946)
    Geojson,
    /// A graph for `dot`
    Graphviz,
    /// A report in one file, with a map and a timeline, for reading and printing
    Html,
}

impl Trace {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let direction = match (self.both, self.downstream) {
            (true, _) => Direction::Both,
            (false, true) => Direction::Downstream,
            (false, false) => Direction::Upstream,
        };
        let incident = self.root(session).await?;
        let question = TraceQuery { incident, depth: self.depth, direction, as_of: self.as_of };
        let trace = session.ask(&question).await?;
        match self.form {
            _ if session.json => print_json(&trace),
            Form::Tree => print!("{}", tree(&trace)),
            Form::Geojson => print_json(&geojson(&trace)),
            Form::Graphviz => print!("{}", graphviz(&trace)),
            Form::Html => print!("{}", html(&trace, Timestamp::now())),
        }
        Ok(exit::DONE)
    }
}
