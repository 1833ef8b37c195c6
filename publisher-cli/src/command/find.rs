//! `backtrail find`

use backtrail_bus::exit;
use backtrail_bus::query::{FindAnswer, FindQuery, Sort};

use crate::output::{incident_line, print_json, wrapped};
use crate::session::Session;
use crate::wanted::Wanted;

/// Find incidents by what they say, what came of them, and how they came here
///
/// Everything that is given must hold; with nothing given, all incidents are listed. Names are found in any spelling,
/// identifiers in any writing, words with a slip or two. A page ends with a cursor for the next one, which stays right
/// while new incidents arrive.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Find {
    #[command(flatten)]
    wanted: Wanted,
    /// The order: date (earliest first), -date, bits, quantity, distance or relevance
    #[arg(long, default_value = "-date", allow_hyphen_values = true)]
    sort: Sort,
    /// At most so many on a page
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// The next page: what the page before said
    #[arg(long, value_name = "TOKEN")]
    cursor: Option<String>,
}

const EXAMPLES: &str = "Examples:
  backtrail find --id container:MSKU6011672
  backtrail find --party 'Lotus Harbour' --country HK --role consignor --since 2026-01-01
  backtrail find --family amphetamine --with-precursors --min-kg 100 --route 'CN>NL' --sort quantity
  backtrail find --text 'false wall reefer' --within 50km --of NLRTM --sort relevance";

impl Find {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let Self { wanted, sort, limit, cursor } = self;
        let query = FindQuery { sort, limit, cursor, ..wanted.query(session)? };
        let answer = session.ask(&query).await?;
        if session.json {
            print_json(&answer);
        } else {
            print(&answer);
        }
        Ok(exit::DONE)
    }
}

fn print(answer: &FindAnswer) {
    for found in &answer.incidents {
        let bits = found.bits.map(|bits| format!("  {bits:.1} bits")).unwrap_or_default();
        let distance = found.distance_km.map(|km| format!("  {km:.1} km")).unwrap_or_default();
        let retracted = if found.is_retracted { "  (taken back)" } else { "" };
        println!("{}{bits}{distance}{retracted}", incident_line(&found.incident));
        println!("{}", wrapped(&found.incident.headline, "  ", "  "));
        found.party.iter().for_each(|party| println!("{}", wrapped(party, "  ", "    ")));
        found.excerpt.iter().for_each(|excerpt| println!("{}", wrapped(excerpt, "  > ", "  > ")));
    }
    println!("{} of {} incidents", answer.incidents.len(), answer.total);
    answer.left_out.iter().for_each(|what| println!("{}", wrapped(what, "left out: ", "  ")));
    answer.next.iter().for_each(|next| println!("the next page: add --cursor {next}"));
}
