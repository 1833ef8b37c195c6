//! Ratios against something bare in the same run; see `BENCHMARKS.md`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]

use std::time::{Duration, Instant};

use async_nats::jetstream;
use async_nats::jetstream::stream::{Config, StorageType};
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::Incident;
use backtrail_bus::outbox::{Post, flush};
use backtrail_bus::realm::Realm;
use backtrail_bus::subject;
use backtrail_tests::{Bus, Officer, draft};
use futures_util::StreamExt;

const INCIDENTS: usize = 10_000;
const IN_FLIGHT: usize = 256;
const LATENCY_POSTS: usize = 200;
const LATENCY_EVERY: Duration = Duration::from_millis(20);

#[tokio::main]
async fn main() {
    let bus = Bus::start(&[("nl-customs", &["all"])]).await;
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

    let (caught_up, consumed) = (catch_up(&bus).await, consume(&bare).await);
    row("catch-up of the daemon", "bare consumer: parse, acknowledge", caught_up, consumed);

    let daemon = bus.daemon("nl-customs");
    daemon.until_messages(INCIDENTS as u64).await;
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

/// From the daemon's first message to its last.
async fn catch_up(bus: &Bus) -> Duration {
    let daemon = bus.daemon("nl-customs");
    let started = Instant::now();
    daemon.until_messages(INCIDENTS as u64).await;
    started.elapsed()
}

async fn consume(bare: &jetstream::Context) -> Duration {
    let config = jetstream::consumer::pull::Config {
        durable_name: Some("bare".into()),
        max_ack_pending: 20_000,
        ..Default::default()
    };
    let consumer = bare.create_consumer_on_stream(config, "BARE").await.unwrap();
    let started = Instant::now();
    let mut messages = consumer.messages().await.unwrap();
    for _ in 0..INCIDENTS {
        let message = messages.next().await.unwrap().unwrap();
        let _: Incident = serde_json::from_slice(&message.payload).unwrap();
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
