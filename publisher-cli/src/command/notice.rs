//! `backtrail notice`

use std::path::PathBuf;

use anyhow::Context as _;
use backtrail_bus::agency::CircleId;
use backtrail_bus::country::CountryCode;
use backtrail_bus::exchange::{Alert, Arrival, Body, PreExport, Remark, Shipment, Statement};
use backtrail_bus::exit;
use backtrail_bus::id::ThreadId;
use backtrail_bus::incident::{IdentifierKind, Quantity};
use backtrail_bus::query::{ThreadQuery, ThreadsQuery};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::request::{print, say};
use crate::event_outcome::{Said, post};
use crate::output::print_json;
use crate::session::Session;
use crate::wanted::{country, identifier};

/// Warn a circle, or notify it of an export of precursors
///
/// Every notice is compared with the incidents that the reader holds: by identifier, by party with the family of
/// substances, and by quantity.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Notice {
    #[command(subcommand)]
    action: Action,
}

const EXAMPLES: &str = "Examples:
  backtrail notice alert --circle all --title 'Glycidates as leather auxiliaries' --text '...'
  backtrail notice pre-export --circle all --substance 'acetic anhydride' --quantity '1000 l' \\
    --exporter 'Hubei Chem' --exporter-country CN --importer 'Rijn Chemie' --importer-country NL \\
    --expected 2026-09-01 --reply-by 2026-08-20T12:00:00Z --id permit:NL-IMP-2026-77
  backtrail notice object 0198c2f4-5d6e-7a10-8b1c-2f3a4b5c6d7e --text 'the importer does not exist'";

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Warn a circle of a substance, a way of doing it, a route
    Alert {
        /// Who may read it; the context's circle if it is left out
        #[arg(long, value_name = "CIRCLE")]
        circle: Option<CircleId>,
        /// What it is about, in a line
        #[arg(long, value_name = "TEXT")]
        title: String,
        /// The words
        #[arg(long, value_name = "TEXT")]
        text: String,
        /// A substance to look for (may be given several times)
        #[arg(long, value_name = "NAME")]
        substance: Vec<String>,
        /// A consignor to look for (may be given several times)
        #[arg(long, value_name = "NAME")]
        consignor: Vec<String>,
        /// An identifier to look for, such as container:MSKU6011672 (may be given several times)
        #[arg(long, value_name = "KIND:VALUE", value_parser = identifier)]
        id: Vec<(IdentifierKind, String)>,
        /// A file to attach (may be given several times)
        #[arg(long, value_name = "FILE")]
        attach: Vec<PathBuf>,
        /// Who says it
        #[arg(long, value_name = "NAME", env = "USER")]
        by: String,
    },
    PreExport(Box<Notify>),
    /// Take note of a notice of another agency
    Acknowledge(Reply),
    /// Object to an export, and say why
    Object(Reply),
    /// Say that a notified shipment arrived
    Arrived {
        notice: ThreadId,
        /// The day
        #[arg(long, value_name = "DATE")]
        on: Date,
        /// How much arrived of what was notified, such as '1000 l'
        #[arg(long, value_name = "QUANTITY")]
        quantity: Option<String>,
        /// Who says it
        #[arg(long, value_name = "NAME", env = "USER")]
        by: String,
    },
    /// Take your own notice back, and say why
    Withdraw(Reply),
    /// List notices, the latest change first
    List {
        /// Those that arrived or were withdrawn too
        #[arg(long)]
        all: bool,
        /// Only those that nobody replied to by their deadline
        #[arg(long)]
        overdue: bool,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Show a notice, what was replied, and which incidents it may be about
    Show {
        notice: ThreadId,
        /// Save the attached files in this directory; files that are there are never replaced
        #[arg(long, value_name = "DIR")]
        save_attachments: Option<PathBuf>,
    },
}

