//! The exchange as this agency reads it: all its threads, made anew from the hub at every start.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use backtrail_bus::agency::AgencyId;
use backtrail_bus::chain::{Chains, Follows};
use backtrail_bus::channel::Channel;
use backtrail_bus::dead_letter::Rejection;
use backtrail_bus::envelope::{Envelope, Opened};
use backtrail_bus::exchange::{Attachment, Basis, Body, ExchangeEvent, Origin, Thread, ThreadState};
use backtrail_bus::id::{IncidentId, ThreadId};
use backtrail_bus::key::SigningKey;
use backtrail_bus::query::{
    AttachmentQuery, LeadsQuery, ThreadAnswer, ThreadLine, ThreadQuery, ThreadsAnswer, ThreadsQuery,
};
use backtrail_bus::realm::Realm;
use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};
use tracing::warn;

use crate::config::PointerConfig;
use crate::correlate;
use crate::pointers::Pointers;

/// The most bytes of one agency's events that are held in memory; files are not among them.
const MAX_BYTES_OF_AGENCY: usize = 64 * 1024 * 1024;
/// The most bytes of files that are kept on disk.
const MAX_FILE_BYTES: u64 = 1024 * 1024 * 1024;

/// All threads that this agency has a part in.
pub(crate) struct Exchange {
    own: AgencyId,
    threads: BTreeMap<ThreadId, Thread>,
    /// What own requests rest on. It may come before its request.
    bases: FxHashMap<ThreadId, Basis>,
    chains: Chains<Channel>,
    bytes_of: FxHashMap<AgencyId, usize>,
    /// Requests whose receipt was posted and has not come back yet.
    acknowledged: FxHashSet<ThreadId>,
    files: Files,
    /// Absent where none are exchanged.
    pub pointers: Option<Pointers>,
    /// The last sequence of the hub's stream that was taken.
    pub position: u64,
    /// True if that was the last one that there was.
    pub caught_up: bool,
}

/// Attached files on disk, under their SHA-256.
struct Files {
    dir: PathBuf,
    bytes: u64,
}

impl Exchange {
    /// An exchange of which nothing was read yet.
    pub(crate) fn new(own: AgencyId, state_dir: &Path, pointers: Option<&PointerConfig>) -> Self {
        Self {
            pointers: pointers.map(|config| Pointers::new(own.clone(), config)),
            own,
            threads: BTreeMap::new(),
            bases: FxHashMap::default(),
            chains: Chains::default(),
            bytes_of: FxHashMap::default(),
            acknowledged: FxHashSet::default(),
            files: Files::in_dir(state_dir),
            position: 0,
            caught_up: false,
        }
    }

    /// Takes in a verified event; returns the thread that it belongs to, if it changed.
    pub(crate) fn accept(
        &mut self,
        opened: Opened<ExchangeEvent>,
        size: usize,
        stored_at: Timestamp,
    ) -> Result<Option<ThreadId>, Rejection> {
        let Opened { subject, content: mut event, kid, link, digest } = opened;
        match self.chains.follow(&kid, &subject.channel, &link, &digest) {
            Follows::InOrder | Follows::FilledGap => {}
            Follows::Repeated => return Err(Rejection::Replayed { sequence: link.sequence }),
            broken @ (Follows::Gap { .. } | Follows::Broken) => {
                warn!(agency = %subject.from, channel = %subject.channel, sequence = link.sequence, ?broken, "chain");
            }
        }
        let thread_id = event.thread_id;
        if let Body::Basis(basis) = event.body {
            // Only this agency can tell itself.
            self.bases.insert(thread_id, basis);
            return Ok(None);
        }
        if let Body::Pointers(list) = &event.body {
            if let Some(pointers) = &mut self.pointers {
                pointers.take(&event.from, &subject.channel, list)?;
            }
            return Ok(None);
        }
        let contents = event.body.attachments().iter().filter_map(|file| file.content.as_ref());
        let text_bytes = size.saturating_sub(contents.map(String::len).sum());
        let held = self.bytes_of.entry(event.from.clone()).or_default();
        if *held + text_bytes > MAX_BYTES_OF_AGENCY {
            return Err(Rejection::TooMuch { agency: event.from, found: *held, most: MAX_BYTES_OF_AGENCY });
        }
        let is_known = self.threads.contains_key(&thread_id);
        let is_admitted = match self.threads.get(&thread_id) {
            Some(thread) => thread.admits(&subject),
            None => event.body.is_opening(),
        };
        if !is_admitted {
            return Err(Rejection::UnknownThread { thread_id });
        }
        *held += text_bytes;
        event.body.attachments().iter().for_each(|file| self.files.keep(file));
        event.body.drop_contents();
        if is_known {
            let thread = self.threads.get_mut(&thread_id).expect("it is known");
            return Ok(thread.apply(event, stored_at).then_some(thread_id));
        }
        let thread = Thread::open(event, subject.channel, stored_at).expect("its event begins one");
        self.threads.insert(thread_id, thread);
        Ok(Some(thread_id))
    }

