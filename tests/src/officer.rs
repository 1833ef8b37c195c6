//! An officer: a context, a key, an outbox.

use backtrail_bus::agency::CircleId;
use backtrail_bus::connection::{Connection, FirstTry};
use backtrail_bus::context::Context;
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::{Draft, Incident, Origin};
use backtrail_bus::key::SigningKey;
use backtrail_bus::outbox::{FlushReport, Outbox, Post, flush};
use backtrail_bus::registers::Registers;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Someone who posts.
pub struct Officer {
    pub context: Context,
    pub key: SigningKey,
    pub outbox: Outbox,
}

/// A small draft: a seizure of ketamine from this consignor, with this reference.
pub fn draft(reference: &str, consignor: &str) -> Value {
    json!({
        "own_reference": reference, "kind": "seizure", "occurred_at": "2026-03-04", "place": {"country": "NL"},
        "substances": [{"name": "ketamine"}], "parties": [{"role": "consignor", "name": consignor}],
    })
}

impl Officer {
    pub fn new(context: Context) -> Self {
        let key = SigningKey::read(context.signing_key.as_ref().expect("officers sign")).expect("a key");
        let outbox = Outbox::open(&context.state_dir()).expect("an outbox");
        Self { context, key, outbox }
    }

    /// The incident that a draft becomes, posted by this officer's agency.
    pub fn incident(&self, draft: Value, incident_id: IncidentId, revision: u32) -> Incident {
        let origin = Origin {
            incident_id,
            revision,
            originator: self.context.agency.clone(),
            realm: self.context.realm,
            reported_at: Timestamp::now(),
        };
        let draft = Draft::from_value(draft).expect("a draft");
        draft.complete(origin, Registers::shipped()).expect("an incident").0
    }

    /// Puts an incident into the outbox.
    pub fn queue(&mut self, incident: Incident, circles: &[&str]) {
        let circles = circles.iter().map(|circle| CircleId::new(*circle).expect("a circle")).collect();
        let post = Post { incident, circles, reference: None };
        self.outbox.enqueue(&[post], &self.key).expect("the outbox takes it");
    }

    /// Puts a draft into the outbox as a new incident.
    pub fn queue_draft(&mut self, draft: Value, circles: &[&str]) -> IncidentId {
        let incident_id = IncidentId::generate();
        let incident = self.incident(draft, incident_id, 1);
        self.queue(incident, circles);
        incident_id
    }

    /// Posts a draft and expects the hub to store it.
    pub async fn post(&mut self, draft: Value, circles: &[&str]) -> IncidentId {
        let incident_id = self.queue_draft(draft, circles);
        let report = self.flush().await;
        assert_eq!(report.waiting, 0, "{report:?}");
        incident_id
    }

    /// Sends what waits.
    pub async fn flush(&mut self) -> FlushReport {
        let connection = Connection::open(&self.context, "story", FirstTry::Fail).await.expect("a connection");
        flush(&mut self.outbox, &connection, |_| {}).await.expect("the outbox works")
    }
}
