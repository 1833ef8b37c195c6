//! Bringing a running hub in line with its deployment.
//!
//! Everything here can be done again at any time: what is right already stays as it is.

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::{self, kv, stream as js};
use backtrail_bus::agency::{AgencyId, CircleId};
use backtrail_bus::realm::Realm;
use backtrail_bus::register::{AgencyEntry, CirclesEntry};
use backtrail_bus::{stream, subject};
use serde::Deserialize;

use crate::deployment::{Deployment, DeploymentError};
use crate::{keys, store_limit};

/// For how long the hub remembers message ids, so that a retry is stored once. Readers recognise later ones.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(60 * 60);
/// How long a reader may hold a message before it is sent again.
const ACKNOWLEDGE_WITHIN: Duration = Duration::from_secs(60);
/// A daemon takes messages in their order and says once for many that it has them.
const ACKNOWLEDGE: AckPolicy = AckPolicy::All;
/// How many messages a reader may hold.
const MAX_UNACKNOWLEDGED: i64 = 20_000;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Why the hub could not be brought in line.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error(transparent)]
    Files(#[from] DeploymentError),
    #[error(transparent)]
    Key(#[from] keys::KeyFileError),
    #[error("no hub answers at {url}: {source}")]
    NoHub { url: String, source: async_nats::ConnectError },
    #[error("the hub does not force every write to disk (sync_interval: always); refusing to use it")]
    NotSynced,
    #[error("the hub refused its new configuration: {0}")]
    Reload(String),
    #[error("the hub's answer to {question} was not understood: {answer}")]
    Answer { question: &'static str, answer: String },
    #[error("{what}: {source}")]
    JetStream { what: String, source: Box<dyn std::error::Error + Send + Sync> },
}

/// What was brought in line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    pub agencies: usize,
    pub circles: usize,
}

/// Connects as the user that owns streams and register.
pub async fn connect_as_operator(deployment: &Deployment) -> Result<async_nats::Client, ApplyError> {
    connect(deployment, &keys::read_seed(&deployment.operator_seed())?).await
}

/// Renders and reloads the server's configuration, then makes streams, register and consumers what the deployment says.
pub async fn apply(deployment: &Deployment) -> Result<Applied, ApplyError> {
    // The file may be older than deployment.toml or than this program.
    deployment.save()?;
    reload(deployment).await?;
    let client = connect_as_operator(deployment).await?;
    let hub = jetstream::new(client);
    for realm in Realm::ALL {
        for config in [incidents_config(realm), exchange_config(realm)] {
            let name = config.name.clone();
            hub.create_or_update_stream(config).await.map_err(|error| problem(&name, error))?;
        }
    }
    let register = open_register(&hub).await?;
    for (id, agency) in &deployment.register.agencies {
        let entry = AgencyEntry { name: agency.name.clone(), country: agency.country, keys: agency.keys.clone() };
        put(&register, &stream::register_agency_key(id), &entry).await?;
        let circles = deployment.circles_of(id).map(|(id, circle)| (id.clone(), circle.clone())).collect();
        put(&register, &stream::register_circles_key(id), &CirclesEntry(circles)).await?;
        for realm in Realm::ALL {
            let circles: Vec<&CircleId> = deployment.circles_of(id).map(|(circle, _)| circle).collect();
            let incidents = circles.iter().map(|circle| subject::incidents_readable(realm, circle)).collect();
            apply_consumer(&hub, id, stream::incidents(realm), incidents).await?;
            let notices = circles.iter().map(|circle| subject::notices_readable(realm, circle));
            let own = [subject::exchange_posted(realm, id), subject::exchange_addressed(realm, id)];
            apply_consumer(&hub, id, stream::exchange(realm), own.into_iter().chain(notices).collect()).await?;
        }
    }
    Ok(Applied { agencies: deployment.register.agencies.len(), circles: deployment.register.circles.len() })
}

/// Tells the running server to read its configuration again, and makes sure that it forces writes to disk.
async fn reload(deployment: &Deployment) -> Result<(), ApplyError> {
    #[derive(Deserialize)]
    struct Answer {
        error: Option<serde_json::Value>,
        #[serde(default)]
        data: serde_json::Value,
    }
    let client = connect(deployment, &keys::read_seed(&deployment.system_seed())?).await?;
    let server = client.server_info().server_id;
    let ask = async |request: &'static str, body: &'static str| {
        let reply = client
            .request(format!("$SYS.REQ.SERVER.{server}.{request}"), body.into())
            .await
            .map_err(|error| problem(request, error))?;
        serde_json::from_slice::<Answer>(&reply.payload).map_err(|_| ApplyError::Answer {
            question: request,
            answer: String::from_utf8_lossy(&reply.payload).into_owned(),
        })
    };
    // The server links the imports of an account that is new only at the reload after the one that brought it.
    for _ in 0..2 {
        if let Some(error) = ask("RELOAD", "").await?.error {
            return Err(ApplyError::Reload(error.to_string()));
        }
    }
    let jetstream = ask("JSZ", r#"{"config":true}"#).await?;
    match jetstream.data["config"]["sync_always"].as_bool() {
        Some(true) => Ok(()),
        _ => Err(ApplyError::NotSynced),
    }
}

fn incidents_config(realm: Realm) -> js::Config {
    js::Config {
        name: stream::incidents(realm).to_owned(),
        subjects: vec![subject::all_incidents(realm)],
        max_bytes: store_limit::incidents_bytes(realm),
        ..lasting()
    }
}

fn exchange_config(realm: Realm) -> js::Config {
    js::Config {
        name: stream::exchange(realm).to_owned(),
        subjects: subject::all_exchange(realm).to_vec(),
        max_bytes: store_limit::exchange_bytes(realm),
        ..lasting()
    }
}

/// What both streams of the hub have in common: nothing that was acknowledged goes.
fn lasting() -> js::Config {
    js::Config {
        storage: js::StorageType::File,
        discard: js::DiscardPolicy::New,
        duplicate_window: DUPLICATE_WINDOW,
        deny_delete: true,
        allow_atomic_publish: true,
        compression: Some(js::Compression::S2),
        ..js::Config::default()
    }
}

async fn open_register(hub: &jetstream::Context) -> Result<kv::Store, ApplyError> {
    let config = kv::Config { bucket: stream::REGISTER_BUCKET.to_owned(), history: 10, ..kv::Config::default() };
    hub.create_or_update_key_value(config).await.map_err(|error| problem(stream::REGISTER_BUCKET, error))
}

/// Writes a value unless it is there already, so that applying again leaves no trace.
async fn put<T: serde::Serialize>(register: &kv::Store, key: &str, value: &T) -> Result<(), ApplyError> {
    let value = serde_json::to_vec(value).expect("a register entry is plain data");
    let held = register.get(key).await.map_err(|error| problem(key, error))?;
    if held.as_deref() != Some(value.as_slice()) {
        register.put(key, value.into()).await.map_err(|error| problem(key, error))?;
    }
    Ok(())
}

/// The agency's durable consumer of one stream, which delivers what it may read. Where that is nothing, it has none.
async fn apply_consumer(
    hub: &jetstream::Context,
    agency: &AgencyId,
    stream: &str,
    filter_subjects: Vec<String>,
) -> Result<(), ApplyError> {
    if filter_subjects.is_empty() {
        // It may never have had one.
        let _ = hub.delete_consumer_from_stream(agency.as_str(), stream).await;
        return Ok(());
    }
    // The policy of a consumer cannot be changed. The agency's daemon notices that it is another one, and reads anew.
    if let Ok(held) = hub.get_consumer_from_stream::<pull::Config, _, _>(agency.as_str(), stream).await
        && held.cached_info().config.ack_policy != ACKNOWLEDGE
    {
        let deleted = hub.delete_consumer_from_stream(agency.as_str(), stream).await;
        deleted.map_err(|error| problem(&format!("consumer {agency} of {stream}"), error))?;
    }
    let config = pull::Config {
        durable_name: Some(agency.to_string()),
        filter_subjects,
        ack_policy: ACKNOWLEDGE,
        ack_wait: ACKNOWLEDGE_WITHIN,
        max_ack_pending: MAX_UNACKNOWLEDGED,
        max_deliver: -1,
        ..pull::Config::default()
    };
    hub.create_consumer_on_stream(config, stream)
        .await
        .map_err(|error| problem(&format!("consumer {agency} of {stream}"), error))?;
    Ok(())
}

async fn connect(deployment: &Deployment, seed: &str) -> Result<async_nats::Client, ApplyError> {
    let url = deployment.url();
    async_nats::ConnectOptions::with_nkey(seed.to_owned())
        .name("backtrail-admin")
        .request_timeout(Some(REQUEST_TIMEOUT))
        .connect(&url)
        .await
        .map_err(|source| ApplyError::NoHub { url, source })
}

fn problem(what: &str, source: impl std::error::Error + Send + Sync + 'static) -> ApplyError {
    ApplyError::JetStream { what: what.to_owned(), source: Box::new(source) }
}
