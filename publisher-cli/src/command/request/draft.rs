//! Drafts of requests: files beside the outbox, which their author edits and sends.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use backtrail_bus::agency::AgencyId;
use backtrail_bus::channel::Channel;
use backtrail_bus::exchange::{Basis, Body, Request};
use backtrail_bus::id::ThreadId;
use backtrail_bus::strict_json;
use serde::{Deserialize, Serialize};

use crate::event_outcome::{Said, post};
use crate::session::Session;

/// A request that was not sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    pub thread_id: ThreadId,
    pub to: AgencyId,
    pub request: Request,
    /// What it rests on; never sent to the addressee.
    pub basis: Basis,
}

impl Draft {
    /// What is said when it is sent: the request, and to the own agency what it rests on.
    pub(super) fn said(self, own: &AgencyId) -> Vec<Said> {
        let Self { thread_id, to, request, basis } = self;
        vec![
            Said { thread_id, channel: Channel::Agency(to), body: Body::Request(Box::new(request)) },
            Said { thread_id, channel: Channel::Agency(own.clone()), body: Body::Basis(basis) },
        ]
    }

    /// Keeps it, and returns its file.
    pub(super) fn keep(&self, session: &Session) -> anyhow::Result<PathBuf> {
        let path = file(session, self.thread_id);
        let dir = path.parent().expect("a file has a directory");
        std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
        std::fs::write(&path, serde_json::to_string_pretty(self)?).with_context(|| path.display().to_string())?;
        Ok(path)
    }
}

/// All drafts that are kept here.
pub(super) fn all(session: &Session) -> anyhow::Result<Vec<Draft>> {
    let dir = dir(session);
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(&dir).with_context(|| dir.display().to_string())? {
        paths.push(entry?.path());
    }
    paths.sort();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.into_iter().map(read).collect()
}

/// Sends a draft and, once it is safe in the outbox, removes its file.
pub(super) async fn send(session: &Session, thread_id: ThreadId, by: &str) -> anyhow::Result<u8> {
    let path = file(session, thread_id);
    let draft = read(path.clone())?;
    ensure!(
        draft.thread_id == thread_id,
        "{} holds the draft {}, expected {thread_id}",
        path.display(),
        draft.thread_id
    );
    let code = post(session, by, draft.said(session.agency())).await?;
    std::fs::remove_file(&path).with_context(|| path.display().to_string())?;
    Ok(code)
}

fn read(path: PathBuf) -> anyhow::Result<Draft> {
    let read = || {
        let value = strict_json::parse(&std::fs::read(&path)?)?;
        anyhow::Ok(serde_json::from_value(value)?)
    };
    read().with_context(|| path.display().to_string())
}

fn dir(session: &Session) -> PathBuf {
    session.context.state_dir().join("drafts")
}

fn file(session: &Session, thread_id: ThreadId) -> PathBuf {
    dir(session).join(format!("{thread_id}.json"))
}
