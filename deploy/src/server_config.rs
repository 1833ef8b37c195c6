//! The server configuration that follows from a deployment.
//!
//! One account per agency, one for the hub, one for the system. The hub exports to each agency exactly what is its
//! own: posting in its name to its circles, and its own consumer. Every name in it is a token of the bus, a public
//! nkey or a path, so nothing can break out of its quotes.

use std::fmt::Write;

use backtrail_bus::agency::AgencyId;
use backtrail_bus::realm::Realm;
use backtrail_bus::{stream, subject};

use crate::deployment::{Agency, Deployment};
use crate::store_limit::HUB_BYTES;

/// The largest message that the server carries, in bytes. Readers accept far smaller incidents; what is between goes
/// to their dead letters instead of being cut off where nobody sees it.
const MAX_PAYLOAD_BYTES: usize = 4 * 1024 * 1024;

/// A service that the hub exports to one agency and that agency imports.
struct Service {
    /// Its subject in the hub's account.
    subject: String,
    /// Its subject in the agency's account.
    local: String,
    /// Whether one request may have several answers.
    is_stream: bool,
}

/// Renders `hub.conf`.
pub fn render(deployment: &Deployment) -> String {
    let server = &deployment.register.server;
    let tls = server.tls.as_ref().map_or_else(String::new, |tls| {
        format!("tls {{ cert_file: {:?}, key_file: {:?} }}\n", tls.certificate, tls.key)
    });
    let mut config = format!(
        "# Rendered by backtrail-admin from deployment.toml; what is changed here is lost at its next change.\n\
         server_name: \"backtrail-hub\"\n\
         listen: \"{host}:{port}\"\n\
         http: \"127.0.0.1:{monitor}\"\n\
         max_payload: {MAX_PAYLOAD_BYTES}\n\
         {tls}\
         # Acknowledged means on disk: the default would lose minutes of it at a power cut.\n\
         jetstream {{ store_dir: {store:?}, max_file_store: {HUB_BYTES}, sync_interval: always }}\n\
         system_account: \"SYS\"\n\
         accounts {{\n  \
         \"SYS\" {{ users: [ {{ nkey: \"{system}\" }} ] }}\n",
        host = server.host,
        port = server.port,
        monitor = server.monitor_port,
        store = deployment.store_dir(),
        system = server.system,
    );
    hub_account(&mut config, deployment).expect("writing to a String succeeds");
    for (id, agency) in &deployment.register.agencies {
        agency_account(&mut config, deployment, id, agency).expect("writing to a String succeeds");
    }
    config.push_str("}\n");
    config
}

fn hub_account(config: &mut String, deployment: &Deployment) -> std::fmt::Result {
    writeln!(config, "  \"HUB\" {{")?;
    writeln!(config, "    jetstream: enabled")?;
    writeln!(config, "    users: [ {{ nkey: \"{}\" }} ]", deployment.register.server.operator)?;
    writeln!(config, "    exports: [")?;
    for id in deployment.register.agencies.keys() {
        for Service { subject, is_stream, .. } in services(deployment, id) {
            let response = if is_stream { ", response_type: stream" } else { "" };
            writeln!(config, "      {{ service: \"{subject}\", accounts: [\"{id}\"]{response} }}")?;
        }
    }
    // One export serves all agencies: whose keys sign for whom is for everybody to know.
    let everybody: Vec<String> = deployment.register.agencies.keys().map(|id| format!("\"{id}\"")).collect();
    if !everybody.is_empty() {
        let subject = stream::api(&register_of_agencies());
        writeln!(config, "      {{ service: \"{subject}\", accounts: [{}] }}", everybody.join(", "))?;
    }
    writeln!(config, "    ]\n  }}")
}

fn agency_account(config: &mut String, deployment: &Deployment, id: &AgencyId, agency: &Agency) -> std::fmt::Result {
    writeln!(config, "  \"{id}\" {{")?;
    writeln!(config, "    jetstream: enabled")?;
    writeln!(config, "    users: [")?;
    writeln!(config, "      {{ nkey: \"{}\" }}", agency.daemon)?;
    writeln!(config, "      {{ nkey: \"{}\", permissions: {{", agency.officer)?;
    writeln!(config, "        publish: {{ allow: [{}] }}", quoted(&officer_publishes(id)))?;
    writeln!(config, "        subscribe: {{ allow: [{}] }}", quoted(&officer_subscribes()))?;
    writeln!(config, "      }} }}\n    ]")?;
    writeln!(config, "    imports: [")?;
    for Service { subject, local, .. } in services(deployment, id) {
        let to = if subject == local { String::new() } else { format!(", to: \"{local}\"") };
        writeln!(config, "      {{ service: {{ account: \"HUB\", subject: \"{subject}\" }}{to} }}")?;
    }
    let register = register_of_agencies();
    let (subject, local) = (stream::api(&register), stream::hub_api(&register));
    writeln!(config, "      {{ service: {{ account: \"HUB\", subject: \"{subject}\" }}, to: \"{local}\" }}")?;
    writeln!(config, "    ]\n  }}")
}

