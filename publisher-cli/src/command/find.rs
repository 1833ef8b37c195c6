//! `backtrail find`

use anyhow::ensure;
use backtrail_bus::country::CountryCode;
use backtrail_bus::exit;
use backtrail_bus::incident::{IdentifierKind, Locode};
use backtrail_bus::query::{FindAnswer, FindQuery};
use backtrail_bus::substance_register::SubstanceRegister;
use backtrail_bus::token::Token;
use jiff::civil::Date;

use crate::output::{incident_line, print_json, wrapped};
use crate::session::Session;

/// Find incidents by what they carry, latest first
///
/// Everything that is given must fit. Names are found in any spelling, identifiers in any writing.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Find {
    #[command(flatten)]
    pub carried: Carried,
    /// Only this family of substances
    #[arg(long, value_parser = family)]
    family: Option<Token>,
    /// Only what may have happened on or after this day
    #[arg(long, value_name = "DATE")]
    since: Option<Date>,
    /// Only what may have happened on or before this day
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// At most so many
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Pass over so many first
    #[arg(long, default_value_t = 0)]
    offset: usize,
}

const EXAMPLES: &str = "Examples:
  backtrail find --id container:MSKU6011672
  backtrail find --party 'Lotus Harbour' --country HK --since 2026-01-01";

/// What an incident can be found by.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Carried {
    /// An identifier, such as container:MSKU6011672
    #[arg(long, value_name = "KIND:VALUE", value_parser = identifier)]
    id: Option<(IdentifierKind, String)>,
    /// The name of a party
    #[arg(long, value_name = "NAME")]
    party: Option<String>,
    /// The country of that party
    #[arg(long, value_name = "COUNTRY", requires = "party", value_parser = country)]
    country: Option<CountryCode>,
    /// The UN/LOCODE of a place that the goods left, passed or came to
    #[arg(long, value_name = "LOCODE")]
    place: Option<Locode>,
}

impl Carried {
    pub(crate) fn is_empty(&self) -> bool {
        self.id.is_none() && self.party.is_none() && self.place.is_none()
    }

    /// The question for it, without anything else.
    pub(crate) fn query(self) -> FindQuery {
        let Self { id, party, country, place } = self;
        FindQuery { identifier: id, party, party_country: country, place, limit: 1, ..FindQuery::default() }
    }
}

impl Find {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let Self { carried, family, since, until, limit, offset } = self;
        ensure!(!carried.is_empty(), "found nothing to look for, expected one of --id, --party, --place");
        let query = FindQuery { family, since, until, limit, offset, ..carried.query() };
        let answer = session.ask(&query).await?;
        if session.json {
            print_json(&answer)
        } else {
            print(&answer)
        }
        Ok(exit::DONE)
    }
}

fn print(answer: &FindAnswer) {
    for found in &answer.incidents {
        println!("{}", incident_line(&found.incident));
        println!("{}", wrapped(&found.incident.headline, "  ", "  "));
        found.party.iter().for_each(|party| println!("{}", wrapped(party, "  ", "    ")));
    }
    println!("{} of {} incidents", answer.incidents.len(), answer.total);
}

fn country(text: &str) -> Result<CountryCode, String> {
    CountryCode::named(text).ok_or_else(|| format!("found {text:?}, expected a country such as NL or Netherlands"))
}

fn family(text: &str) -> Result<Token, String> {
    let families = || SubstanceRegister::shipped().families().iter().map(|family| &family.id);
    families().find(|family| family.as_str() == text).cloned().ok_or_else(|| {
        let known: Vec<&str> = families().map(Token::as_str).collect();
        format!("found {text:?}, expected a family: {}", known.join(", "))
    })
}

fn identifier(text: &str) -> Result<(IdentifierKind, String), String> {
    let expected = || format!("found {text:?}, expected a kind and a value, as in container:MSKU6011672");
    let (kind, value) = text.split_once(':').ok_or_else(expected)?;
    let kind = kind.parse().map_err(|_| {
        let kinds: Vec<&str> = IdentifierKind::ALL.iter().map(|kind| kind.code()).collect();
        format!("found the kind {kind:?}, expected one of {}", kinds.join(", "))
    })?;
    if value.trim().is_empty() { Err(expected()) } else { Ok((kind, value.to_owned())) }
}