    /// Receipts that this agency owes: signed, one for each request that was sent to it and not received yet. What is
    /// owed follows from the state, so that a receipt that was not stored is made again.
    pub(crate) fn receipts(&self, realm: Realm, key: &SigningKey, now: Timestamp) -> Vec<(ThreadId, Envelope)> {
        let mut chains = self.chains.clone();
        let is_owed = |thread: &&Thread| {
            thread.state == ThreadState::Sent
                && thread.channel == Channel::Agency(self.own.clone())
                && thread.request().is_some()
                && !self.acknowledged.contains(&thread.thread_id)
        };
        let receipt = |thread: &Thread| {
            let origin = Origin { realm, from: self.own.clone(), at: now, by: "backtraild".to_owned() };
            let event =
                ExchangeEvent::new(origin, thread.thread_id, Body::Received).expect("nothing in it is too long");
            let channel = Channel::Agency(thread.from.clone());
            let kid = key.public().kid().clone();
            let link = chains.next_link(&kid, &channel);
            let (envelope, digest) = Envelope::seal(&event, &event.subject(channel.clone()), key, link.clone());
            chains.follow(&kid, &channel, &link, &digest);
            (thread.thread_id, envelope)
        };
        self.threads.values().filter(is_owed).map(receipt).collect()
    }

    /// What must be said of pointers, signed.
    pub(crate) fn pointers_to_say(&self, realm: Realm, key: &SigningKey, now: Timestamp) -> Vec<Envelope> {
        let Some(pointers) = &self.pointers else { return Vec::new() };
        let (mut chains, channel) = (self.chains.clone(), pointers.channel());
        let kid = key.public().kid().clone();
        let lists = pointers.to_say().into_iter();
        lists
            .map(|list| {
                let origin = Origin { realm, from: self.own.clone(), at: now, by: "backtraild".to_owned() };
                let event = ExchangeEvent::new(origin, ThreadId::generate(), Body::Pointers(list));
                let event = event.expect("the lists are in order and of a size");
                let link = chains.next_link(&kid, &channel);
                let (envelope, digest) = Envelope::seal(&event, &event.subject(channel.clone()), key, link.clone());
                chains.follow(&kid, &channel, &link, &digest);
                envelope
            })
            .collect()
    }

    /// Notes that a receipt was stored: it comes back with the other events.
    pub(crate) fn note_receipt(&mut self, thread_id: ThreadId) {
        self.acknowledged.insert(thread_id);
    }

    /// Threads, the latest change first.
    pub(crate) fn threads(&self, query: &ThreadsQuery, now: Timestamp) -> ThreadsAnswer {
        let now = query.at.unwrap_or(now);
        let is_finished = |state| matches!(state, ThreadState::Closed | ThreadState::Withdrawn | ThreadState::Arrived);
        let wanted = |thread: &&Thread| {
            (query.finished || query.about.is_some() || !is_finished(thread.state))
                && (query.kinds.is_empty() || query.kinds.iter().any(|kind| kind == thread.opening().kind()))
                && (!query.overdue || thread.is_overdue(now))
                && query.about.is_none_or(|incident| self.is_about(thread, incident))
        };
        let mut found: Vec<&Thread> = self.threads.values().filter(wanted).collect();
        found.sort_by_key(|thread| std::cmp::Reverse((thread.changed_at(), thread.thread_id)));
        let total = found.len();
        let threads =
            found.into_iter().take(query.limit.min(LeadsQuery::MAX_LIMIT)).map(|one| line(one, now)).collect();
        ThreadsAnswer { threads, total }
    }

