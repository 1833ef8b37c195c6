//! Notices to a circle: special alerts, and pre-export notifications with what is said to them.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::attachment::Attachment;
use super::request::{at_most, files};
use super::shipment::Shipment;
use crate::incident::{
    Finding, HandlingCode, Identifier, IdentifierKind, MAX_NARRATIVE, MAX_TEXT, Party, PartyRole, finding, text_up_to,
};

/// A warning of a substance, a way of doing it, a route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    pub title: String,
    pub text: String,
    /// What to look for.
    #[serde(default)]
    pub shipment: Shipment,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handling: Vec<HandlingCode>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

/// That a shipment of precursors is about to leave (1988 Convention, article 12 (10) (a)).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreExport {
    /// What and how much, exporter and importer, route, and the references of import and export authorisations among
    /// the identifiers.
    pub shipment: Shipment,
    /// The day on which it is expected to arrive.
    pub expected: Date,
    /// Who says nothing by then has no objection that anybody knows of.
    pub reply_by: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handling: Vec<HandlingCode>,
}

/// That a notified shipment arrived, and with how much.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    pub on: Date,
    /// What arrived, where it was measured.
    #[serde(default)]
    pub shipment: Shipment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Alert {
    pub(super) fn check(&self) -> Result<(), Finding> {
        text_up_to("/body/title", Some(&self.title), MAX_TEXT)?;
        text_up_to("/body/text", Some(&self.text), MAX_NARRATIVE)?;
        at_most("handling", self.handling.len(), 4)?;
        self.shipment.check()?;
        files(&self.attachments)
    }
}

impl PreExport {
    /// The party with a role.
    pub fn party(&self, role: PartyRole) -> Option<&Party> {
        self.shipment.parties.iter().find(|party| party.role == role)
    }

    /// References of authorisations.
    pub fn authorisations(&self) -> impl Iterator<Item = &Identifier> {
        let kinds = [IdentifierKind::Permit, IdentifierKind::PreExportNotification];
        self.shipment.identifiers.iter().filter(move |identifier| kinds.contains(&identifier.kind))
    }

    pub(super) fn check(&self) -> Result<(), Finding> {
        self.shipment.check()?;
        if self.shipment.substances.is_empty() {
            return Err(finding("/body/shipment/substances", "none", "at least one substance line"));
        }
        for role in [PartyRole::Exporter, PartyRole::Importer] {
            if self.party(role).is_none() {
                return Err(finding("/body/shipment/parties", format!("no {role}"), format!("an {role}")));
            }
        }
        at_most("handling", self.handling.len(), 4)?;
        text_up_to("/body/text", self.text.as_deref(), MAX_NARRATIVE)
    }
}

impl Arrival {
    pub(super) fn check(&self) -> Result<(), Finding> {
        self.shipment.check()?;
        text_up_to("/body/text", self.text.as_deref(), MAX_NARRATIVE)
    }
}
