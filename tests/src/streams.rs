//! Reading an agency's own streams to their end.

use std::collections::BTreeMap;

use async_nats::jetstream;
use async_nats::jetstream::consumer::pull::OrderedConfig;
use backtrail_bus::connection::Connection;
use backtrail_bus::id::{IncidentId, LeadId};
use backtrail_bus::lead::{LeadChange, LeadEvent, LeadKind};
use backtrail_bus::realm::Realm;
use backtrail_bus::stream;
use futures_util::StreamExt;

/// All lead events, in the order of the stream.
pub async fn lead_events(connection: &Connection, realm: Realm) -> Vec<LeadEvent> {
    let messages = all(connection, stream::leads(realm)).await;
    messages.iter().map(|message| serde_json::from_slice(&message.payload).expect("a lead event")).collect()
}

/// All dead letters, in the order of the stream.
pub async fn dead_letters(connection: &Connection, realm: Realm) -> Vec<jetstream::Message> {
    all(connection, stream::dead_letters(realm)).await
}

/// The open leads that lead events come to: kind and members.
pub fn open_leads(events: &[LeadEvent]) -> BTreeMap<LeadId, (LeadKind, Vec<IncidentId>)> {
    let mut leads: BTreeMap<LeadId, (LeadKind, Vec<IncidentId>)> = BTreeMap::new();
    for event in events {
        let (_, members) = leads.entry(event.lead_id).or_insert((event.kind, Vec::new()));
        members.retain(|member| !event.departed.contains(member));
        members.extend(event.members.iter().map(|member| member.incident.incident_id));
        members.sort_unstable();
        members.dedup();
        assert_eq!(members.len(), event.member_count as usize, "{event:?}");
        if event.change == LeadChange::Closed {
            leads.remove(&event.lead_id);
        }
    }
    leads
}

async fn all(connection: &Connection, name: &str) -> Vec<jetstream::Message> {
    let mut found = connection.own().get_stream(name).await.expect("the stream");
    let last = found.info().await.expect("its state").state.last_sequence;
    let mut messages = Vec::new();
    if last == 0 {
        return messages;
    }
    let consumer = found.create_consumer(OrderedConfig::default()).await.expect("a consumer");
    let mut incoming = consumer.messages().await.expect("messages");
    while let Some(message) = incoming.next().await {
        let message = message.expect("a message");
        let sequence = message.info().expect("delivery numbers").stream_sequence;
        messages.push(message);
        if sequence >= last {
            break;
        }
    }
    messages
}
