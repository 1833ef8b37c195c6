//! `backtrail lead`

use backtrail_bus::exit;
use backtrail_bus::id::LeadId;
use backtrail_bus::query::LeadQuery;

use crate::output::{evidence_line, incident_line, print_json, wrapped};
use crate::session::Session;

/// Show one lead with its members and its evidence
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtrail lead 0b8f6a52-9a0b-5c5e-9d63-0c3f6d1f2a11")]
pub(crate) struct Lead {
    /// Id of the lead, as `leads` and `watch` show it
    lead: LeadId,
}

impl Lead {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let lead = session.ask(&LeadQuery { lead_id: self.lead }).await?;
        if session.json {
            print_json(&lead);
            return Ok(exit::DONE);
        }
        println!("{}  {:.1} bits  {} incidents", lead.kind, lead.bits, lead.members.len());
        println!("{}", wrapped(&lead.shared, "  ", "  "));
        for member in &lead.members {
            println!("{}", incident_line(&member.incident));
            println!("{}", wrapped(&member.incident.headline, "  ", "  "));
            member.evidence.iter().for_each(|evidence| println!("{}", evidence_line(evidence, "  ")));
        }
        match &lead.closed_because {
            Some(reason) => println!("{}", wrapped(&format!("closed: {reason}"), "", "  ")),
            None => println!("{}", wrapped(&format!("to confirm: {}", lead.confirm_by), "", "  ")),
        }
        Ok(exit::DONE)
    }
}
