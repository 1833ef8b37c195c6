//! `backtrail alert`

use anyhow::{Context as _, bail, ensure};
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use backtrail_bus::alert::{
    Alert as Answer, AlertChange, AlertCondition, AlertDefinition, AlertName, AlertNotice, Delivery, Finding, Limit,
    Near, Pace, QuietHours, RoutePattern,
};
use backtrail_bus::connection::Connection;
use backtrail_bus::country::CountryCode;
use backtrail_bus::exit;
use backtrail_bus::fold;
use backtrail_bus::incident::{IdentifierKind, IncidentKind, Locode};
use backtrail_bus::query::{AddAlertQuery, AlertsQuery, ChangeAlertQuery};
use backtrail_bus::stream;
use backtrail_bus::substance_register::SubstanceRegister;
use backtrail_bus::token::{MAX_TOKEN_BYTES, Token};
use futures_util::StreamExt;

use crate::output::{incident_line, print_json, wrapped};
use crate::session::Session;
use crate::wanted::{country, family, identifier};

/// Be told of incidents and leads that fit, at once or in a digest
///
/// An alert looks at what comes after it was added. What it finds waits in the agency's own account until it is read, the
/// latest 1,000 notices of each alert: `alert read` shows what one person has not read yet, `watch --alerts` shows it live.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Alert {
    #[command(subcommand)]
    action: Action,
}

const EXAMPLES: &str = "Examples:
  backtrail alert add --name fentanyl-to-us --substance fentanyl --route '*>US' --min-bits 12
  backtrail alert add --name rotterdam --near NLRTM --within 100km --digest daily \\
      --quiet 22:00-06:00 --timezone Europe/Amsterdam --limit 50/day
  backtrail alert read";

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Add an alert
    Add(Box<Add>),
    /// List all alerts
    List,
    /// Show one alert
    Show { name: AlertName },
    /// Remove an alert; what it found stays to be read
    Remove { name: AlertName },
    /// Look away until it is resumed
    Pause { name: AlertName },
    /// Look again, at what comes from now on
    Resume { name: AlertName },
    /// Show what was found and not read yet, and mark it as read
    Read {
        /// At most so many notices
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// Who reads: everybody has a place of their own
        #[arg(long, value_name = "NAME", env = "USER")]
        by: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
struct Add {
    /// What it is called: a-z, 0-9 and '-'
    #[arg(long)]
    name: AlertName,
    /// This substance, by any name that the register knows
    #[arg(long, value_name = "NAME")]
    substance: Option<String>,
    /// This family of substances
    #[arg(long, value_parser = family)]
    family: Option<Token>,
    /// From where to where, with * for anywhere: CN>NL, *>US
    #[arg(long, value_name = "FROM>TO")]
    route: Option<RoutePattern>,
    /// Near the place with this UN/LOCODE
    #[arg(long, value_name = "LOCODE", requires = "within")]
    near: Option<Locode>,
    /// How near, such as 100km
    #[arg(long, value_name = "KM", requires = "near", value_parser = kilometres)]
    within: Option<f64>,
    /// A party with this name, in any spelling
    #[arg(long, value_name = "NAME")]
    party: Option<String>,
    /// A number, such as container:MSKU6011672, in any writing
    #[arg(long, visible_alias = "id", value_name = "KIND:VALUE", value_parser = identifier)]
    identifier: Option<(IdentifierKind, String)>,
    /// Where it happened
    #[arg(long, value_parser = country)]
    country: Option<CountryCode>,
    /// What happened, such as seizure
    #[arg(long)]
    kind: Option<IncidentKind>,
    /// Leads too, that open or grow with at least so many bits and have a member that fits
    #[arg(long, value_name = "BITS")]
    min_bits: Option<f64>,
    /// Say at once what was found; this is usual
    #[arg(long, conflicts_with = "digest")]
    at_once: bool,
    /// Say it together: at the full hour, or at seven in the morning
    #[arg(long, value_name = "daily|hourly", value_parser = digest)]
    digest: Option<Pace>,
    /// Say nothing in these hours, but at their end
    #[arg(long, value_name = "FROM-TO")]
    quiet: Option<QuietHours>,
    /// The time zone of hours and days
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    timezone: String,
    /// Say at most so many, and of the rest how many they are: 20/hour, 100/day
    #[arg(long, value_name = "COUNT/hour|day")]
    limit: Option<Limit>,
    /// Who asks for it
    #[arg(long, value_name = "NAME", env = "USER")]
    by: Option<String>,
}

impl Alert {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let alert = match self.action {
            Action::List => return list(session).await,
            Action::Read { limit, by } => return read(limit, by, session).await,
            Action::Show { name } => named(&name, session).await?,
            Action::Add(add) => session.ask(&AddAlertQuery { definition: add.definition(session)? }).await?,
            Action::Remove { name } => change(name, AlertChange::Remove, session).await?,
            Action::Pause { name } => change(name, AlertChange::Pause, session).await?,
            Action::Resume { name } => change(name, AlertChange::Resume, session).await?,
        };
        if session.json {
            print_json(&alert)
        } else {
            print(&alert)
        }
        Ok(exit::DONE)
    }
}

