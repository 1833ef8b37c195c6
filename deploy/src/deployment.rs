//! The deployment: which agencies and circles there are, and where their files lie.

mod files;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use backtrail_bus::agency::{AgencyId, CircleId};
use backtrail_bus::country::CountryCode;
use backtrail_bus::key::{KeyError, KeyId, SigningKey};
use backtrail_bus::realm::Realm;
use backtrail_bus::register::{Circle, RegisteredKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::keys::{self, KeyFileError};

/// A deployment and its directory.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployment {
    pub dir: PathBuf,
    pub register: Register,
}

/// What `deployment.toml` holds: everything that is public.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    pub server: Server,
    #[serde(default)]
    pub agencies: BTreeMap<AgencyId, Agency>,
    #[serde(default)]
    pub circles: BTreeMap<CircleId, Circle>,
}

/// Where the hub listens, and the public keys of those who run it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub host: String,
    pub port: u16,
    /// Port of the monitoring endpoint, on the loopback interface only.
    pub monitor_port: u16,
    /// User of the HUB account, which owns streams and register.
    pub operator: String,
    /// User of the SYS account, which may reload the configuration.
    pub system: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
}

/// Certificate and key of the server, as PEM files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// One agency: its name for people, its users, its signing keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agency {
    pub name: String,
    pub country: CountryCode,
    /// Public key of the user with which people post and ask.
    pub officer: String,
    /// Public key of the user with which the agency's daemon works.
    pub daemon: String,
    pub keys: Vec<RegisteredKey>,
}

/// Settings of a new deployment.
#[derive(Debug, Clone)]
pub struct Options {
    pub host: String,
    /// 0 picks a free one.
    pub port: u16,
    pub tls: Option<Tls>,
}

