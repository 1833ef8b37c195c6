//! `backtrail stop`

use anyhow::Context as _;
use backtrail_bus::exit;
use backtrail_bus::id::StopId;
use backtrail_bus::incident::IdentifierKind;
use backtrail_bus::query::{DecideStopQuery, ProposeStopQuery, StopsQuery};
use backtrail_bus::stop_value::{StopChange, StopLine, StopValue};
use jiff::civil::Date;

use crate::output::{print_json, wrapped};
use crate::session::Session;
use crate::wanted::identifier;

/// Silence a name, an address or a number that says nothing, such as a courier's hub
///
/// One person proposes it and another approves it. While it is in force, leads that rest on it are listed only with
/// `leads --dismissed`, and no trace goes through it. Nothing is lost: it ends by itself, or when it is withdrawn.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Stop {
    #[command(subcommand)]
    action: Action,
}

const EXAMPLES: &str = "Examples:
  backtrail stop propose --identifier phone:+31201234567 --until 2027-03-01 \\
      --reason 'a forwarder' --by 'A. Analyst'
  backtrail stop approve 6f0f9a52-9a0b-5c5e-9d63-0c3f6d1f2a11 --by 'B. Analyst'";

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Propose a value
    Propose(Propose),
    /// Approve what somebody else proposed
    Approve(Decide),
    /// Take back a proposal, or end it before its last day
    Withdraw(Decide),
    /// List what is proposed and in force
    List {
        /// What was withdrawn or is over too
        #[arg(long)]
        all: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Propose {
    #[command(flatten)]
    value: Value,
    /// Its last day, in UTC
    #[arg(long, value_name = "DATE")]
    until: Date,
    /// Why it says nothing
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who proposes it
    #[arg(long, value_name = "NAME", env = "USER")]
    by: Option<String>,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Value {
    /// A number, such as phone:+31201234567, in any writing
    #[arg(long, visible_alias = "id", value_name = "KIND:VALUE", value_parser = identifier)]
    identifier: Option<(IdentifierKind, String)>,
    /// A party; other legal forms and scripts of the name are meant too, misspelt names are not
    #[arg(long, value_name = "NAME")]
    party: Option<String>,
    /// An address, with its number or its postcode
    #[arg(long, value_name = "TEXT")]
    address: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Decide {
    /// Id of the stop value, as `stop list` shows it
    id: StopId,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Who does it
    #[arg(long, value_name = "NAME", env = "USER")]
    by: Option<String>,
}

impl Stop {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let stop = match self.action {
            Action::List { all } => return list(all, session).await,
            Action::Propose(Propose { value, until, reason, by }) => {
                let by = by.context("say who proposes it with --by")?;
                let value = value.value().context("no value was named")?;
                session.ask(&ProposeStopQuery { value, until, by, reason }).await?
            }
            Action::Approve(decide) => session.ask(&decide.query(StopChange::Approved)?).await?,
            Action::Withdraw(decide) => session.ask(&decide.query(StopChange::Withdrawn)?).await?,
        };
        if session.json {
            print_json(&stop)
        } else {
            print(&stop)
        }
        Ok(exit::DONE)
    }
}

impl Value {
    fn value(self) -> Option<StopValue> {
        let Self { identifier, party, address } = self;
        let identifier = identifier.map(|(kind, value)| StopValue::Identifier { kind, value });
        identifier.or(party.map(StopValue::Party)).or(address.map(StopValue::Address))
    }
}

impl Decide {
    fn query(self, change: StopChange) -> anyhow::Result<DecideStopQuery> {
        let Self { id, reason, by } = self;
        Ok(DecideStopQuery { stop_id: id, change, by: by.context("say who does it with --by")?, reason })
    }
}

async fn list(all: bool, session: &Session) -> anyhow::Result<u8> {
    let answer = session.ask(&StopsQuery { all }).await?;
    if session.json {
        print_json(&answer);
        return Ok(exit::DONE);
    }
    answer.stops.iter().for_each(print);
    println!("{} stop values", answer.stops.len());
    Ok(exit::DONE)
}

fn print(line: &StopLine) {
    println!("{}  {}", line.stop.stop_id, line.state.code().replace('-', " "));
    println!("{}", wrapped(&line.stop.to_string(), "  ", "  "));
}
