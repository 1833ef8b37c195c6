//! What is known of a shipment: the lists of an incident, without the event.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::agency::AgencyId;
use crate::id::IncidentId;
use crate::incident::{
    Finding, Identifier, Incident, IncidentKind, OccurredAt, Party, Place, RouteLeg, SCHEMA_VERSION, SubstanceLine,
    check_limits, derive,
};
use crate::registers::Registers;

/// Substances, parties, route and identifiers, each as in an incident.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Shipment {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub substances: Vec<SubstanceLine>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parties: Vec<Party>,
    /// Legs in the order of travel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub route: Vec<RouteLeg>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<Identifier>,
}

impl Shipment {
    /// Resolves what was reported, as for an incident.
    pub fn derive(&mut self, registers: Registers<'_>) {
        let mut incident = std::mem::take(self).into_incident();
        derive(&mut incident, registers);
        let Incident { substances, parties, route, identifiers, .. } = incident;
        *self = Self { substances, parties, route, identifiers };
    }

    /// Checks the limits that the lists have in an incident.
    pub(super) fn check(&self) -> Result<(), Finding> {
        let mut incident = self.clone().into_incident();
        // A shipment may have no substance; an incident may not.
        if incident.substances.is_empty() {
            incident.substances.push(SubstanceLine::named("none"));
        }
        check_limits(&incident)
    }

    /// An incident of which nothing else is said. It never leaves this file.
    fn into_incident(self) -> Incident {
        let Self { substances, parties, route, identifiers } = self;
        Incident {
            schema: SCHEMA_VERSION.to_owned(),
            incident_id: IncidentId::generate(),
            revision: 1,
            originator: AgencyId::new("none").expect("a token"),
            exercise: false,
            reported_at: Timestamp::UNIX_EPOCH,
            retracted: None,
            own_reference: None,
            kind: IncidentKind::ALL[0],
            occurred_at: OccurredAt::day(jiff::civil::date(2000, 1, 1)),
            place: Place { name: Some("none".to_owned()), ..Place::default() },
            substances,
            parties,
            route,
            identifiers,
            goods: None,
            packaging: None,
            concealment: None,
            detection: None,
            handling: Vec::new(),
            evaluation: None,
            operation: None,
            narrative: None,
            language: None,
        }
    }
}
