//! One bus for one story.

use std::path::PathBuf;

use backtrail_bus::agency::{AgencyId, CircleId};
use backtrail_bus::connection::{Connection, FirstTry};
use backtrail_bus::context::Context;
use backtrail_bus::country::CountryCode;
use backtrail_bus::realm::Realm;
use deploy::deployment::{Deployment, Options};
use deploy::hub::Hub;
use deploy::nats_server::NatsServer;
use tempfile::TempDir;

use crate::{Daemon, Officer};

/// A hub with its agencies; everything goes when it is dropped.
pub struct Bus {
    pub deployment: Deployment,
    hub: Option<Hub>,
    server: NatsServer,
    _dir: TempDir,
}

impl Bus {
    /// Starts a hub with these agencies, each in these circles.
    pub async fn start(agencies: &[(&str, &[&str])]) -> Self {
        let server = NatsServer::find(&target_dir()).expect("a nats-server; `deploy/nats-server` obtains one");
        let dir = tempfile::tempdir().expect("a directory for the hub");
        let mut deployment = Deployment::create(dir.path(), Options::default()).expect("a deployment");
        let country = CountryCode::from_alpha2("NL").expect("NL exists");
        for (agency, circles) in agencies {
            let circles: Vec<CircleId> = circles.iter().map(|circle| id(circle)).collect();
            for circle in &circles {
                if !deployment.register.circles.contains_key(circle) {
                    deployment.add_circle(circle, "made for a story").expect("a new circle");
                }
            }
            deployment.add_agency(&agency_id(agency), agency, country, &circles).expect("a new agency");
        }
        let mut bus = Self { deployment, hub: None, server, _dir: dir };
        bus.start_hub().await;
        deploy::apply::apply(&bus.deployment).await.expect("the hub takes its configuration");
        bus
    }

    /// Starts the hub where it was before.
    pub async fn start_hub(&mut self) {
        self.hub = Some(Hub::start(&self.deployment, &self.server).await.expect("the hub starts"));
    }

    /// Kills the hub as a crash would.
    pub async fn kill_hub(&mut self) {
        self.hub.take().expect("a running hub").kill().await.expect("the hub can be killed");
    }

    pub fn officer_context(&self, agency: &str) -> PathBuf {
        self.deployment.officer_context(&agency_id(agency), Realm::Real)
    }

    pub fn daemon_context(&self, agency: &str) -> PathBuf {
        self.deployment.daemon_context(&agency_id(agency), Realm::Real)
    }

    pub fn officer(&self, agency: &str) -> Officer {
        Officer::new(Context::read(&self.officer_context(agency)).expect("a context"))
    }

    pub fn daemon(&self, agency: &str) -> Daemon {
        Daemon::start(&self.daemon_context(agency))
    }

    /// A daemon for which nothing was set.
    pub fn daemon_as_installed(&self, agency: &str) -> Daemon {
        Daemon::start_as_installed(&self.daemon_context(agency))
    }

    /// A daemon with more arguments.
    pub fn daemon_with(&self, agency: &str, arguments: &[&str]) -> Daemon {
        Daemon::start_with(&self.daemon_context(agency), arguments)
    }

    /// A connection with all rights that the agency's daemon has.
    pub async fn connect_as_daemon(&self, agency: &str) -> Connection {
        let context = Context::read(&self.daemon_context(agency)).expect("a context");
        Connection::open(&context, "story", FirstTry::Fail).await.expect("a connection")
    }

    /// A connection with the rights of the agency's people.
    pub async fn connect_as_officer(&self, agency: &str) -> Connection {
        let context = Context::read(&self.officer_context(agency)).expect("a context");
        Connection::open(&context, "story", FirstTry::Fail).await.expect("a connection")
    }
}

/// A program of this workspace, built with the tests.
pub fn program(name: &str) -> PathBuf {
    let path = profile_dir().join(name);
    assert!(path.exists(), "{} is not built; `cargo build --workspace --bins` builds it", path.display());
    path
}

fn profile_dir() -> PathBuf {
    let own = std::env::current_exe().expect("the path of the tests");
    own.parent().and_then(|deps| deps.parent()).expect("tests lie in target/PROFILE/deps").to_owned()
}

fn target_dir() -> PathBuf {
    profile_dir().parent().expect("profiles lie in target").to_owned()
}

fn agency_id(id: &str) -> AgencyId {
    AgencyId::new(id).expect("stories name agencies rightly")
}

fn id(circle: &str) -> CircleId {
    CircleId::new(circle).expect("stories name circles rightly")
}
