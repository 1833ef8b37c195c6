//! The current revision of an incident of one's own, from the outbox or the daemon, whichever knows the later one.

use std::collections::BTreeSet;

use backtrail_bus::agency::CircleId;
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::{Checked, Draft, Incident};
use backtrail_bus::outbox::{Entry, Outbox, Post};
use backtrail_bus::query::{IncidentQuery, IncidentRef, ask};

use crate::outcome::Outcome;
use crate::session::{Session, incident_ref};

/// An incident that this agency posted, as it stands.
pub(crate) struct Current {
    pub incident: Incident,
    /// Where the outbox sent it; empty if another workstation did.
    pub circles: Vec<CircleId>,
}

impl Current {
    /// Finds it by id or own reference.
    pub(crate) async fn find(session: &Session, outbox: &Outbox, name: &str) -> anyhow::Result<Self> {
        let wanted = incident_ref(name);
        let id = local_id(outbox, &wanted)?;
        let entries = id.map_or(Ok(Vec::new()), |id| outbox.of_incident(id))?;
        let circles: BTreeSet<CircleId> = entries.iter().filter_map(Entry::circle).cloned().collect();
        let local = entries.iter().max_by_key(|entry| entry.incident());
        let mut current = local.map(|entry| Incident::read(&entry.envelope.payload)).transpose()?;
        // The daemon may know a revision from another workstation; without one, what is here has to do.
        if let Some(held) = held(session, &id.map_or(wanted, IncidentRef::Id)).await
            && current.as_ref().is_none_or(|current| held.revision > current.revision)
        {
            current = Some(held);
        }
        let Some(incident) = current else {
            anyhow::bail!("no incident {name:?} is in this outbox or known to the agency's daemon");
        };
        if incident.originator != *session.agency() {
            anyhow::bail!("incident {name:?} belongs to {}; only its originator changes it", incident.originator);
        }
        if incident.retracted.is_some() {
            anyhow::bail!("incident {name:?} was retracted; a retraction is final");
        }
        Ok(Self { incident, circles: circles.into_iter().collect() })
    }

    /// Posts `draft` as the next revision, to everyone whom the earlier ones reached and to `more`.
    pub(crate) async fn revise(
        self,
        session: &Session,
        outbox: &mut Outbox,
        draft: Draft,
        more: &[CircleId],
    ) -> anyhow::Result<Outcome> {
        let mut circles: BTreeSet<CircleId> = self.circles.into_iter().collect();
        circles.extend(more.iter().cloned());
        if circles.is_empty() {
            anyhow::bail!("another workstation posted it; name every circle that it went to with --circle");
        }
        let incident_id = self.incident.incident_id;
        let origin = session.origin(incident_id, self.incident.revision + 1);
        let registers = session.registers()?;
        let (incident, warnings): (Incident, Checked) = draft.complete(origin, registers.get())?;
        let revision = incident.revision;
        let post = Post { incident, circles: circles.into_iter().collect(), reference: None };
        outbox.enqueue(&[post], &session.signing_key()?)?;
        Outcome::after_sending(session, outbox, incident_id, revision, warnings).await
    }
}

/// The id, as far as this outbox knows it.
pub(crate) fn local_id(outbox: &Outbox, wanted: &IncidentRef) -> anyhow::Result<Option<IncidentId>> {
    Ok(match wanted {
        IncidentRef::Id(id) => Some(*id),
        IncidentRef::OwnReference(reference) => outbox.known_reference(&format!("ref:{reference}"))?,
    })
}

async fn held(session: &Session, wanted: &IncidentRef) -> Option<Incident> {
    let connection = session.connect().await.ok()?;
    let question = IncidentQuery { incident: wanted.clone() };
    let answer = ask(&connection, session.realm(), &question).await.ok()?;
    Incident::read(answer.incident.get().as_bytes()).ok()
}
