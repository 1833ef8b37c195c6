//! `backtrail-admin init`

use std::path::{Path, PathBuf};

use deploy::deployment::{Deployment, Options, Tls};
use serde_json::json;

/// Make a new deployment: keys, server configuration, the circle `all`
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  backtrail-admin --dir hub init --host 0.0.0.0 --port 4222 \\\n    --tls-cert server.pem --tls-key server.key"
)]
pub(crate) struct Init {
    /// Name or address that the server listens on and clients connect to
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Port for clients; 0 picks a free one
    #[arg(long, default_value_t = 4222)]
    port: u16,
    /// The server's certificate, as PEM
    #[arg(long, requires = "tls_key", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, as PEM
    #[arg(long, requires = "tls_cert", value_name = "FILE")]
    tls_key: Option<PathBuf>,
}

impl Init {
    pub(crate) fn run(self, dir: &Path, json: bool) -> anyhow::Result<()> {
        let tls = match (self.tls_cert, self.tls_key) {
            (Some(certificate), Some(key)) => {
                Some(Tls { certificate: certificate.canonicalize()?, key: key.canonicalize()? })
            }
            _ => None,
        };
        let deployment = Deployment::create(dir, Options { host: self.host, port: self.port, tls })?;
        let config = deployment.server_config_file();
        let words = format!(
            "deployment made in {}\nserver configuration: {}\nnext: add agencies, then `nats-server -c {}`",
            deployment.dir.display(),
            config.display(),
            config.display()
        );
        super::report(json, &words, &json!({ "dir": deployment.dir, "config": config, "url": deployment.url() }));
        Ok(())
    }
}
