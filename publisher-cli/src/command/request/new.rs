//! `backtrail request new`

use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use backtrail_bus::agency::AgencyId;
use backtrail_bus::connection::Connection;
use backtrail_bus::exchange::{Basis, Contact, Filled, Request, Urgency, fill};
use backtrail_bus::exit;
use backtrail_bus::id::{LeadId, ThreadId};
use backtrail_bus::incident::{Identifier, IdentifierKind, Incident};
use backtrail_bus::lead::Lead;
use backtrail_bus::query::{IncidentQuery, IncidentRef, LeadQuery, ask};
use backtrail_bus::register::AgencyEntry;
use backtrail_bus::stream;
use jiff::SignedDuration;

use super::draft::Draft;
use super::say::attach;
use crate::event_outcome::post;
use crate::output::{print_json, wrapped};
use crate::session::{Session, incident_ref};
use crate::wanted::identifier;

const MEASURE: &str =
    "To say what you know of the persons and companies named, and of where the goods came from and went.";

/// Ask another agency about a lead or an incident
///
/// The six parts of a mutual-assistance request are filled from your own incidents and from the addressee's; what
/// other agencies reported is never told, nor how much of it there is. Each part can be given instead. With --draft it
/// is kept as a file, to be edited and sent with `backtrail request send`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  backtrail request new --lead 0b8f6a52-9a0b-5c5e-9d63-0c3f6d1f2a11 --to be-police --urgency urgent
  backtrail request new --incident NLC-2026-0412 --to de-post --draft --precautionary 'hold the parcel'
  backtrail request new --about container:MSKU6011672 --to be-police")]
pub(super) struct New {
    /// The agency that is asked
    #[arg(long, value_name = "AGENCY")]
    to: AgencyId,
    /// The lead that it rests on
    #[arg(long, value_name = "LEAD", required_unless_present_any = ["incident", "about"], conflicts_with = "incident")]
    lead: Option<LeadId>,
    /// The incident that it rests on, by id or own reference
    #[arg(long, value_name = "INCIDENT")]
    incident: Option<String>,
    /// A number that the addressee may have an incident with, as a pointer says, such as container:MSKU6011672
    #[arg(long, value_name = "KIND:VALUE", value_parser = identifier)]
    about: Option<(IdentifierKind, String)>,
    /// The measure asked for
    #[arg(long, value_name = "TEXT", default_value = MEASURE, hide_default_value = true)]
    measure: String,
    /// What it is about, in a line
    #[arg(long, value_name = "TEXT")]
    object: Option<String>,
    /// Why it is asked
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// A law that is involved (may be given several times)
    #[arg(long, value_name = "TEXT")]
    law: Vec<String>,
    /// Summary of the facts
    #[arg(long, value_name = "TEXT")]
    facts: Option<String>,
    /// Enquiries that were carried out already
    #[arg(long, value_name = "TEXT")]
    enquiries: Option<String>,
    /// How urgent it is: urgent-direct (8 hours), urgent (3 days) or routine (7 days)
    #[arg(long, value_name = "URGENCY", default_value = "routine")]
    urgency: Urgency,
    /// Another time to answer in, such as 36h, instead of the urgency's own
    #[arg(long, value_name = "DURATION")]
    within: Option<SignedDuration>,
    /// A measure that must wait for nothing (may be given several times)
    #[arg(long, value_name = "TEXT")]
    precautionary: Vec<String>,
    /// Telephone for questions
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// E-mail address for questions
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Language of the texts, such as en
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// A file to attach (may be given several times)
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// Keep it as a draft and send nothing
    #[arg(long)]
    draft: bool,
    /// Who asks
    #[arg(long, value_name = "NAME", env = "USER")]
    by: String,
}

