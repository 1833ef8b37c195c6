//! The server, not the client, decides who posts under which name and who reads what.

use std::time::Duration;

use backtrail_bus::agency::AgencyId;
use backtrail_bus::envelope::Envelope;
use backtrail_bus::id::IncidentId;
use backtrail_bus::signature::ChainLink;
use backtrail_tests::{Bus, draft};
use futures_util::StreamExt;

#[tokio::test(flavor = "multi_thread")]
async fn posting_as_another_agency_is_refused_by_the_server() {
    let bus = Bus::start(&[("nl-customs", &["all"]), ("be-police", &["all"])]).await;
    let intruder = bus.officer("be-police");
    let mut incident = intruder.incident(draft("X-1", "Acme Chemicals"), IncidentId::generate(), 1);
    incident.originator = AgencyId::new("nl-customs").unwrap();
    let link = ChainLink { sequence: 1, previous: None };
    let circle = intruder.context.circle.clone().unwrap();
    let (envelope, _) = Envelope::seal(&incident, &incident.subject(&circle), &intruder.key, link);
    // With every right that the account has, not only an officer's.
    let connection = bus.connect_as_daemon("be-police").await;
    let published = connection
        .own()
        .publish_with_headers(envelope.subject.clone(), envelope.header_map(), envelope.payload.into())
        .await
        .unwrap()
        .await;
    assert!(published.is_err(), "the server took a forged post: {published:?}");

    let daemon = bus.daemon("nl-customs");
    assert_eq!(daemon.until_messages(0).await.messages, 0, "nothing was stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_sees_and_reaches_nothing_of_others() {
    let bus = Bus::start(&[("nl-customs", &["all"]), ("be-police", &["all"])]).await;
    let connection = bus.connect_as_daemon("be-police").await;
    for request in [
        "HUB.API.CONSUMER.INFO.INCIDENTS.nl-customs",
        "HUB.API.CONSUMER.RESET.INCIDENTS.nl-customs",
        "HUB.API.CONSUMER.MSG.NEXT.INCIDENTS.nl-customs",
        "HUB.API.STREAM.INFO.INCIDENTS",
        "HUB.API.STREAM.MSG.GET.INCIDENTS",
        "HUB.API.DIRECT.GET.KV_REGISTER.$KV.REGISTER.circles.nl-customs",
        "$JS.ACK.INCIDENTS.nl-customs.1.1.1.1.1",
    ] {
        let answer = connection.client.request(request, "".into()).await;
        let kind = answer.expect_err(request).kind();
        assert_eq!(kind, async_nats::RequestErrorKind::NoResponders, "{request}");
    }
    let mut everything = connection.client.subscribe(">").await.unwrap();
    connection.client.flush().await.unwrap();
    bus.officer("nl-customs").post(draft("N-1", "Acme Chemicals"), &["all"]).await;
    let seen = tokio::time::timeout(Duration::from_millis(300), everything.next()).await;
    assert!(seen.is_err(), "a subscription to everything saw {seen:?}");
}