/// Why a deployment could not be made, read or changed.
#[derive(Debug, thiserror::Error)]
pub enum DeploymentError {
    #[error("{path} holds a deployment already; nothing was changed")]
    Exists { path: String },
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("{path}: {source}")]
    Form { path: String, source: Box<toml::de::Error> },
    #[error("no free port: {0}")]
    NoPort(#[source] std::io::Error),
    #[error("agency {0} exists already")]
    AgencyExists(AgencyId),
    #[error("there is no agency {found}; there are: {known}")]
    NoAgency { found: AgencyId, known: String },
    #[error("circle {0} exists already")]
    CircleExists(CircleId),
    #[error("there is no circle {found}; there are: {known}")]
    NoCircle { found: CircleId, known: String },
    #[error("agency {agency} has no key {kid}")]
    NoKey { agency: AgencyId, kid: KeyId },
    #[error("host {found:?} is not a host name or address, expected letters, digits, '.', '-', ':', '[' and ']'")]
    Host { found: String },
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    #[error(transparent)]
    SigningKey(#[from] KeyError),
}

impl Default for Options {
    fn default() -> Self {
        Self { host: "127.0.0.1".to_owned(), port: 0, tls: None }
    }
}

impl Deployment {
    /// Makes a deployment in `dir`, which must not hold one yet: keys of the operators and the circle `all`.
    pub fn create(dir: &Path, options: Options) -> Result<Self, DeploymentError> {
        let is_host_char = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        if options.host.is_empty() || !options.host.chars().all(is_host_char) {
            return Err(DeploymentError::Host { found: options.host });
        }
        let file = files::deployment_file(dir);
        if file.exists() {
            return Err(DeploymentError::Exists { path: dir.display().to_string() });
        }
        for dir in [files::keys_dir(dir), files::contexts_dir(dir), files::store_dir(dir)] {
            files::create_private_dir(&dir)?;
        }
        // The server changes no directory, so paths in its configuration are absolute.
        let dir = dir.canonicalize().map_err(|source| files::error(dir, source))?;
        let [port, monitor_port] = two_ports(options.port)?;
        let server = Server {
            host: options.host,
            port,
            monitor_port,
            operator: keys::new_user(&files::operator_seed(&dir))?,
            system: keys::new_user(&files::system_seed(&dir))?,
            tls: options.tls,
        };
        let all = Circle { description: "every agency on this bus".to_owned(), members: Vec::new() };
        let circles = BTreeMap::from([(CircleId::new("all").expect("a token"), all)]);
        let deployment = Self { dir, register: Register { server, agencies: BTreeMap::new(), circles } };
        deployment.save()?;
        Ok(deployment)
    }

    /// Adds an agency to the bus and to `circles`: makes its keys and writes its contexts.
    pub fn add_agency(
        &mut self,
        id: &AgencyId,
        name: &str,
        country: CountryCode,
        circles: &[CircleId],
    ) -> Result<(), DeploymentError> {
        if self.register.agencies.contains_key(id) {
            return Err(DeploymentError::AgencyExists(id.clone()));
        }
        for circle in circles {
            self.circle_mut(circle)?;
        }
        let signing_key = SigningKey::generate();
        signing_key.write_new(&files::signing_key(&self.dir, id))?;
        let public = signing_key.public();
        let agency = Agency {
            name: name.to_owned(),
            country,
            officer: keys::new_user(&files::officer_seed(&self.dir, id))?,
            daemon: keys::new_user(&files::daemon_seed(&self.dir, id))?,
            keys: vec![RegisteredKey { kid: public.kid().clone(), jwk: public, revoked_at: None }],
        };
        self.register.agencies.insert(id.clone(), agency);
        self.add_daemon_key(id)?;
        for circle in circles {
            self.circle_mut(circle)?.members.push(id.clone());
        }
        self.save()
    }

    /// Makes what an earlier version of this program did not make: keys with which daemons sign receipts. Returns
    /// whether anything was missing.
    pub fn add_missing_keys(&mut self) -> Result<bool, DeploymentError> {
        let agencies: Vec<AgencyId> = self.register.agencies.keys().cloned().collect();
        let mut has_new = false;
        for agency in agencies {
            if !files::daemon_signing_key(&self.dir, &agency).exists() {
                self.add_daemon_key(&agency)?;
                has_new = true;
            }
        }
        if has_new {
            self.save()?;
        }
        Ok(has_new)
    }

    /// A daemon has a signing key of its own: two programs that signed with one key would break each other's chains.
    fn add_daemon_key(&mut self, id: &AgencyId) -> Result<(), DeploymentError> {
        let key = SigningKey::generate();
        key.write_new(&files::daemon_signing_key(&self.dir, id))?;
        let public = key.public();
        let registered = RegisteredKey { kid: public.kid().clone(), jwk: public, revoked_at: None };
        self.agency_mut(id)?.keys.push(registered);
        Ok(())
    }

    /// Adds an empty circle.
    pub fn add_circle(&mut self, id: &CircleId, description: &str) -> Result<(), DeploymentError> {
        if self.register.circles.contains_key(id) {
            return Err(DeploymentError::CircleExists(id.clone()));
        }
        let circle = Circle { description: description.to_owned(), members: Vec::new() };
        self.register.circles.insert(id.clone(), circle);
        self.save()
    }

    /// Lets an agency read, and post to, a circle. Returns false if it could already.
    pub fn grant(&mut self, circle: &CircleId, agency: &AgencyId) -> Result<bool, DeploymentError> {
        self.agency_mut(agency)?;
        let members = &mut self.circle_mut(circle)?.members;
        if members.contains(agency) {
            return Ok(false);
        }
        members.push(agency.clone());
        self.save()?;
        Ok(true)
    }

    /// Revokes a signing key from now on.
    pub fn revoke_key(&mut self, agency: &AgencyId, kid: &KeyId) -> Result<(), DeploymentError> {
        let no_key = || DeploymentError::NoKey { agency: agency.clone(), kid: kid.clone() };
        let key = self.agency_mut(agency)?.keys.iter_mut().find(|key| key.kid == *kid).ok_or_else(no_key)?;
        key.revoked_at.get_or_insert_with(Timestamp::now);
        self.save()
    }

    /// The circles of an agency, in alphabetical order.
    pub fn circles_of<'a>(&'a self, agency: &'a AgencyId) -> impl Iterator<Item = (&'a CircleId, &'a Circle)> {
        self.register.circles.iter().filter(move |(_, circle)| circle.members.contains(agency))
    }

    /// The context with which an agency's people work in a realm.
    pub fn officer_context(&self, agency: &AgencyId, realm: Realm) -> PathBuf {
        files::context(&self.dir, agency.as_str(), realm)
    }

    /// The context with which an agency's daemon works in a realm.
    pub fn daemon_context(&self, agency: &AgencyId, realm: Realm) -> PathBuf {
        files::context(&self.dir, &format!("{agency}-daemon"), realm)
    }

    /// The address at which clients reach the hub.
    pub fn url(&self) -> String {
        let Server { host, port, tls, .. } = &self.register.server;
        let scheme = if tls.is_some() { "tls" } else { "nats" };
        // A server that listens everywhere is reached from here by the loopback address.
        let host = if host == "0.0.0.0" { "127.0.0.1" } else { host };
        format!("{scheme}://{host}:{port}")
    }

    fn agency_mut(&mut self, id: &AgencyId) -> Result<&mut Agency, DeploymentError> {
        let known = self.register.agencies.keys().map(AgencyId::as_str).collect::<Vec<_>>().join(", ");
        let error = || DeploymentError::NoAgency { found: id.clone(), known };
        self.register.agencies.get_mut(id).ok_or_else(error)
    }

    fn circle_mut(&mut self, id: &CircleId) -> Result<&mut Circle, DeploymentError> {
        let known = self.register.circles.keys().map(CircleId::as_str).collect::<Vec<_>>().join(", ");
        let error = || DeploymentError::NoCircle { found: id.clone(), known };
        self.register.circles.get_mut(id).ok_or_else(error)
    }
}