    /// One thread.
    pub(crate) fn thread(&self, query: &ThreadQuery, now: Timestamp) -> Option<ThreadAnswer> {
        let mut thread = self.threads.get(&query.thread_id)?.clone();
        thread.basis = self.bases.get(&query.thread_id).filter(|_| thread.from == self.own).cloned();
        let now = query.at.unwrap_or(now);
        let (line, known) = (line(&thread, now), correlate::known(&thread, now));
        Some(ThreadAnswer { line, thread, correlations: Vec::new(), known })
    }

    /// A file of a thread with its content, or why it is not here.
    pub(crate) fn attachment(&self, query: &AttachmentQuery) -> Result<Attachment, String> {
        let thread = self.threads.get(&query.thread_id).ok_or_else(|| no_thread(query.thread_id))?;
        let mut all = thread.history.iter().flat_map(|entry| entry.event.body.attachments());
        let file = all.find(|file| file.sha256 == query.sha256).ok_or("the thread has no such attachment")?;
        self.files.read(file).ok_or_else(|| "the file was not kept: the directory for attachments is full".to_owned())
    }

    fn is_about(&self, thread: &Thread, incident: IncidentId) -> bool {
        let is_cited = match thread.opening() {
            Body::Request(request) => request.incidents.iter().any(|cited| cited.incident_id == incident),
            Body::Outcome(outcome) => outcome.incidents.contains(&incident),
            _ => false,
        };
        let basis = self.bases.get(&thread.thread_id).filter(|_| thread.from == self.own);
        is_cited || basis.is_some_and(|basis| basis.incidents.iter().any(|one| one.incident_id == incident))
    }
}

/// What to say of a thread that is not here.
pub(crate) fn no_thread(thread_id: ThreadId) -> String {
    format!("no thread {thread_id} is known here")
}

pub(crate) fn line(thread: &Thread, now: Timestamp) -> ThreadLine {
    let outcome = thread.history.iter().rev().filter(|entry| entry.without_effect.is_none());
    let outcome = outcome.filter_map(|entry| match &entry.event.body {
        Body::FeedbackGiven(feedback) => Some(feedback.outcome.clone()),
        Body::Outcome(outcome) => Some(outcome.outcome.clone()),
        _ => None,
    });
    ThreadLine {
        thread_id: thread.thread_id,
        kind: thread.opening().kind().to_owned(),
        from: thread.from.clone(),
        channel: thread.channel.clone(),
        state: thread.state,
        title: thread.title(),
        due: thread.due(),
        is_overdue: thread.is_overdue(now),
        waits_for: thread.waits_for(),
        changed_at: thread.changed_at(),
        outcome: { outcome }.next(),
    }
}

impl Files {
    fn in_dir(state_dir: &Path) -> Self {
        let dir = state_dir.join("attachments");
        let entries = std::fs::read_dir(&dir).into_iter().flatten().flatten();
        let bytes = entries.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum();
        Self { dir, bytes }
    }

    /// Keeps a file. A thread shows that it was attached even where it could not be kept.
    fn keep(&mut self, file: &Attachment) {
        let Ok(content) = file.bytes() else { return };
        let path = self.dir.join(&file.sha256);
        if path.exists() {
            return;
        }
        if self.bytes + file.size > MAX_FILE_BYTES {
            warn!(sha256 = file.sha256, "the directory for attachments is full, a file is not kept");
            return;
        }
        let new = path.with_extension("new");
        let written = std::fs::create_dir_all(&self.dir)
            .and_then(|()| std::fs::write(&new, content))
            .and_then(|()| std::fs::rename(&new, &path));
        match written {
            Ok(()) => self.bytes += file.size,
            Err(error) => warn!(%error, sha256 = file.sha256, "a file could not be kept"),
        }
    }

    fn read(&self, file: &Attachment) -> Option<Attachment> {
        // The digest was checked to be hexadecimal when it was compared with the content.
        let content = std::fs::read(self.dir.join(&file.sha256)).ok()?;
        let read = Attachment::new(&file.name, &file.media_type, &content).ok()?;
        (read.sha256 == file.sha256).then_some(read)
    }
}
