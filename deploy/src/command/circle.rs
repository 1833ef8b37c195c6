//! `backtrail-admin circle`

use std::path::Path;

use backtrail_bus::agency::{AgencyId, CircleId};
use clap::Subcommand;
use deploy::deployment::Deployment;
use serde_json::json;

#[derive(Debug, Subcommand)]
pub(crate) enum Circle {
    /// Add a circle without members
    #[command(
        after_help = "Example:\n  backtrail-admin circle add opioids --description \"synthetic opioids and their precursors\""
    )]
    Add {
        /// Its name on the bus: a-z, 0-9 and '-'
        id: CircleId,
        /// What it is for
        #[arg(long)]
        description: String,
    },
    /// List the circles with their members
    #[command(after_help = "Example:\n  backtrail-admin circle list")]
    List,
    /// Let an agency read a circle, and post to it, from now on
    #[command(after_help = "Example:\n  backtrail-admin circle grant opioids be-police")]
    Grant { circle: CircleId, agency: AgencyId },
}

impl Circle {
    pub(crate) async fn run(self, dir: &Path, json: bool) -> anyhow::Result<()> {
        let mut deployment = Deployment::open(dir)?;
        match self {
            Self::Add { id, description } => {
                deployment.add_circle(&id, &description)?;
                super::report(
                    json,
                    &format!("circle {id} added; `circle grant` lets agencies in"),
                    &json!({ "circle": id }),
                );
            }
            Self::List => list(&deployment, json),
            Self::Grant { circle, agency } => {
                let is_new = deployment.grant(&circle, &agency)?;
                let effect = super::take_effect(&deployment).await?;
                let words = match is_new {
                    true => format!("{agency} reads circle {circle} and posts to it, {effect}"),
                    false => format!("{agency} was in circle {circle} already, {effect}"),
                };
                super::report(
                    json,
                    &words,
                    &json!({ "circle": circle, "agency": agency, "new": is_new, "effect": effect }),
                );
            }
        }
        Ok(())
    }
}

fn list(deployment: &Deployment, json: bool) {
    if json {
        println!("{}", json!({ "circles": deployment.register.circles }));
        return;
    }
    for (id, circle) in &deployment.register.circles {
        let members: Vec<&str> = circle.members.iter().map(AgencyId::as_str).collect();
        println!("{id}  {}  members: {}", circle.description, members.join(", "));
    }
}
