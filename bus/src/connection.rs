//! Connecting to the server, and hearing at once what it refuses.

use std::time::Duration;

use async_nats::jetstream;
use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::context::Context;
use crate::stream::HUB_API_PREFIX;

/// How long a single connection attempt may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request waits for its answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection in an agency's account.
#[derive(Debug, Clone)]
pub struct Connection {
    pub client: async_nats::Client,
    refusal: watch::Receiver<Option<String>>,
    reconnects: watch::Receiver<u64>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("credentials file {path}: {source}")]
    Credentials { path: String, source: std::io::Error },
    #[error("the server at {server} refused the credentials in {path}")]
    Refused { server: String, path: String },
    #[error("no NATS server at {server}: {source}")]
    NoServer { server: String, source: async_nats::ConnectError },
}

/// Whether to give up when no server answers at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstTry {
    /// A person waits: fail at once.
    Fail,
    /// A daemon starts: keep trying.
    KeepTrying,
}

impl Connection {
    /// Connects as `context` says; `program` names this client in the server's lists.
    pub async fn open(context: &Context, program: &str, first_try: FirstTry) -> Result<Self, ConnectError> {
        let shown = context.credentials.display().to_string();
        let seed = tokio::fs::read_to_string(&context.credentials)
            .await
            .map_err(|source| ConnectError::Credentials { path: shown.clone(), source })?;
        let (refusal_sender, refusal) = watch::channel(None);
        let (reconnect_sender, reconnects) = watch::channel(0_u64);
        let mut options = async_nats::ConnectOptions::with_nkey(seed.trim().to_owned())
            .name(format!("{program} of {}", context.agency))
            .connection_timeout(CONNECT_TIMEOUT)
            .request_timeout(Some(REQUEST_TIMEOUT))
            .event_callback(move |event| {
                note_event(&event, &refusal_sender, &reconnect_sender);
                std::future::ready(())
            });
        if let Some(ca) = &context.tls_ca {
            options = options.add_root_certificates(ca.clone()).require_tls(true);
        }
        if first_try == FirstTry::KeepTrying {
            options = options.retry_on_initial_connect();
        }
        let client = options.connect(&context.server).await.map_err(|source| {
            let server = context.server.clone();
            match source.kind() {
                async_nats::ConnectErrorKind::Authentication | async_nats::ConnectErrorKind::AuthorizationViolation => {
                    ConnectError::Refused { server, path: shown }
                }
                _ => ConnectError::NoServer { server, source },
            }
        })?;
        Ok(Self { client, refusal, reconnects })
    }

    /// JetStream of the hub, as far as it is imported into this account.
    pub fn hub(&self) -> jetstream::Context {
        jetstream::context::ContextBuilder::new()
            .api_prefix(HUB_API_PREFIX)
            .timeout(REQUEST_TIMEOUT)
            .build(self.client.clone())
    }

    /// JetStream of the agency's own account.
    pub fn own(&self) -> jetstream::Context {
        jetstream::context::ContextBuilder::new().timeout(REQUEST_TIMEOUT).build(self.client.clone())
    }

    /// What the server last refused on this connection. A refused publish is otherwise only a time-out.
    pub fn last_refusal(&self) -> Option<String> {
        self.refusal.borrow().clone()
    }

    /// Counts how often the connection was made anew; changes wake a waiting task.
    pub fn reconnects(&self) -> watch::Receiver<u64> {
        self.reconnects.clone()
    }
}

fn note_event(event: &async_nats::Event, refusal: &watch::Sender<Option<String>>, reconnects: &watch::Sender<u64>) {
    match event {
        async_nats::Event::Connected => {
            info!("connected");
            reconnects.send_modify(|count| *count += 1);
        }
        async_nats::Event::Disconnected => warn!("disconnected"),
        async_nats::Event::SlowConsumer(subscription) => {
            error!(subscription, "slow consumer: the client dropped messages");
        }
        async_nats::Event::ServerError(reason) => {
            warn!(%reason, "the server refused");
            refusal.send_replace(Some(reason.to_string()));
        }
        other => info!(event = %other, "connection event"),
    }
}