impl New {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        ensure!(self.to != *session.agency(), "found your own agency as the addressee, expected another one");
        let connection = session.connect().await?;
        if entry(&connection, &self.to).await?.is_none() {
            bail!("no agency {} is on this bus", self.to);
        }
        let own = entry(&connection, session.agency()).await?;
        let authority = own.map_or_else(|| session.agency().to_string(), |own| own.name);
        let (lead, incidents) = self.sources(session, &connection).await?;
        let mut filled = fill(session.agency(), &self.to, &incidents);
        if let Some((kind, value)) = &self.about {
            filled.ask_about(Identifier::new(*kind, value.as_str()));
        }
        if filled.left_out > 0 {
            let note = format!(
                "note: {} incidents are left out of the request, because they are neither yours nor {}'s",
                filled.left_out, self.to
            );
            eprintln!("{}", wrapped(&note, "", "  "));
        }
        let (is_draft, by) = (self.draft, self.by.clone());
        let draft = self.draft(filled, lead.map(|lead| lead.lead_id), authority)?;
        if !is_draft {
            return post(session, &by, draft.said(session.agency())).await;
        }
        let path = draft.keep(session)?;
        if session.json {
            print_json(&serde_json::json!({ "thread_id": draft.thread_id, "state": "draft", "file": path }));
        } else {
            println!("DRAFT {}\n      edit {}", draft.thread_id, path.display());
            println!("      and send it with `backtrail request send {}`", draft.thread_id);
        }
        Ok(exit::DONE)
    }

    /// The lead, if there is one, and the incidents that the request rests on.
    async fn sources(
        &self,
        session: &Session,
        connection: &Connection,
    ) -> anyhow::Result<(Option<Lead>, Vec<Incident>)> {
        let realm = session.realm();
        let (lead, wanted) = match (&self.lead, &self.incident) {
            (Some(lead_id), _) => {
                let lead = ask(connection, realm, &LeadQuery { lead_id: *lead_id }).await?;
                let ids = lead.members.iter().map(|member| IncidentRef::Id(member.incident.incident_id)).collect();
                (Some(lead), ids)
            }
            (None, Some(incident)) => (None, vec![incident_ref(incident)]),
            (None, None) => (None, Vec::new()),
        };
        let mut incidents = Vec::with_capacity(wanted.len());
        for incident in wanted {
            let answer = ask(connection, realm, &IncidentQuery { incident }).await?;
            incidents.push(Incident::read_again(answer.incident.get().as_bytes())?);
        }
        Ok((lead, incidents))
    }

    fn draft(self, filled: Filled, lead_id: Option<LeadId>, authority: String) -> anyhow::Result<Draft> {
        let Filled { object, reason, facts, persons, identifiers, incidents, handling, basis, .. } = filled;
        let nothing = "nothing that it rests on may be told to the addressee; say it yourself with";
        let given = |given: Option<String>, filled: String, flag: &str| match given {
            Some(text) => Ok(text),
            None if filled.is_empty() => bail!("{nothing} {flag}"),
            None => Ok(filled),
        };
        let within = self.within.unwrap_or(self.urgency.limit());
        let request = Request {
            requester: Contact { authority, person: Some(self.by), phone: self.phone, email: self.email },
            measure: self.measure,
            object: given(self.object, object, "--object")?,
            reason: self.reason.unwrap_or(reason),
            laws: self.law,
            persons,
            facts: given(self.facts, facts, "--facts")?,
            enquiries: self.enquiries,
            identifiers,
            urgency: self.urgency,
            answer_within_s: u64::try_from(within.as_secs()).context("the time to answer in is negative")?,
            precautionary: self.precautionary,
            incidents,
            handling,
            language: self.language,
            attachments: attach(&self.attach)?,
        };
        let basis = Basis { lead_id, incidents: basis };
        Ok(Draft { thread_id: ThreadId::generate(), to: self.to, request, basis })
    }
}

/// The register's entry of an agency.
async fn entry(connection: &Connection, agency: &AgencyId) -> anyhow::Result<Option<AgencyEntry>> {
    let request = stream::hub_api(&stream::register_get(&stream::register_agency_key(agency)));
    let reply = connection.client.request(request, "".into()).await.context("the hub's register did not answer")?;
    match reply.status {
        None => Ok(Some(serde_json::from_slice(&reply.payload).context("the register's entry was not understood")?)),
        Some(_) => Ok(None),
    }
}
