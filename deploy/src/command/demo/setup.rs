//! Setting the stage: a hub with three agencies, and the daemon of one.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use backtrail_bus::agency::{AgencyId, CircleId};
use backtrail_bus::country::CountryCode;
use backtrail_bus::realm::Realm;
use deploy::deployment::{Deployment, Options};
use deploy::hub::Hub;
use deploy::nats_server::NatsServer;
use tokio::process::Child;
use tokio::time::Instant;

use super::Story;
use super::children::Programs;

/// How long the daemon may take to answer.
const START_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_EVERY: Duration = Duration::from_millis(50);

/// Id, country, name, and whether it is in the narrow circles.
pub(super) const AGENCIES: [(&str, &str, &str, bool); 3] = [
    ("nl-customs", "NL", "Customs of the Netherlands (exercise)", true),
    ("be-police", "BE", "Police of Belgium (exercise)", true),
    ("de-post", "DE", "Postal security of Germany (exercise)", false),
];

/// Id and description.
const NARROW_CIRCLES: [(&str, &str); 2] =
    [("opioids", "synthetic opioids and their precursors"), ("to-be-police", "nl-customs and be-police")];

/// Everything that runs during a demo; all of it stops with this.
pub(super) struct Stage {
    deployment: Deployment,
    programs: Programs,
    daemon: Child,
    _hub: Hub,
}

impl Stage {
    /// Provisions and starts everything in a new directory below `work_dir`.
    pub(super) async fn set(work_dir: &Path, story: Story) -> anyhow::Result<Self> {
        let target = work_dir.parent().unwrap_or(Path::new("target"));
        let server = NatsServer::find(target)?;
        story.tell(&format!(
            "nats-server {} from {} (SHA-256 {})",
            server.version,
            server.path.display(),
            server.sha256().as_deref().unwrap_or("unknown")
        ));
        let dir = new_dir(work_dir)?;
        let deployment = provision(&dir)?;
        let hub = Hub::start(&deployment, &server).await?;
        deploy::apply::apply(&deployment).await?;
        story.tell(&format!("hub with {} agencies at {}", deployment.register.agencies.len(), deployment.url()));
        let programs = Programs::new(&deployment)?;
        let daemon = programs.daemon("nl-customs")?;
        let stage = Self { deployment, programs, daemon, _hub: hub };
        stage.wait_for_daemon().await?;
        story.tell("daemon of nl-customs follows the hub");
        Ok(stage)
    }

    pub(super) fn programs(&self) -> &Programs {
        &self.programs
    }

    /// Where everything is, and stays.
    pub(super) fn places(&self) -> String {
        let dir = self.deployment.dir.display();
        format!(
            "\nEverything is in {dir}:\n  \
             hub.conf, hub.log   the server's configuration and log\n  \
             contexts/, keys/    what each agency works with\n  \
             state/              outboxes, and the daemon's snapshot and log"
        )
    }

    /// What to try while the bus runs.
    pub(super) fn suggestions(&self) -> String {
        let context = |agency: &str| self.programs.context(agency).display().to_string();
        format!(
            "\nTry, while this runs:\n  \
             export BACKTRAIL_CONTEXT={nl}\n  \
             {backtrail} leads\n  \
             {backtrail} post --locode NLRTM --substance ketamine --quantity '2 kg' --consignor 'Your Name Here'\n  \
             {backtrail} watch --incidents\n  \
             {backtrail} --context {be} circles",
            backtrail = self.programs.backtrail_path().display(),
            nl = context("nl-customs"),
            be = context("be-police"),
        )
    }

    /// Stops the daemon, then the hub.
    pub(super) async fn strike(mut self) {
        // Both are killed on drop as well; waiting here only makes it orderly.
        let _ = self.daemon.kill().await;
    }

    async fn wait_for_daemon(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            match self.programs.backtrail_json("nl-customs", &["status"]).await {
                Ok(status) if status["caught_up"] == true => return Ok(()),
                Err(error) if Instant::now() > deadline => return Err(error.context("the daemon does not answer")),
                _ => tokio::time::sleep(POLL_EVERY).await,
            }
        }
    }
}

fn provision(dir: &Path) -> anyhow::Result<Deployment> {
    let mut deployment = Deployment::create(dir, Options::default())?;
    for (id, description) in NARROW_CIRCLES {
        deployment.add_circle(&CircleId::new(id)?, description)?;
    }
    for (id, country, name, in_narrow) in AGENCIES {
        let country = CountryCode::from_alpha2(country).expect("the demo's countries exist");
        let narrow = NARROW_CIRCLES.iter().filter(|_| in_narrow).map(|(id, _)| *id);
        let circles: Vec<CircleId> =
            std::iter::once("all").chain(narrow).map(CircleId::new).collect::<Result<_, _>>()?;
        deployment.add_agency(&AgencyId::new(id)?, name, country, &circles)?;
    }
    Ok(deployment)
}

/// A directory that no other demo uses.
fn new_dir(work_dir: &Path) -> anyhow::Result<PathBuf> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).context("the clock is before 1970")?;
    let dir = work_dir.join(format!("{}-{}", now.as_millis(), std::process::id()));
    std::fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
    Ok(dir)
}

impl Programs {
    /// The programs next to this one, working in the deployment's exercise realm.
    fn new(deployment: &Deployment) -> anyhow::Result<Self> {
        let own = std::env::current_exe().context("this program's own path")?;
        let dir = own.parent().context("this program lies in no directory")?.to_owned();
        let contexts = AGENCIES
            .iter()
            .map(|(id, ..)| {
                let agency = AgencyId::new(*id)?;
                let officer = deployment.officer_context(&agency, Realm::Exercise);
                Ok(((*id).to_owned(), (officer, deployment.daemon_context(&agency, Realm::Exercise))))
            })
            .collect::<anyhow::Result<_>>()?;
        Ok(Self::with(dir, contexts, deployment.dir.join("state")))
    }
}