/// Notify a circle that precursors are about to be exported
#[derive(Debug, clap::Args)]
struct Notify {
    /// Who may read it; the context's circle if it is left out
    #[arg(long, value_name = "CIRCLE")]
    circle: Option<CircleId>,
    /// What is exported
    #[arg(long, value_name = "NAME")]
    substance: String,
    /// How much, such as '1000 l'
    #[arg(long, value_name = "QUANTITY")]
    quantity: String,
    /// Name of the exporter
    #[arg(long, value_name = "NAME")]
    exporter: String,
    /// Its country; the route begins there
    #[arg(long, value_name = "COUNTRY", value_parser = country)]
    exporter_country: CountryCode,
    /// Name of the importer
    #[arg(long, value_name = "NAME")]
    importer: String,
    /// Its country; the route ends there
    #[arg(long, value_name = "COUNTRY", value_parser = country)]
    importer_country: CountryCode,
    /// A country on the way, in the order of travel (may be given several times)
    #[arg(long, value_name = "COUNTRY", value_parser = country)]
    via: Vec<CountryCode>,
    /// The day on which it is expected to arrive
    #[arg(long, value_name = "DATE")]
    expected: Date,
    /// Until when to acknowledge or object
    #[arg(long, value_name = "TIME")]
    reply_by: Timestamp,
    /// An authorisation or another identifier, such as permit:NL-IMP-2026-77 (may be given several times)
    #[arg(long, value_name = "KIND:VALUE", value_parser = identifier)]
    id: Vec<(IdentifierKind, String)>,
    /// A remark
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Who notifies
    #[arg(long, value_name = "NAME", env = "USER")]
    by: String,
}

#[derive(Debug, clap::Args)]
struct Reply {
    notice: ThreadId,
    /// The words
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Who says it
    #[arg(long, value_name = "NAME", env = "USER")]
    by: String,
}

impl Notice {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        match self.action {
            Action::Alert { circle, title, text, substance, consignor, id, attach, by } => {
                let parties = consignor.iter().map(|name| json!({ "role": "consignor", "name": name }));
                let substances = substance.iter().map(|name| json!({ "name": name }));
                let shipment = shipment(session, substances.collect(), parties.collect(), Vec::new(), &id)?;
                let attachments = say::attach(&attach)?;
                let alert = Alert { title, text, shipment, handling: Vec::new(), attachments };
                begin(session, circle, &by, Body::Alert(Box::new(alert))).await
            }
            Action::PreExport(notify) => notify.run(session).await,
            Action::Acknowledge(Reply { notice, text, by }) => {
                reply(session, notice, &by, |_| Ok(Body::Acknowledged(Remark { text }))).await
            }
            Action::Object(reply) => reply.run(session, Body::Objected).await,
            Action::Withdraw(reply) => reply.run(session, Body::Withdrawn).await,
            Action::Arrived { notice, on, quantity, by } => {
                reply(session, notice, &by, |notification| {
                    let substances = match quantity {
                        Some(quantity) => vec![json!({
                            "name": notification.shipment.substances.first().context("no substance")?.name,
                            "quantity": read_quantity(&quantity)?,
                        })],
                        None => Vec::new(),
                    };
                    let shipment = shipment(session, substances, Vec::new(), Vec::new(), &[])?;
                    Ok(Body::Arrived(Box::new(Arrival { on, shipment, text: None })))
                })
                .await
            }
            Action::List { all, overdue, limit } => {
                let kinds = ["alert", "pre-export"].map(str::to_owned).to_vec();
                let query = ThreadsQuery { kinds, finished: all, overdue, limit, ..ThreadsQuery::default() };
                let answer = session.ask(&query).await?;
                if session.json {
                    print_json(&answer);
                    return Ok(exit::DONE);
                }
                answer.threads.iter().for_each(|line| println!("{}", print::line(line, session.agency())));
                println!("{} of {} notices; `backtrail notice show ID` shows more", answer.threads.len(), answer.total);
                Ok(exit::DONE)
            }
            Action::Show { notice, save_attachments } => {
                let answer = session.ask(&ThreadQuery { thread_id: notice, at: None }).await?;
                if session.json {
                    print_json(&answer);
                } else {
                    print::thread(&answer, session.agency());
                }
                if let Some(dir) = save_attachments {
                    print::save_attachments(session, &answer.thread, &dir).await?;
                }
                Ok(exit::DONE)
            }
        }
    }
}

