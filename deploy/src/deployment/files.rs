//! Where the files of a deployment lie, and how they are written.

use std::io::Write;
use std::path::{Path, PathBuf};

use backtrail_bus::agency::AgencyId;
use backtrail_bus::context::Context;
use backtrail_bus::realm::Realm;

use super::{Deployment, DeploymentError, Register};
use crate::server_config;

impl Deployment {
    /// Reads the deployment in `dir`.
    pub fn open(dir: &Path) -> Result<Self, DeploymentError> {
        let file = deployment_file(dir);
        let text = std::fs::read_to_string(&file).map_err(|source| error(&file, source))?;
        let register: Register = toml::from_str(&text)
            .map_err(|source| DeploymentError::Form { path: file.display().to_string(), source: Box::new(source) })?;
        let dir = dir.canonicalize().map_err(|source| error(dir, source))?;
        Ok(Self { dir, register })
    }

    /// The rendered configuration of the server.
    pub fn server_config_file(&self) -> PathBuf {
        self.dir.join("hub.conf")
    }

    /// The seed of the user that owns streams and register.
    pub fn operator_seed(&self) -> PathBuf {
        operator_seed(&self.dir)
    }

    /// The seed of the user that may reload the server.
    pub fn system_seed(&self) -> PathBuf {
        system_seed(&self.dir)
    }

    /// The directory in which the server keeps its streams.
    pub fn store_dir(&self) -> PathBuf {
        store_dir(&self.dir)
    }

    /// Writes everything that follows from the register: itself, the server configuration, the contexts.
    pub fn save(&self) -> Result<(), DeploymentError> {
        let register = toml::to_string_pretty(&self.register).expect("tables of texts and numbers are TOML");
        write(&deployment_file(&self.dir), &register)?;
        write(&self.server_config_file(), &server_config::render(self))?;
        for agency in self.register.agencies.keys() {
            for realm in Realm::ALL {
                self.write_contexts(agency, realm)?;
            }
        }
        Ok(())
    }

    fn write_contexts(&self, agency: &AgencyId, realm: Realm) -> Result<(), DeploymentError> {
        let own = |path: PathBuf| {
            let inside = path.strip_prefix(&self.dir).expect("key files lie in the deployment").to_owned();
            Path::new("..").join(inside)
        };
        let officer = Context {
            server: self.url(),
            agency: agency.clone(),
            realm,
            credentials: own(officer_seed(&self.dir, agency)),
            signing_key: Some(own(signing_key(&self.dir, agency))),
            circle: self.circles_of(agency).map(|(circle, _)| circle.clone()).find(|circle| circle.as_str() == "all"),
            tls_ca: None,
            substances: None,
            state: Some(Path::new("..").join("state").join(agency.as_str())),
        };
        let daemon = Context {
            credentials: own(daemon_seed(&self.dir, agency)),
            signing_key: Some(daemon_signing_key(&self.dir, agency)).filter(|key| key.exists()).map(own),
            circle: None,
            state: Some(Path::new("..").join("state").join(format!("{agency}-daemon"))),
            ..officer.clone()
        };
        for (path, context) in
            [(self.officer_context(agency, realm), officer), (self.daemon_context(agency, realm), daemon)]
        {
            write(&path, &toml::to_string_pretty(&context).expect("a table of texts is TOML"))?;
        }
        Ok(())
    }
}

pub(super) fn deployment_file(dir: &Path) -> PathBuf {
    dir.join("deployment.toml")
}

pub(super) fn keys_dir(dir: &Path) -> PathBuf {
    dir.join("keys")
}

pub(super) fn contexts_dir(dir: &Path) -> PathBuf {
    dir.join("contexts")
}

pub(super) fn store_dir(dir: &Path) -> PathBuf {
    dir.join("jetstream")
}

pub(super) fn operator_seed(dir: &Path) -> PathBuf {
    keys_dir(dir).join("operator.nk")
}

pub(super) fn system_seed(dir: &Path) -> PathBuf {
    keys_dir(dir).join("system.nk")
}

pub(super) fn officer_seed(dir: &Path, agency: &AgencyId) -> PathBuf {
    keys_dir(dir).join(format!("{agency}-officer.nk"))
}

pub(super) fn daemon_seed(dir: &Path, agency: &AgencyId) -> PathBuf {
    keys_dir(dir).join(format!("{agency}-daemon.nk"))
}

pub(super) fn signing_key(dir: &Path, agency: &AgencyId) -> PathBuf {
    keys_dir(dir).join(format!("{agency}-signing.jwk"))
}

pub(super) fn daemon_signing_key(dir: &Path, agency: &AgencyId) -> PathBuf {
    keys_dir(dir).join(format!("{agency}-daemon-signing.jwk"))
}

pub(super) fn context(dir: &Path, name: &str, realm: Realm) -> PathBuf {
    let name = match realm {
        Realm::Real => name.to_owned(),
        Realm::Exercise => format!("{name}-exercise"),
    };
    contexts_dir(dir).join(format!("{name}.toml"))
}

pub(super) fn create_private_dir(dir: &Path) -> Result<(), DeploymentError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|source| error(dir, source))
}

pub(super) fn error(path: &Path, source: std::io::Error) -> DeploymentError {
    DeploymentError::File { path: path.display().to_string(), source }
}

/// Replaces a file at once, so that a reader never finds half of it.
fn write(path: &Path, text: &str) -> Result<(), DeploymentError> {
    let new = path.with_extension("new");
    let write_all = || {
        let mut file = std::fs::File::create(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, path)
    };
    write_all().map_err(|source| error(path, source))
}
