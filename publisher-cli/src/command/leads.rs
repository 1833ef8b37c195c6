//! `backtrail leads`

use backtrail_bus::exit;
use backtrail_bus::lead::LeadKind;
use backtrail_bus::query::LeadsQuery;

use crate::output::{lead_lines, print_json};
use crate::session::Session;

/// List leads, strongest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtrail leads --kind same-consignor --min-bits 12")]
pub(crate) struct Leads {
    /// Only this kind
    #[arg(long)]
    kind: Option<LeadKind>,
    /// Only leads with at least so many bits
    #[arg(long, value_name = "BITS")]
    min_bits: Option<f64>,
    /// Closed leads too
    #[arg(long)]
    closed: bool,
    /// Dismissed leads too, and those that marks or stop values hide
    #[arg(long)]
    dismissed: bool,
    /// At most so many
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Pass over so many first
    #[arg(long, default_value_t = 0)]
    offset: usize,
}

impl Leads {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let Self { kind, min_bits, closed, dismissed, limit, offset } = self;
        let answer = session.ask(&LeadsQuery { kind, min_bits, closed, dismissed, offset, limit }).await?;
        if session.json {
            print_json(&answer);
            return Ok(exit::DONE);
        }
        answer.leads.iter().for_each(|lead| println!("{}", lead_lines(lead)));
        println!("{} of {} leads; `backtrail lead ID` shows the evidence", answer.leads.len(), answer.total);
        Ok(exit::DONE)
    }
}