/// A port for clients and one for monitoring, both free now if they were to be picked.
fn two_ports(port: u16) -> Result<[u16; 2], DeploymentError> {
    let free = || TcpListener::bind(("127.0.0.1", 0)).map_err(DeploymentError::NoPort);
    // Both are held until both are known, so that they differ.
    let (first, second) = (free()?, free()?);
    let number = |listener: &TcpListener| listener.local_addr().map(|at| at.port()).map_err(DeploymentError::NoPort);
    Ok([if port == 0 { number(&first)? } else { port }, number(&second)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agency(id: &str) -> AgencyId {
        AgencyId::new(id).unwrap()
    }

    #[test]
    fn what_is_saved_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut deployment = Deployment::create(dir.path(), Options::default()).unwrap();
        let (nl, all) = (agency("nl-customs"), CircleId::new("all").unwrap());
        deployment
            .add_agency(&nl, "Douane", CountryCode::from_alpha2("NL").unwrap(), std::slice::from_ref(&all))
            .unwrap();
        deployment.add_circle(&CircleId::new("opioids").unwrap(), "opioids").unwrap();
        assert!(deployment.grant(&CircleId::new("opioids").unwrap(), &nl).unwrap());
        assert!(!deployment.grant(&all, &nl).unwrap());
        assert_eq!(Deployment::open(dir.path()).unwrap(), deployment);
        assert!(matches!(Deployment::create(dir.path(), Options::default()), Err(DeploymentError::Exists { .. })));
    }

    #[test]
    fn contexts_can_be_used() {
        let dir = tempfile::tempdir().unwrap();
        let mut deployment = Deployment::create(dir.path(), Options::default()).unwrap();
        let nl = agency("nl-customs");
        deployment.add_agency(&nl, "Douane", CountryCode::from_alpha2("NL").unwrap(), &[]).unwrap();
        let path = deployment.officer_context(&nl, Realm::Exercise);
        let context = backtrail_bus::context::Context::read(&path).unwrap();
        assert_eq!((context.agency, context.realm), (nl, Realm::Exercise));
        SigningKey::read(&context.signing_key.unwrap()).unwrap();
        keys::read_seed(&context.credentials).unwrap();
    }

    #[test]
    fn errors_say_what_there_is() {
        let dir = tempfile::tempdir().unwrap();
        let mut deployment = Deployment::create(dir.path(), Options::default()).unwrap();
        let error = deployment.grant(&CircleId::new("all").unwrap(), &agency("x")).unwrap_err();
        assert_eq!(error.to_string(), "there is no agency x; there are: ");
    }
}
