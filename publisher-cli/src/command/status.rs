//! `backtrail status`

use backtrail_bus::exit;
use backtrail_bus::query::StatusQuery;

use crate::output::print_json;
use crate::session::Session;

/// Show what the agency's daemon holds and whether it has caught up
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtrail status --json")]
pub(crate) struct Status {}

impl Status {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let status = session.ask(&StatusQuery {}).await?;
        if session.json {
            print_json(&status);
            return Ok(exit::DONE);
        }
        let up = if status.caught_up { "caught up with the hub" } else { "still reading" };
        println!("{} ({} realm), {up} at no. {}", status.agency, status.realm, status.stream_sequence);
        println!("{} incidents, {} leads open", status.incidents, status.leads_open);
        println!(
            "{} messages, of them {} repeats and {} dead letters",
            status.messages, status.duplicates, status.dead_letters
        );
        if status.missing_envelopes > 0 {
            println!("{} envelopes that were signed have not come", status.missing_envelopes);
        }
        Ok(exit::DONE)
    }
}
