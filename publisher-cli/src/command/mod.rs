//! One file per command.

pub(crate) mod alert;
pub(crate) mod amend;
pub(crate) mod bulk;
pub(crate) mod circles;
pub(crate) mod compare;
pub(crate) mod entity;
pub(crate) mod find;
pub(crate) mod lead;
pub(crate) mod leads;
pub(crate) mod notice;
pub(crate) mod outbox;
pub(crate) mod pointer;
pub(crate) mod post;
pub(crate) mod request;
pub(crate) mod retract;
pub(crate) mod show;
pub(crate) mod status;
pub(crate) mod stop;
pub(crate) mod substance;
pub(crate) mod timeline;
pub(crate) mod trace;
pub(crate) mod watch;
pub(crate) mod why_not;

use std::io::Read;
use std::path::Path;

use anyhow::Context as _;

/// Reads a whole small file, `-` for standard input.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    if path.as_os_str() != "-" {
        return std::fs::read(path).with_context(|| path.display().to_string());
    }
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).context("standard input")?;
    Ok(bytes)
}
