//! Key files of a deployment. Seeds are written once, readable by their owner only, and never shown.

use std::io::Write;
use std::path::Path;

use nkeys::KeyPair;

/// Why a key file could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error("key file {path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("key file {path} holds no nkey seed of a user")]
    Form { path: String },
}

/// Makes a user key, writes its seed to a new file, and returns the public key.
pub fn new_user(path: &Path) -> Result<String, KeyFileError> {
    let pair = KeyPair::new_user();
    let seed = pair.seed().expect("a new key pair has its seed");
    let error = |source| KeyFileError::File { path: path.display().to_string(), source };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(error)?;
    file.write_all(seed.as_bytes()).and_then(|()| file.sync_all()).map_err(error)?;
    Ok(pair.public_key())
}

/// Reads the seed back, for connecting.
pub fn read_seed(path: &Path) -> Result<String, KeyFileError> {
    let shown = || path.display().to_string();
    let seed = std::fs::read_to_string(path).map_err(|source| KeyFileError::File { path: shown(), source })?;
    let seed = seed.trim().to_owned();
    match KeyPair::from_seed(&seed) {
        Ok(pair) if pair.key_pair_type() == nkeys::KeyPairType::User => Ok(seed),
        _ => Err(KeyFileError::Form { path: shown() }),
    }
}
