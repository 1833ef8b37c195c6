//! `backtrail trace`

use backtrail_bus::exit;
use backtrail_bus::query::TraceQuery;
use backtrail_bus::trace::Direction;

use crate::output::print_json;
use crate::session::{Session, incident_ref};
use crate::trace_form::geojson::geojson;
use crate::trace_form::graphviz::graphviz;
use crate::trace_form::tree::tree;

/// Trace an incident back: what came before it, on what evidence, and whom to ask
///
/// Each hop stands on its own evidence and is possible in time and distance. Origins are ranked by the probability of the
/// paths that lead there.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  backtrail trace BEP-2026-1278 --depth 4\n  backtrail trace BEP-2026-1278 --form geojson > trace.geojson"
)]
pub(crate) struct Trace {
    /// Id or own reference of the incident
    incident: String,
    /// How many hops at most
    #[arg(long)]
    depth: Option<u32>,
    /// Trace forward instead: what came after it, where else it went
    #[arg(long)]
    downstream: bool,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Form::Tree)]
    form: Form,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Form {
    /// A tree for the terminal
    Tree,
    /// Points and great-circle lines for maps (RFC 7946)
    Geojson,
    /// A graph for `dot`
    Graphviz,
}

impl Trace {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let direction = if self.downstream { Direction::Downstream } else { Direction::Upstream };
        let question = TraceQuery { incident: incident_ref(&self.incident), depth: self.depth, direction };
        let trace = session.ask(&question).await?;
        match self.form {
            _ if session.json => print_json(&trace),
            Form::Tree => print!("{}", tree(&trace)),
            Form::Geojson => print_json(&geojson(&trace)),
            Form::Graphviz => print!("{}", graphviz(&trace)),
        }
        Ok(exit::DONE)
    }
}