impl Notify {
    async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let substance = json!({ "name": self.substance, "quantity": read_quantity(&self.quantity)? });
        let parties = vec![
            json!({ "role": "exporter", "name": self.exporter, "country": self.exporter_country }),
            json!({ "role": "importer", "name": self.importer, "country": self.importer_country }),
        ];
        let leg = |role: &str, country: &CountryCode| json!({ "role": role, "place": { "country": country } });
        let via = self.via.iter().map(|country| leg("transit", country));
        let route = std::iter::once(leg("origin", &self.exporter_country))
            .chain(via)
            .chain([leg("destination", &self.importer_country)])
            .collect();
        let notification = PreExport {
            shipment: shipment(session, vec![substance], parties, route, &self.id)?,
            expected: self.expected,
            reply_by: self.reply_by,
            text: self.text,
            handling: Vec::new(),
        };
        begin(session, self.circle, &self.by, Body::PreExport(Box::new(notification))).await
    }
}

impl Reply {
    async fn run(self, session: &Session, body: fn(Statement) -> Body) -> anyhow::Result<u8> {
        let Self { notice, text, by } = self;
        let text = text.context("found no words, expected some with --text")?;
        let thread = session.ask(&ThreadQuery { thread_id: notice, at: None }).await?.thread;
        let body = body(Statement { text, attachments: Vec::new() });
        say::would_have_effect(session, &thread, &by, &body)?;
        post(session, &by, vec![Said { thread_id: notice, channel: thread.channel, body }]).await
    }
}

/// Begins a thread with a circle.
async fn begin(session: &Session, circle: Option<CircleId>, by: &str, body: Body) -> anyhow::Result<u8> {
    let circles = session.circles(circle.as_slice())?;
    let said = circles.into_iter().zip(std::iter::once(body)).map(|(circle, body)| Said {
        thread_id: ThreadId::generate(),
        channel: backtrail_bus::channel::Channel::Notices(circle),
        body,
    });
    post(session, by, said.collect()).await
}

/// Says something to a pre-export notification or an alert.
async fn reply(
    session: &Session,
    notice: ThreadId,
    by: &str,
    body: impl FnOnce(&PreExport) -> anyhow::Result<Body>,
) -> anyhow::Result<u8> {
    let thread = session.ask(&ThreadQuery { thread_id: notice, at: None }).await?.thread;
    let none = PreExport {
        shipment: Shipment::default(),
        expected: Date::ZERO,
        reply_by: Timestamp::UNIX_EPOCH,
        text: None,
        handling: Vec::new(),
    };
    let body = body(thread.pre_export().unwrap_or(&none))?;
    say::would_have_effect(session, &thread, by, &body)?;
    post(session, by, vec![Said { thread_id: notice, channel: thread.channel, body }]).await
}

fn read_quantity(text: &str) -> anyhow::Result<Quantity> {
    Quantity::parse(text).with_context(|| format!("found the quantity {text:?}, expected one such as '1000 l'"))
}

fn shipment(
    session: &Session,
    substances: Vec<Value>,
    parties: Vec<Value>,
    route: Vec<Value>,
    identifiers: &[(IdentifierKind, String)],
) -> anyhow::Result<Shipment> {
    let identifiers: Vec<Value> =
        identifiers.iter().map(|(kind, value)| json!({ "kind": kind, "value": value })).collect();
    let lists = json!({ "substances": substances, "parties": parties, "route": route, "identifiers": identifiers });
    let mut shipment: Shipment = serde_json::from_value(lists)?;
    shipment.derive(session.registers()?.get());
    Ok(shipment)
}
