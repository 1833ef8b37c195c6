//! Ratios against something bare in the same run; see `BENCHMARKS.md`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]

use std::time::{Duration, Instant};

use async_nats::jetstream;
use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::stream::{Config, StorageType};
use backtrail_bus::agency::AgencyId;
use backtrail_bus::envelope::Claim;
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::Incident;
use backtrail_bus::outbox::{Post, flush};
use backtrail_bus::realm::Realm;
use backtrail_bus::register::AgencyEntry;
use backtrail_bus::{stream, subject};
use backtrail_tests::{Bus, Daemon, Officer, draft};
use futures_util::StreamExt;
use jiff::Timestamp;

const INCIDENTS: usize = 50_000;
const IN_FLIGHT: usize = 256;
const LATENCY_POSTS: usize = 200;
const LATENCY_EVERY: Duration = Duration::from_millis(20);

#[tokio::main]
async fn main() {
    let bus = Bus::start(&[("nl-customs", &["all"]), ("be-police", &["all"])]).await;
    let bare = bus.connect_as_daemon("nl-customs").await.own();
    let config =
        Config { name: "BARE".into(), subjects: vec!["bare".into()], storage: StorageType::File, ..Config::default() };
    bare.create_stream(config).await.unwrap();
    let mut officer = bus.officer("nl-customs");

    let incidents: Vec<Incident> = (0..INCIDENTS).map(|n| incident(&officer, n)).collect();
    let payloads: Vec<Vec<u8>> = incidents.iter().map(Incident::to_bytes).collect();
    let posted = post(&bus, &mut officer, incidents).await;
    let published = publish(&bare, &payloads).await;
    row("posting: sign, outbox, send", "bare publisher", posted, published);

    let consumed = consume(&bus).await;
    let (_daemon, caught_up) = catch_up(&bus).await;
    row("catch-up of the daemon", "bare consumer: verify, parse, acknowledge", caught_up, consumed);
    let lead = post_to_lead(&bus, &mut officer).await;
    let deliver = publish_to_deliver(&bus).await;
    for (name, of) in [("p50", 0.50), ("p99", 0.99)] {
        let (lead, deliver) = (quantile(&lead, of), quantile(&deliver, of));
        let ratio = lead.as_secs_f64() / deliver.as_secs_f64();
        println!("post to lead {name}: {lead:.2?}; bare publish to delivery: {deliver:.2?}; ratio {ratio:.1}");
    }
}

fn incident(officer: &Officer, n: usize) -> Incident {
    officer.incident(draft(&format!("N-{n}"), &format!("Kestrel Works {}", n % 1_500)), IncidentId::generate(), 1)
}

fn row(what: &str, against: &str, own: Duration, bare: Duration) {
    let rate = |time: Duration| INCIDENTS as f64 / time.as_secs_f64();
    let ratio = rate(own) / rate(bare);
    println!("{what}: {:.0}/s; {against}: {:.0}/s; ratio {ratio:.2}", rate(own), rate(bare));
}

async fn post(bus: &Bus, officer: &mut Officer, incidents: Vec<Incident>) -> Duration {
    let connection = bus.connect_as_officer("nl-customs").await;
    let circles = vec![officer.context.circle.clone().unwrap()];
    let posts: Vec<Post> =
        incidents.into_iter().map(|incident| Post { incident, circles: circles.clone(), reference: None }).collect();
    let started = Instant::now();
    for chunk in posts.chunks(1_000) {
        officer.outbox.enqueue(chunk, &officer.key).unwrap();
        assert_eq!(flush(&mut officer.outbox, &connection, |_| {}).await.unwrap().waiting, 0);
    }
    started.elapsed()
}

async fn publish(bare: &jetstream::Context, payloads: &[Vec<u8>]) -> Duration {
    let started = Instant::now();
    let sending = futures_util::stream::iter(payloads).map(|payload| async {
        bare.publish("bare", payload.clone().into()).await.unwrap().await.unwrap();
    });
    sending.buffered(IN_FLIGHT).collect::<Vec<()>>().await;
    started.elapsed()
}

/// From the start of the daemon's process, its tables among it, until it has taken the last message.
async fn catch_up(bus: &Bus) -> (Daemon, Duration) {
    let started = Instant::now();
    let daemon = bus.daemon_as_installed("nl-customs");
    daemon.until_messages(INCIDENTS as u64).await;
    (daemon, started.elapsed())
}

/// Another agency's consumer of the same messages, which verifies and parses them and does nothing else.
async fn consume(bus: &Bus) -> Duration {
    let connection = bus.connect_as_daemon("be-police").await;
    let signer = AgencyId::new("nl-customs").unwrap();
    let entry = stream::hub_api(&stream::register_get(&stream::register_agency_key(&signer)));
    let entry = connection.client.request(entry, "".into()).await.unwrap();
    let entry: AgencyEntry = serde_json::from_slice(&entry.payload).unwrap();
    let incidents = connection.hub().get_stream_no_info(stream::incidents(Realm::Real)).await.unwrap();
    let consumer: PullConsumer = incidents.get_consumer("be-police").await.unwrap();
    let started = Instant::now();
    let mut messages = consumer.messages().await.unwrap();
    for _ in 0..INCIDENTS {
        let message = messages.next().await.unwrap().unwrap();
        let claim: Claim = Claim::read(&message.subject, message.headers.as_ref(), &message.payload).unwrap();
        claim.open(&message.payload, &entry, Timestamp::now()).unwrap();
        message.ack().await.unwrap();
    }
    started.elapsed()
}

/// Pairs of posts of one new consignor, at a steady rate: from the second post to the lead that it opens.
async fn post_to_lead(bus: &Bus, officer: &mut Officer) -> Vec<Duration> {
    let connection = bus.connect_as_officer("nl-customs").await;
    let watcher = bus.connect_as_daemon("nl-customs").await;
    let mut leads = watcher.client.subscribe(subject::all_leads(Realm::Real)).await.unwrap();
    watcher.client.flush().await.unwrap();
    let mut latencies = Vec::new();
    for n in 0..LATENCY_POSTS {
        for half in ["a", "b"] {
            let started = Instant::now();
            officer.queue_draft(draft(&format!("L-{n}{half}"), &format!("Heron Yard {n} Latency")), &["all"]);
            flush(&mut officer.outbox, &connection, |_| {}).await.unwrap();
            if half == "b" {
                leads.next().await.unwrap();
                latencies.push(started.elapsed());
            }
            tokio::time::sleep(LATENCY_EVERY).await;
        }
    }
    latencies
}

async fn publish_to_deliver(bus: &Bus) -> Vec<Duration> {
    let own = bus.connect_as_daemon("nl-customs").await;
    let mut delivered = own.client.subscribe("bare").await.unwrap();
    own.client.flush().await.unwrap();
    let publisher = bus.connect_as_daemon("nl-customs").await.own();
    let mut latencies = Vec::new();
    for _ in 0..LATENCY_POSTS {
        let started = Instant::now();
        publisher.publish("bare", "x".into()).await.unwrap().await.unwrap();
        delivered.next().await.unwrap();
        latencies.push(started.elapsed());
        tokio::time::sleep(LATENCY_EVERY).await;
    }
    latencies
}

fn quantile(latencies: &[Duration], of: f64) -> Duration {
    let mut sorted = latencies.to_vec();
    sorted.sort_unstable();
    sorted[((sorted.len() - 1) as f64 * of) as usize]
}
