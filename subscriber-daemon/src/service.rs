//! The query service: questions from the agency's own account, handed to the one task that owns the state.

use async_nats::service::error::Error as ServiceError;
use async_nats::service::{Request, Service, ServiceExt};
use backtrail_bus::connection::Connection;
use backtrail_bus::query::code;
use backtrail_bus::realm::Realm;
use backtrail_bus::subject;
use futures_util::{StreamExt, stream};
use tokio::sync::{mpsc, oneshot};
use tracing::warn;

use crate::answer::{NAMES, NoAnswer};

/// Questions that wait for the owner of the state; beyond these, askers wait in the server.
const WAITING_QUESTIONS: usize = 64;
/// The largest answer, below what the server carries.
const MAX_ANSWER_BYTES: usize = 3 * 1024 * 1024;

/// A question on its way to the owner of the state.
pub(crate) struct Question {
    pub name: &'static str,
    pub payload: bytes::Bytes,
    pub answer: oneshot::Sender<Result<Vec<u8>, NoAnswer>>,
}

/// Starts the service. The task ends when the receiver is dropped.
pub(crate) async fn start(
    connection: &Connection,
    realm: Realm,
) -> Result<(mpsc::Receiver<Question>, tokio::task::JoinHandle<()>), async_nats::Error> {
    let service = connection
        .client
        .service_builder()
        .description("incidents, leads and traces of this agency")
        .start(format!("backtraild-{realm}"), env!("CARGO_PKG_VERSION"))
        .await?;
    let group = service.group(subject::query_group(realm));
    let mut endpoints = Vec::new();
    for name in NAMES {
        endpoints.push(group.endpoint(name).await?.map(move |request| (name, request)).boxed());
    }
    let (sender, receiver) = mpsc::channel(WAITING_QUESTIONS);
    Ok((receiver, tokio::spawn(forward(service, stream::select_all(endpoints), sender))))
}

/// Hands questions over one by one. The service lives as long as this does.
async fn forward(
    _service: Service,
    mut requests: impl futures_util::Stream<Item = (&'static str, Request)> + Unpin,
    sender: mpsc::Sender<Question>,
) {
    while let Some((name, request)) = requests.next().await {
        let (answer, answered) = oneshot::channel();
        let question = Question { name, payload: request.message.payload.clone(), answer };
        if sender.send(question).await.is_err() {
            return;
        }
        // The owner answers every question that it takes, so an error here means that it is gone.
        let Ok(answer) = answered.await else { return };
        let response = match answer {
            Ok(answer) if answer.len() > MAX_ANSWER_BYTES => {
                let status = format!("the answer has {} bytes; ask for less", answer.len());
                Err(ServiceError { status, code: code::TOO_LARGE })
            }
            Ok(answer) => Ok(answer.into()),
            Err(NoAnswer { code, words }) => Err(ServiceError { status: words.replace(['\r', '\n'], " "), code }),
        };
        if let Err(error) = request.respond(response).await {
            warn!(%error, name, "an answer could not be sent");
        }
    }
}
