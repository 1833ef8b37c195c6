//! What is tampered, forged, garbage or too large is kept with its reason, and the daemon goes on.

use async_nats::HeaderMap;
use backtrail_bus::dead_letter::REASON_HEADER;
use backtrail_bus::envelope::Envelope;
use backtrail_bus::id::IncidentId;
use backtrail_bus::key::SigningKey;
use backtrail_bus::realm::Realm;
use backtrail_bus::signature::ChainLink;
use backtrail_tests::{Bus, Officer, dead_letters, draft};

fn sealed(officer: &Officer, key: &SigningKey, reference: &str) -> Envelope {
    let incident = officer.incident(draft(reference, "Acme Chemicals"), IncidentId::generate(), 1);
    let circle = officer.context.circle.clone().unwrap();
    Envelope::seal(&incident, &incident.subject(&circle), key, ChainLink { sequence: 1, previous: None }).0
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_messages_stop_nothing_and_are_not_lost() {
    let bus = Bus::start(&[("nl-customs", &["all"])]).await;
    let mut officer = bus.officer("nl-customs");
    let connection = bus.connect_as_officer("nl-customs").await;
    let publish = async |subject: &str, headers: HeaderMap, payload: Vec<u8>| {
        let own = connection.own();
        let sent = own.publish_with_headers(subject.to_owned(), headers, payload.into()).await.unwrap();
        sent.await.unwrap();
    };
    let tampered = sealed(&officer, &officer.key, "T-1");
    let altered = String::from_utf8(tampered.payload.clone()).unwrap().replace("Acme", "Bcme");
    publish(&tampered.subject, tampered.header_map(), altered.into_bytes()).await;
    let forged = sealed(&officer, &SigningKey::generate(), "F-1");
    publish(&forged.subject, forged.header_map(), forged.payload.clone()).await;
    let moved = sealed(&officer, &officer.key, "M-1");
    let elsewhere = moved.subject.replace(".seizure.", ".equipment.");
    publish(&elsewhere, moved.header_map(), moved.payload.clone()).await;
    publish(&tampered.subject, HeaderMap::new(), b"\xff\x00 garbage".to_vec()).await;
    publish("incident.nl-customs.all.x", HeaderMap::new(), b"{}".to_vec()).await;
    publish(&tampered.subject, HeaderMap::new(), vec![b' '; 2 * 1024 * 1024]).await;

    let daemon = bus.daemon("nl-customs");
    let status = daemon.until_messages(6).await;
    assert_eq!((status.dead_letters, status.incidents), (6, 0));
    let letters = dead_letters(&bus.connect_as_daemon("nl-customs").await, Realm::Real).await;
    let found: Vec<(&str, usize)> =
        letters.iter().map(|letter| (letter.subject.as_str(), letter.payload.len())).collect();
    let expected = [
        ("dead-letter.bad-signature", tampered.payload.len()),
        ("dead-letter.unknown-key", forged.payload.len()),
        ("dead-letter.other-subject", moved.payload.len()),
        ("dead-letter.unsigned", 10),
        ("dead-letter.malformed-subject", 2),
        ("dead-letter.too-large", 2 * 1024 * 1024),
    ];
    assert_eq!(found, expected);
    let reason = letters[5].headers.as_ref().unwrap().get(REASON_HEADER).unwrap().as_str();
    assert_eq!(reason, "payload of 2097152 bytes, expected at most 262144");

    officer.post(draft("G-1", "Acme Chemicals"), &["all"]).await;
    assert_eq!(daemon.until_messages(7).await.incidents, 1, "the daemon goes on");
}
