//! `backtrail-admin agency`

use std::path::Path;

use backtrail_bus::agency::{AgencyId, CircleId};
use backtrail_bus::country::CountryCode;
use backtrail_bus::key::KeyId;
use backtrail_bus::realm::Realm;
use clap::Subcommand;
use deploy::deployment::Deployment;
use serde_json::json;

#[derive(Debug, Subcommand)]
pub(crate) enum Agency {
    /// Add an agency: its account, its keys, its contexts
    #[command(
        after_help = "Example:\n  backtrail-admin agency add nl-customs --country NL --name \"Douane Nederland\" --circle all"
    )]
    Add {
        /// Its id on the bus: a-z, 0-9 and '-'
        id: AgencyId,
        /// Its country, as a two-letter code
        #[arg(long, value_parser = country)]
        country: CountryCode,
        /// Its name for people
        #[arg(long)]
        name: String,
        /// A circle to join (may be given several times)
        #[arg(long = "circle", default_value = "all", value_name = "CIRCLE")]
        circles: Vec<CircleId>,
    },
    /// List the agencies with their circles and keys
    #[command(after_help = "Example:\n  backtrail-admin agency list --json")]
    List,
    /// Refuse, from now on, what a signing key signs
    #[command(
        after_help = "Example:\n  backtrail-admin agency revoke-key nl-customs kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    )]
    RevokeKey {
        id: AgencyId,
        /// Id of the key, as `agency list` shows it
        kid: String,
    },
}

impl Agency {
    pub(crate) async fn run(self, dir: &Path, json: bool) -> anyhow::Result<()> {
        let mut deployment = Deployment::open(dir)?;
        match self {
            Self::Add { id, country, name, circles } => {
                deployment.add_agency(&id, &name, country, &circles)?;
                let effect = super::take_effect(&deployment).await?;
                let context = deployment.officer_context(&id, Realm::Real);
                let daemon = deployment.daemon_context(&id, Realm::Real);
                let words = format!(
                    "agency {id} added, {effect}\nhand over: {} for its people, {} for its daemon, and the key files they name",
                    context.display(),
                    daemon.display()
                );
                super::report(
                    json,
                    &words,
                    &json!({ "agency": id, "effect": effect, "context": context, "daemon": daemon }),
                );
            }
            Self::List => list(&deployment, json),
            Self::RevokeKey { id, kid } => {
                let kid = KeyId::from(kid);
                deployment.revoke_key(&id, &kid)?;
                let effect = super::take_effect(&deployment).await?;
                super::report(
                    json,
                    &format!("key {kid} of {id} revoked, {effect}"),
                    &json!({ "kid": kid, "effect": effect }),
                );
            }
        }
        Ok(())
    }
}

fn list(deployment: &Deployment, json: bool) {
    let circles = |id: &AgencyId| deployment.circles_of(id).map(|(circle, _)| circle.to_string()).collect::<Vec<_>>();
    if json {
        let agencies: Vec<_> = deployment
            .register
            .agencies
            .iter()
            .map(|(id, agency)| {
                json!({ "agency": id, "name": agency.name, "country": agency.country, "circles": circles(id), "keys": agency.keys })
            })
            .collect();
        println!("{}", json!({ "agencies": agencies }));
        return;
    }
    for (id, agency) in &deployment.register.agencies {
        println!("{id}  {}, {}  circles: {}", agency.name, agency.country, circles(id).join(", "));
        for key in &agency.keys {
            let revoked = key.revoked_at.map(|at| format!("  revoked {at}")).unwrap_or_default();
            println!("    key {}{revoked}", key.kid);
        }
    }
}

fn country(text: &str) -> Result<CountryCode, String> {
    CountryCode::named(text).ok_or_else(|| format!("found {text:?}, expected a country such as NL"))
}
