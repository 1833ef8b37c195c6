//! `backtrail-admin apply`

use std::path::Path;

use deploy::apply;
use deploy::deployment::Deployment;
use serde_json::json;

/// Bring the running hub in line with the deployment
///
/// Reloads its configuration, makes streams, register and consumers. May be run at any time; what is right stays.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtrail-admin --dir hub apply")]
pub(crate) struct Apply {}

impl Apply {
    pub(crate) async fn run(self, dir: &Path, json: bool) -> anyhow::Result<()> {
        let mut deployment = Deployment::open(dir)?;
        deployment.add_missing_keys()?;
        let applied = apply::apply(&deployment).await?;
        let words = format!(
            "the hub at {} serves {} agencies in {} circles",
            deployment.url(),
            applied.agencies,
            applied.circles
        );
        let value = json!({ "url": deployment.url(), "agencies": applied.agencies, "circles": applied.circles });
        super::report(json, &words, &value);
        Ok(())
    }
}
