//! Incidents for tests, from drafts as officers write them.

use backtrail_bus::agency::AgencyId;
use backtrail_bus::incident::{Draft, Incident, Origin};
use backtrail_bus::realm::Realm;
use backtrail_bus::registers::Registers;
use serde_json::Value;

/// The incident with this number that `agency` reports by a draft, on 2026-03-10.
pub(super) fn incident(number: u32, revision: u32, agency: &str, draft: Value) -> Incident {
    let id = format!("01900000-0000-7000-8000-{number:012}");
    let origin = Origin {
        incident_id: id.parse().unwrap(),
        revision,
        originator: AgencyId::new(agency).unwrap(),
        realm: Realm::Real,
        reported_at: "2026-03-10T09:00:00Z".parse().unwrap(),
    };
    Draft::from_value(draft).unwrap().complete(origin, Registers::shipped()).unwrap().0
}
