//! Names of streams, buckets and JetStream interfaces.

use crate::agency::AgencyId;
use crate::realm::Realm;

/// The prefix under which an agency's account imports the hub's JetStream interface.
pub const HUB_API_PREFIX: &str = "HUB.API";
/// The key-value bucket of the hub that holds who may sign for whom, and who is in which circle.
pub const REGISTER_BUCKET: &str = "REGISTER";

/// The hub's stream of incidents.
pub fn incidents(realm: Realm) -> &'static str {
    match realm {
        Realm::Real => "INCIDENTS",
        Realm::Exercise => "EXERCISE_INCIDENTS",
    }
}

/// The hub's stream of what agencies say to one another: requests and notices.
pub fn exchange(realm: Realm) -> &'static str {
    match realm {
        Realm::Real => "EXCHANGE",
        Realm::Exercise => "EXERCISE_EXCHANGE",
    }
}

/// An agency's own stream of lead events.
pub fn leads(realm: Realm) -> &'static str {
    match realm {
        Realm::Real => "LEADS",
        Realm::Exercise => "EXERCISE_LEADS",
    }
}

/// An agency's own stream of messages that could not be accepted.
pub fn dead_letters(realm: Realm) -> &'static str {
    match realm {
        Realm::Real => "DEAD_LETTERS",
        Realm::Exercise => "EXERCISE_DEAD_LETTERS",
    }
}

/// An agency's own stream of what its alerts found.
pub fn alerts(realm: Realm) -> &'static str {
    match realm {
        Realm::Real => "ALERTS",
        Realm::Exercise => "EXERCISE_ALERTS",
    }
}

/// An agency's own key-value bucket of its alerts: what they wait for and how far they are, by name.
pub fn alert_definitions(realm: Realm) -> &'static str {
    match realm {
        Realm::Real => "ALERT_DEFINITIONS",
        Realm::Exercise => "EXERCISE_ALERT_DEFINITIONS",
    }
}

/// The key under which the register keeps an agency's name and public keys.
pub fn register_agency_key(agency: &AgencyId) -> String {
    format!("agency.{agency}")
}

/// The key under which the register keeps the circles that an agency belongs to; only that agency can read it.
pub fn register_circles_key(agency: &AgencyId) -> String {
    format!("circles.{agency}")
}

/// The JetStream request (after the `$JS.API.` or [`HUB_API_PREFIX`] prefix) that reads the latest value of a
/// register key without touching the stream's other messages.
pub fn register_get(key: &str) -> String {
    format!("DIRECT.GET.KV_{REGISTER_BUCKET}.$KV.{REGISTER_BUCKET}.{key}")
}

/// The JetStream request (without its prefix) that sets `consumer` back to a sequence of `stream`.
pub fn consumer_reset(stream: &str, consumer: &str) -> String {
    format!("CONSUMER.RESET.{stream}.{consumer}")
}

/// The requests that an agency may make about its own consumer of one hub stream, and nothing else of the hub's
/// JetStream: fetch, inspect, start again from a sequence. Without their prefix.
pub fn consumer_requests(stream: &str, consumer: &str) -> [String; 3] {
    [
        format!("CONSUMER.MSG.NEXT.{stream}.{consumer}"),
        format!("CONSUMER.INFO.{stream}.{consumer}"),
        consumer_reset(stream, consumer),
    ]
}

/// The subjects on which the readers of a stream of the own account acknowledge what they read.
pub fn reader_acknowledgements(stream: &str) -> String {
    format!("$JS.ACK.{stream}.>")
}

/// The subjects on which an agency acknowledges what its own consumer delivered.
pub fn consumer_acknowledgements(stream: &str, consumer: &str) -> String {
    format!("$JS.ACK.{stream}.{consumer}.>")
}

/// The full subject of a JetStream request in the account that owns the stream.
pub fn api(request: &str) -> String {
    format!("$JS.API.{request}")
}

/// The full subject of a JetStream request to the hub, in an account that imports it.
pub fn hub_api(request: &str) -> String {
    format!("{HUB_API_PREFIX}.{request}")
}

/// The requests of a person who reads a stream of the own account through a short-lived consumer.
pub fn reader_requests(stream: &str) -> [String; 6] {
    [
        api(&format!("STREAM.INFO.{stream}")),
        // The client library asks under either name, depending on how the consumer is made.
        api(&format!("CONSUMER.CREATE.{stream}")),
        api(&format!("CONSUMER.CREATE.{stream}.>")),
        api(&format!("CONSUMER.INFO.{stream}.>")),
        api(&format!("CONSUMER.MSG.NEXT.{stream}.>")),
        api(&format!("CONSUMER.DELETE.{stream}.>")),
    ]
}
