//! `backtrail-admin demo`

/// Run the demo
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {}

impl Demo {
    pub(crate) async fn run(self, _json: bool) -> anyhow::Result<()> {
        Ok(())
    }
}