/// What the hub offers to one agency alone.
fn services(deployment: &Deployment, id: &AgencyId) -> Vec<Service> {
    let api = |request: &str, is_stream| Service {
        subject: stream::api(request),
        local: stream::hub_api(request),
        is_stream,
    };
    let plain = |subject: String| Service { local: subject.clone(), subject, is_stream: false };
    let mut services = vec![api(&stream::register_get(&stream::register_circles_key(id)), false)];
    for realm in Realm::ALL {
        let circles = deployment.circles_of(id);
        services.extend(circles.map(|(circle, _)| plain(subject::incidents_posted(realm, id, circle))));
        services.push(plain(subject::exchange_posted(realm, id)));
        let circles = deployment.circles_of(id);
        services.extend(circles.map(|(circle, _)| plain(subject::notices_posted(realm, id, circle))));
        for stream in [stream::incidents(realm), stream::exchange(realm)] {
            let [fetch, info, reset] = stream::consumer_requests(stream, id.as_str());
            services.extend([api(&fetch, true), api(&info, false), api(&reset, false)]);
            services.push(plain(stream::consumer_acknowledgements(stream, id.as_str())));
        }
    }
    services
}

/// Reading the register's entries of agencies.
fn register_of_agencies() -> String {
    stream::register_get("agency.>")
}

/// What an officer's user may send: posts in the agency's name, questions to its daemon, and reads of its streams.
///
/// Posts to any circle are let through here: the account imports only its own circles, so another one is answered at
/// once with "no responders", while a refused permission would show only as a time-out.
fn officer_publishes(id: &AgencyId) -> Vec<String> {
    let mut allowed = vec![
        stream::hub_api(&register_of_agencies()),
        stream::hub_api(&stream::register_get(&stream::register_circles_key(id))),
    ];
    for realm in Realm::ALL {
        allowed.push(subject::incidents_of_agency(realm, id));
        allowed.push(subject::exchange_posted(realm, id));
        allowed.push(subject::notices_of_agency(realm, id));
        allowed.push(subject::all_queries(realm));
        allowed.extend(stream::reader_requests(stream::leads(realm)));
        allowed.extend(stream::reader_requests(stream::dead_letters(realm)));
        // Each person's place in what alerts found is a consumer of its own.
        allowed.extend(stream::reader_requests(stream::alerts(realm)));
        allowed.push(stream::reader_acknowledgements(stream::alerts(realm)));
    }
    allowed
}

fn officer_subscribes() -> Vec<String> {
    let live = Realm::ALL.map(|realm| [subject::all_accepted(realm), subject::all_threads_changed(realm)]);
    std::iter::once("_INBOX.>".to_owned()).chain(live.into_iter().flatten()).collect()
}

fn quoted(subjects: &[String]) -> String {
    subjects.iter().map(|subject| format!("\"{subject}\"")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use backtrail_bus::agency::CircleId;
    use backtrail_bus::country::CountryCode;

    use super::*;
    use crate::deployment::Options;

    fn rendered() -> String {
        let dir = tempfile::tempdir().unwrap();
        let mut deployment = Deployment::create(dir.path(), Options::default()).unwrap();
        let (all, opioids) = (CircleId::new("all").unwrap(), CircleId::new("opioids").unwrap());
        deployment.add_circle(&opioids, "opioids").unwrap();
        let nl = CountryCode::from_alpha2("NL").unwrap();
        deployment.add_agency(&AgencyId::new("a").unwrap(), "A", nl, &[all.clone(), opioids]).unwrap();
        deployment.add_agency(&AgencyId::new("b").unwrap(), "B", nl, &[all]).unwrap();
        render(&deployment)
    }

    /// The lines between the opening of an account and the next one's.
    fn account(config: &str, name: &str) -> String {
        let start = config.find(&format!("  \"{name}\" {{")).unwrap();
        let rest = &config[start + 3..];
        rest[..rest.find("\n  }").unwrap()].to_owned()
    }

    #[test]
    fn every_hub_export_is_private() {
        let config = rendered();
        let hub = account(&config, "HUB");
        let exports: Vec<&str> = hub.lines().filter(|line| line.contains("service:")).collect();
        assert!(exports.len() > 10);
        assert!(exports.iter().all(|line| line.contains("accounts: [")), "{exports:#?}");
        assert!(!hub.contains("stream: \""), "no stream is exported");
    }

    #[test]
    fn an_agency_imports_only_its_own() {
        let config = rendered();
        let b = account(&config, "b");
        assert!(b.contains("\"incident.b.all.>\""));
        assert!(b.contains("CONSUMER.MSG.NEXT.INCIDENTS.b\"") && b.contains("CONSUMER.MSG.NEXT.EXCHANGE.b\""));
        assert!(b.contains("\"exchange.b.>\"") && b.contains("\"notice.b.all.>\""));
        for foreign in [
            "incident.a.",
            "incident.b.opioids",
            "INCIDENTS.a",
            "circles.a",
            "exchange.a.",
            "EXCHANGE.a",
            "notice.a.",
            "\"notice.b.opioids",
            "\"$JS.API.>\"",
            "\">\"",
        ] {
            assert!(!b.contains(foreign), "{foreign}");
        }
    }

    #[test]
    fn writes_are_synced() {
        assert!(rendered().contains("sync_interval: always"));
    }
}