impl Add {
    fn definition(self, session: &Session) -> anyhow::Result<AlertDefinition> {
        let registers = session.registers()?;
        let substance = self.substance.map(|name| substance(&name, registers.get().substances)).transpose()?;
        let near = match self.near.zip(self.within) {
            None => None,
            Some((place, within_km)) => {
                let known = registers.get().places.by_locode(place).and_then(|known| known.coordinates);
                let coordinates = known.with_context(|| format!("where {place} lies is not known here"))?;
                Some(Near { place, coordinates, within_km })
            }
        };
        let condition = AlertCondition {
            substance,
            family: self.family,
            route: self.route,
            near,
            party: self.party,
            identifier: self.identifier,
            country: self.country,
            kind: self.kind,
            min_bits: self.min_bits,
        };
        let pace = self.digest.unwrap_or(Pace::AtOnce);
        let delivery = Delivery { pace, quiet: self.quiet, time_zone: self.timezone, limit: self.limit };
        let by = self.by.context("say who asks for it with --by")?;
        let definition = AlertDefinition { name: self.name, by, condition, delivery };
        definition.check()?;
        Ok(definition)
    }
}

async fn change(name: AlertName, change: AlertChange, session: &Session) -> anyhow::Result<Answer> {
    session.ask(&ChangeAlertQuery { name, change }).await
}

async fn named(name: &AlertName, session: &Session) -> anyhow::Result<Answer> {
    let alerts = session.ask(&AlertsQuery {}).await?.alerts;
    let found = alerts.into_iter().find(|alert| alert.definition.name == *name);
    found.with_context(|| format!("no alert is called {name}; `backtrail alert list` shows all"))
}

async fn list(session: &Session) -> anyhow::Result<u8> {
    let answer = session.ask(&AlertsQuery {}).await?;
    if session.json {
        print_json(&answer);
        return Ok(exit::DONE);
    }
    answer.alerts.iter().for_each(print);
    println!("{} alerts; `backtrail alert read` shows what they found", answer.alerts.len());
    Ok(exit::DONE)
}

/// Shows what this person has not read, each notice until it is acknowledged: better twice than never.
async fn read(limit: usize, by: Option<String>, session: &Session) -> anyhow::Result<u8> {
    let by = by.context("say who reads with --by")?;
    let connection = session.connect().await?;
    let reader = reader(&connection, &by, session).await?;
    let waiting = reader.cached_info().num_pending + reader.cached_info().num_ack_pending as u64;
    let mut messages = reader.fetch().max_messages(limit).messages().await?;
    let mut shown = 0_u64;
    let mut last = None;
    while let Some(message) = messages.next().await {
        let message = message.map_err(|error| anyhow::anyhow!(error)).context("what alerts found")?;
        let notice: AlertNotice = serde_json::from_slice(&message.payload).context("what an alert found")?;
        if session.json {
            print_json(&notice)
        } else {
            println!("{}", notice_lines(&notice))
        }
        shown += 1;
        last = Some(message);
    }
    // One acknowledgement is for all before it.
    if let Some(last) = last
        && let Err(error) = last.double_ack().await
    {
        bail!("it could not be marked as read, and will be shown again: {error}");
    }
    if !session.json {
        println!("{shown} notices, {} more not read", waiting.saturating_sub(shown));
    }
    Ok(exit::DONE)
}

