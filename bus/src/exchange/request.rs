//! A request from one agency to another, in the six parts of a customs mutual-assistance request, and what is said
//! about it: who asks, the measure asked, object and reason, the law, the persons and companies as exactly as known,
//! and the facts with the enquiries already carried out.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::attachment::{self, Attachment};
use super::shipment::Shipment;
use crate::agency::AgencyId;
use crate::id::{IncidentId, LeadId};
use crate::incident::{
    Finding, HandlingCode, Identifier, MAX_NARRATIVE, MAX_TEXT, Party, code_list, finding, text_up_to,
};

/// The most items in a list of texts.
const MAX_ITEMS: usize = 20;
/// The most incidents that a request cites, or that a lead rests on.
pub(super) const MAX_INCIDENTS: usize = 500;
/// The shortest and the longest time to answer, in seconds.
const ANSWER_WITHIN_S: std::ops::RangeInclusive<u64> = 1..=366 * 24 * 3600;

code_list! {
    /// How urgent a request is. The limits are those of the European Union for exchange between law enforcement
    /// agencies, from receipt.
    Urgency {
        /// The addressee has it directly at hand: 8 hours.
        UrgentDirect = "urgent-direct",
        /// The addressee must ask others: 3 calendar days.
        Urgent = "urgent",
        /// Any other: 7 calendar days.
        Routine = "routine",
    }
}

code_list! {
    /// Of what use an answer was.
    Usefulness {
        Useful = "useful",
        PartlyUseful = "partly-useful",
        NotUseful = "not-useful",
    }
}

/// A request in its six parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// (a) The applicant authority and whom to contact there.
    pub requester: Contact,
    /// (b) The measure asked for.
    pub measure: String,
    /// (c) What it is about, in a line.
    pub object: String,
    /// (c) Why it is asked.
    pub reason: String,
    /// (d) The laws involved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub laws: Vec<String>,
    /// (e) Persons and companies, as exactly as known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub persons: Vec<Party>,
    /// (f) Summary of the relevant facts.
    pub facts: String,
    /// (f) Enquiries already carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enquiries: Option<String>,
    /// Numbers of containers, documents, goods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<Identifier>,
    pub urgency: Urgency,
    /// The time to answer in, in seconds from receipt. It stands here so that both sides compute the same.
    pub answer_within_s: u64,
    /// Measures that must not wait for anything, whatever is asked back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub precautionary: Vec<String>,
    /// Incidents of the two agencies that it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incidents: Vec<CitedIncident>,
    /// The strictest handling of its sources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handling: Vec<HandlingCode>,
    /// Language of the texts, as a BCP 47 tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

/// Whom to contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// Name of the authority.
    pub authority: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// An incident of one of the two agencies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CitedIncident {
    pub incident_id: IncidentId,
    pub originator: AgencyId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_reference: Option<String>,
}

/// What a request rests on, told to nobody: an event of an agency to itself, so that all its people know whom to tell
/// what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Basis {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<LeadId>,
    pub incidents: Vec<Contribution>,
}

/// An incident that helped, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contribution {
    pub incident_id: IncidentId,
    pub originator: AgencyId,
}

/// A text that must be there, with files perhaps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

/// A text that may be there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Remark {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What an answer was good for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    pub usefulness: Usefulness,
    /// What came of it; the other agencies whose incidents helped are told this too.
    pub outcome: String,
    /// For the answering agency alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What came of incidents of the agency that is told. It says nothing of requests or of other agencies' incidents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Incidents of the agency that is told, and of no other.
    pub incidents: Vec<IncidentId>,
    pub outcome: String,
}

impl Urgency {
    /// The time to answer in, from receipt. Calendar days are counted as 24 hours.
    pub fn limit(self) -> SignedDuration {
        match self {
            Self::UrgentDirect => SignedDuration::from_hours(8),
            Self::Urgent => SignedDuration::from_hours(3 * 24),
            Self::Routine => SignedDuration::from_hours(7 * 24),
        }
    }
}

