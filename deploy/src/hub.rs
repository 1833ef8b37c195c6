//! A hub as a child process, for the demo and the tests.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::apply;
use crate::deployment::Deployment;
use crate::nats_server::NatsServer;

/// How long a server may take to answer.
const START_TIMEOUT: Duration = Duration::from_secs(20);
const POLL_EVERY: Duration = Duration::from_millis(25);

/// A running server; it is killed when this is dropped.
#[derive(Debug)]
pub struct Hub {
    child: Child,
}

/// Why the server is not up.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    #[error("the server could not be started: {0}")]
    Start(#[source] std::io::Error),
    #[error("the server ended with {status}; its log is {log}")]
    Ended { status: std::process::ExitStatus, log: String },
    #[error("the server did not answer within {START_TIMEOUT:?}; its log is {log}")]
    Silent { log: String },
}

impl Hub {
    /// Starts the server of a deployment and waits until it answers. Its log is `hub.log` in the deployment.
    pub async fn start(deployment: &Deployment, program: &NatsServer) -> Result<Self, HubError> {
        let log_path = deployment.dir.join("hub.log");
        let log = std::fs::File::options().create(true).append(true).open(&log_path).map_err(HubError::Start)?;
        let child = Command::new(&program.path)
            .arg("--config")
            .arg(deployment.server_config_file())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(HubError::Start)?;
        let mut hub = Self { child };
        let deadline = Instant::now() + START_TIMEOUT;
        while apply::connect_as_operator(deployment).await.is_err() {
            let log = log_path.display().to_string();
            if let Some(status) = hub.child.try_wait().map_err(HubError::Start)? {
                return Err(HubError::Ended { status, log });
            }
            if Instant::now() > deadline {
                return Err(HubError::Silent { log });
            }
            sleep(POLL_EVERY).await;
        }
        Ok(hub)
    }

    /// Kills the server as a crash would and waits until it is gone.
    pub async fn kill(mut self) -> std::io::Result<()> {
        self.child.kill().await
    }
}
