//! Finding the `nats-server` program.

use std::path::{Path, PathBuf};
use std::process::Command;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// The variable that names the program to use.
pub const VARIABLE: &str = "NATS_SERVER";
/// The oldest version that has all that the hub needs (consumer reset, sync for every write).
const OLDEST: (u32, u32) = (2, 14);

/// A program that was found and asked for its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatsServer {
    pub path: PathBuf,
    pub version: String,
}

/// Why there is no server to start.
#[derive(Debug, thiserror::Error)]
pub enum NatsServerError {
    #[error("no nats-server was found; `deploy/nats-server` obtains one, or set {VARIABLE}")]
    NotFound,
    #[error("{path} does not run: {source}")]
    DoesNotRun { path: String, source: std::io::Error },
    #[error("{path} is {found:?}, expected version 2.14 or newer")]
    TooOld { path: String, found: String },
}

impl NatsServer {
    /// `$NATS_SERVER` if set, else the one on the path, else the one that `deploy/nats-server` installed under
    /// `target_dir`. The first two must be new enough.
    pub fn find(target_dir: &Path) -> Result<Self, NatsServerError> {
        if let Some(path) = std::env::var_os(VARIABLE) {
            return Self::at(PathBuf::from(path));
        }
        if let Ok(found) = Self::at(PathBuf::from("nats-server")) {
            return Ok(found);
        }
        let installed = target_dir.join("nats-server").join("nats-server");
        if installed.exists() { Self::at(installed) } else { Err(NatsServerError::NotFound) }
    }

    fn at(path: PathBuf) -> Result<Self, NatsServerError> {
        let shown = path.display().to_string();
        let output = Command::new(&path)
            .arg("--version")
            .output()
            .map_err(|source| NatsServerError::DoesNotRun { path: shown.clone(), source })?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let version = text.rsplit_once('v').map(|(_, version)| version.to_owned()).unwrap_or_default();
        let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        if (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) < OLDEST {
            return Err(NatsServerError::TooOld { path: shown, found: text });
        }
        Ok(Self { path, version })
    }

    /// The program's SHA-256 in hexadecimal, if its file can be read.
    pub fn sha256(&self) -> Option<String> {
        std::fs::read(&self.path).ok().map(|bytes| HEXLOWER.encode(&Sha256::digest(bytes)))
    }
}