impl Request {
    pub(super) fn check(&self) -> Result<(), Finding> {
        self.requester.check()?;
        text_up_to("/body/measure", Some(&self.measure), MAX_NARRATIVE)?;
        text_up_to("/body/object", Some(&self.object), MAX_TEXT)?;
        text_up_to("/body/reason", Some(&self.reason), MAX_NARRATIVE)?;
        text_up_to("/body/facts", Some(&self.facts), MAX_NARRATIVE)?;
        text_up_to("/body/enquiries", self.enquiries.as_deref(), MAX_NARRATIVE)?;
        text_up_to("/body/language", self.language.as_deref(), MAX_TEXT)?;
        texts("laws", &self.laws)?;
        texts("precautionary", &self.precautionary)?;
        at_most("incidents", self.incidents.len(), MAX_INCIDENTS)?;
        at_most("handling", self.handling.len(), 4)?;
        for (index, incident) in self.incidents.iter().enumerate() {
            let path = format_args!("/body/incidents/{index}/own_reference");
            text_up_to(path, incident.own_reference.as_deref(), MAX_TEXT)?;
        }
        if !ANSWER_WITHIN_S.contains(&self.answer_within_s) {
            let expected = format!("{} to {}", ANSWER_WITHIN_S.start(), ANSWER_WITHIN_S.end());
            return Err(finding("/body/answer_within_s", self.answer_within_s.to_string(), expected));
        }
        let lists =
            Shipment { parties: self.persons.clone(), identifiers: self.identifiers.clone(), ..Shipment::default() };
        lists.check()?;
        files(&self.attachments)
    }
}

impl Contact {
    fn check(&self) -> Result<(), Finding> {
        let Self { authority, person, phone, email } = self;
        text_up_to("/body/requester/authority", Some(authority), MAX_TEXT)?;
        text_up_to("/body/requester/person", person.as_deref(), MAX_TEXT)?;
        text_up_to("/body/requester/phone", phone.as_deref(), MAX_TEXT)?;
        text_up_to("/body/requester/email", email.as_deref(), MAX_TEXT)
    }
}

impl Statement {
    pub(super) fn check(&self) -> Result<(), Finding> {
        text_up_to("/body/text", Some(&self.text), MAX_NARRATIVE)?;
        files(&self.attachments)
    }
}

impl Remark {
    pub(super) fn check(&self) -> Result<(), Finding> {
        text_up_to("/body/text", self.text.as_deref(), MAX_NARRATIVE)
    }
}

impl Feedback {
    pub(super) fn check(&self) -> Result<(), Finding> {
        text_up_to("/body/outcome", Some(&self.outcome), MAX_NARRATIVE)?;
        text_up_to("/body/text", self.text.as_deref(), MAX_NARRATIVE)
    }
}

impl Outcome {
    pub(super) fn check(&self) -> Result<(), Finding> {
        text_up_to("/body/outcome", Some(&self.outcome), MAX_NARRATIVE)?;
        at_most("incidents", self.incidents.len(), MAX_INCIDENTS)
    }
}

impl Basis {
    pub(super) fn check(&self) -> Result<(), Finding> {
        at_most("incidents", self.incidents.len(), MAX_INCIDENTS)
    }
}

/// Checks attachments of an event.
pub(super) fn files(attachments: &[Attachment]) -> Result<(), Finding> {
    attachment::check_all(attachments)
        .map_err(|error| finding("/body/attachments", error.to_string(), "files as allowed"))
}

fn texts(field: &str, items: &[String]) -> Result<(), Finding> {
    at_most(field, items.len(), MAX_ITEMS)?;
    let each =
        |(index, text): (usize, &String)| text_up_to(format_args!("/body/{field}/{index}"), Some(text), MAX_NARRATIVE);
    items.iter().enumerate().try_for_each(each)
}

pub(super) fn at_most(field: &str, found: usize, most: usize) -> Result<(), Finding> {
    match found <= most {
        true => Ok(()),
        false => Err(finding(format_args!("/body/{field}"), format!("{found} items"), format!("at most {most}"))),
    }
}