/// The place of one person in what alerts found.
async fn reader(connection: &Connection, by: &str, session: &Session) -> anyhow::Result<PullConsumer> {
    let name = stream::alerts(session.realm());
    let found = connection
        .own()
        .get_stream(name)
        .await
        .with_context(|| format!("no stream {name} in this agency's account; has its daemon ever run?"))?;
    let place = fold::words(by).replace(' ', "-");
    ensure!(!place.is_empty(), "found the name {by:?}, expected one with letters or digits");
    let durable = format!("reader-{}", fold::cut(&place, MAX_TOKEN_BYTES));
    let config = pull::Config {
        durable_name: Some(durable.clone()),
        ack_policy: AckPolicy::All,
        // What was shown and not acknowledged is shown again.
        ack_wait: std::time::Duration::from_secs(1),
        ..pull::Config::default()
    };
    Ok(found.get_or_create_consumer(&durable, config).await?)
}

fn print(alert: &Answer) {
    let Answer { definition, added_at, is_paused, notices, waiting, due } = alert;
    let AlertDefinition { name, by, condition, delivery } = definition;
    let paused = if *is_paused { "  (paused)" } else { "" };
    println!("{name}{paused}");
    println!("{}", wrapped(&condition.to_string(), "  ", "    "));
    println!("{}", wrapped(&delivery.to_string(), "  ", "    "));
    let due = due.map(|due| format!(", said at {}", due.strftime("%Y-%m-%d %H:%M UTC"))).unwrap_or_default();
    let waiting = if *waiting == 0 { String::new() } else { format!("; {waiting} wait{due}") };
    println!("  looks at what came after {}, for {by}", added_at.strftime("%Y-%m-%d %H:%M UTC"));
    println!("  {notices} notices{waiting}");
}

/// What an alert said at one time.
pub(crate) fn notice_lines(notice: &AlertNotice) -> String {
    let AlertNotice { alert, number, at, findings, more } = notice;
    let mut lines = vec![format!("{alert}  {}  (no. {number})", at.strftime("%Y-%m-%d %H:%M UTC"))];
    for finding in findings {
        match finding {
            Finding::Incident(incident) => {
                lines.push(wrapped(&incident_line(incident), "  ", "    "));
                lines.push(wrapped(&incident.headline, "    ", "    "));
            }
            Finding::Lead(lead) => {
                let what = format!("{}  {:.1} bits  {} incidents", lead.kind, lead.bits, lead.member_count);
                lines.push(format!("  lead {}: {what}", lead.change));
                lines.push(wrapped(&lead.shared, "    ", "    "));
                lines.push(format!("    {}", lead.lead_id));
            }
        }
    }
    if *more > 0 {
        lines.push(format!("  and {more} more"));
    }
    lines.join("\n")
}

/// The one entry that a name means.
fn substance(text: &str, register: &SubstanceRegister) -> anyhow::Result<Token> {
    let suggestions = || match &register.suggestions(text, 3)[..] {
        [] => String::new(),
        names => format!(" such as {}", names.join(", ")),
    };
    let entry = register.resolve(text).entry();
    let entry =
        entry.with_context(|| format!("found {text:?}, expected one substance of the register{}", suggestions()))?;
    Ok(entry.id.clone())
}

fn kilometres(text: &str) -> Result<f64, String> {
    let number = text.trim().strip_suffix("km").unwrap_or(text).trim();
    let kilometres = number.parse::<f64>().ok().filter(|kilometres| kilometres.is_finite() && *kilometres > 0.0);
    kilometres.ok_or_else(|| format!("found {text:?}, expected a distance such as 100km"))
}

fn digest(text: &str) -> Result<Pace, String> {
    match text.parse() {
        Ok(pace @ (Pace::Daily | Pace::Hourly)) => Ok(pace),
        _ => Err(format!("found {text:?}, expected daily or hourly")),
    }
}
