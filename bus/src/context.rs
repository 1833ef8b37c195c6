//! Context files: which server, as whom, with which keys.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};

use crate::agency::{AgencyId, CircleId};
use crate::realm::Realm;

/// The environment variable that names the context when `--context` does not.
pub const CONTEXT_VARIABLE: &str = "BACKTRAIL_CONTEXT";

/// One context, read from `<config home>/backtrail/contexts/NAME.toml` or from a path.
///
/// Paths in it are relative to the file. It holds the names of key files, never keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// Address of the server, such as `nats://127.0.0.1:4222` or `tls://hub.example.org:4222`.
    pub server: String,
    /// The agency in whose account this context connects.
    pub agency: AgencyId,
    /// Which realm it works in.
    #[serde(default)]
    pub realm: Realm,
    /// File with the nkey seed that proves to the server who connects.
    pub credentials: PathBuf,
    /// File with the private JWK that signs posts; a daemon needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<PathBuf>,
    /// The circle of a post that names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circle: Option<CircleId>,
    /// Certificates to trust besides the system's, as PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_ca: Option<PathBuf>,
    /// File with this deployment's own entries of the substance register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub substances: Option<PathBuf>,
    /// Directory for the outbox or the daemon's snapshot; by default one below the user's state directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<PathBuf>,
}

/// Why a context could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    #[error("no context was named; use --context NAME or set {CONTEXT_VARIABLE}")]
    Unnamed,
    #[error("no home directory was found to look for contexts in; give a path to --context")]
    NoHome,
    #[error("context file {path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("context file {path}: {source}")]
    Form { path: String, source: Box<toml::de::Error> },
}

impl Context {
    /// Reads the context called `name`, or the file at that path if `name` contains a path separator or ends in
    /// `.toml`. All paths in the result are usable from the current directory.
    pub fn load(name: &str) -> Result<Self, ContextError> {
        let is_path = name.contains(std::path::MAIN_SEPARATOR) || name.ends_with(".toml");
        let path = if is_path { PathBuf::from(name) } else { contexts_dir()?.join(format!("{name}.toml")) };
        Self::read(&path)
    }

    /// Reads the context file at `path`.
    pub fn read(path: &Path) -> Result<Self, ContextError> {
        let shown = path.display().to_string();
        let text =
            std::fs::read_to_string(path).map_err(|source| ContextError::File { path: shown.clone(), source })?;
        let mut context: Self =
            toml::from_str(&text).map_err(|source| ContextError::Form { path: shown, source: Box::new(source) })?;
        let base = path.parent().unwrap_or(Path::new(""));
        let name = path.file_stem().unwrap_or_default();
        context.credentials = base.join(&context.credentials);
        context.signing_key = context.signing_key.map(|key| base.join(key));
        context.tls_ca = context.tls_ca.map(|ca| base.join(ca));
        context.substances = context.substances.map(|file| base.join(file));
        context.state = Some(match context.state {
            Some(state) => base.join(state),
            None => state_home()?.join("backtrail").join(name),
        });
        Ok(context)
    }

    /// The directory for what must survive a restart, one per realm.
    ///
    /// # Panics
    /// Never for a context that was read from a file, which always has a state directory.
    pub fn state_dir(&self) -> PathBuf {
        self.state.as_ref().expect("set when the context is read").join(self.realm.to_string())
    }
}

fn contexts_dir() -> Result<PathBuf, ContextError> {
    let strategy = etcetera::choose_base_strategy().map_err(|_| ContextError::NoHome)?;
    Ok(strategy.config_dir().join("backtrail").join("contexts"))
}

fn state_home() -> Result<PathBuf, ContextError> {
    let strategy = etcetera::choose_base_strategy().map_err(|_| ContextError::NoHome)?;
    Ok(strategy.state_dir().unwrap_or_else(|| strategy.data_dir()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("nl-customs.toml");
        let text = "server = \"nats://127.0.0.1:4222\"\nagency = \"nl-customs\"\ncredentials = \"../keys/officer.nk\"\nstate = \"state\"\n";
        std::fs::write(&path, text).unwrap();
        let context = Context::load(path.to_str().unwrap()).unwrap();
        assert_eq!(context.credentials, dir.path().join("../keys/officer.nk"));
        assert_eq!(context.state_dir(), dir.path().join("state/real"));
    }

    #[test]
    fn unknown_settings_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.toml");
        std::fs::write(&path, "server = \"x\"\nagency = \"a\"\ncredentials = \"k\"\npassword = \"p\"\n").unwrap();
        let error = Context::read(&path).unwrap_err().to_string();
        assert!(error.contains("unknown field `password`"), "{error}");
    }
}
