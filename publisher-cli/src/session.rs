//! What every command works with: the context, and what it leads to.

use anyhow::Context as _;
use backtrail_bus::agency::{AgencyId, CircleId};
use backtrail_bus::connection::{ConnectError, Connection, FirstTry};
use backtrail_bus::context::{Context, ContextError};
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::Origin;
use backtrail_bus::key::SigningKey;
use backtrail_bus::outbox::Outbox;
use backtrail_bus::query::{IncidentRef, Query, ask};
use backtrail_bus::realm::Realm;
use backtrail_bus::registers::InstalledRegisters;
use jiff::Timestamp;

/// One run of the program.
#[derive(Debug)]
pub(crate) struct Session {
    pub context: Context,
    pub json: bool,
}

impl Session {
    pub(crate) fn open(context: Option<&str>, json: bool) -> anyhow::Result<Self> {
        let context = Context::load(context.ok_or(ContextError::Unnamed)?)?;
        Ok(Self { context, json })
    }

    pub(crate) fn agency(&self) -> &AgencyId {
        &self.context.agency
    }

    pub(crate) fn realm(&self) -> Realm {
        self.context.realm
    }

    pub(crate) fn outbox(&self) -> anyhow::Result<Outbox> {
        Ok(Outbox::open(&self.context.state_dir())?)
    }

    pub(crate) fn signing_key(&self) -> anyhow::Result<SigningKey> {
        let path = self.context.signing_key.as_ref().context("this context has no signing_key, so it cannot post")?;
        Ok(SigningKey::read(path)?)
    }

    /// The registers, with what this deployment added.
    pub(crate) fn registers(&self) -> anyhow::Result<InstalledRegisters> {
        Ok(InstalledRegisters::open(self.context.substances.as_deref())?)
    }

    pub(crate) async fn connect(&self) -> Result<Connection, ConnectError> {
        Connection::open(&self.context, "backtrail", FirstTry::Fail).await
    }

    /// Connects and asks the agency's daemon.
    pub(crate) async fn ask<Q: Query>(&self, question: &Q) -> anyhow::Result<Q::Answer> {
        self.note_waiting();
        let connection = self.connect().await?;
        Ok(ask(&connection, self.realm(), question).await?)
    }

    /// The given fields of a post made now.
    pub(crate) fn origin(&self, incident_id: IncidentId, revision: u32) -> Origin {
        Origin {
            incident_id,
            revision,
            originator: self.agency().clone(),
            realm: self.realm(),
            reported_at: Timestamp::now(),
        }
    }

    /// The circles of a post: those named, or the context's.
    pub(crate) fn circles(&self, named: &[CircleId]) -> anyhow::Result<Vec<CircleId>> {
        if !named.is_empty() {
            return Ok(named.to_vec());
        }
        let circle = self.context.circle.clone();
        let circle =
            circle.context("no circle was named and the context has none; say who may read it with --circle")?;
        Ok(vec![circle])
    }

    /// Reminds, on standard error, of posts that have not gone out. Never fails: it is not what was asked for.
    pub(crate) fn note_waiting(&self) {
        let path = self.context.state_dir().join("outbox.sqlite");
        if !path.exists() {
            return;
        }
        if let Ok((waiting @ 1.., _)) = self.outbox().and_then(|outbox| Ok(outbox.counts()?)) {
            eprintln!("note: {waiting} in the outbox not sent yet; `backtrail outbox flush` sends them");
        }
    }
}

/// An incident as people name it: by id, or by the originator's own reference.
pub(crate) fn incident_ref(text: &str) -> IncidentRef {
    text.parse().map_or_else(|_| IncidentRef::OwnReference(text.to_owned()), IncidentRef::Id)
}
