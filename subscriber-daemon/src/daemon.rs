//! The daemon: one task owns the state and takes messages and questions in turn.

mod exchange_events;
mod in_flight;
mod pointing;
mod questions;

use std::fs::{File, TryLockError};
use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream;
use backtrail_bus::chain::Follows;
use backtrail_bus::connection::{ConnectError, Connection, FirstTry};
use backtrail_bus::dead_letter::Rejection;
use backtrail_bus::envelope::Opened;
use backtrail_bus::exchange::ExchangeEvent;
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::Incident;
use backtrail_bus::judgement::JudgementEvent;
use backtrail_bus::key::SigningKey;
use backtrail_bus::lead::LeadEvent;
use backtrail_bus::subject::IncidentSubject;
use backtrail_bus::{stream, subject};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, sleep_until};
use tracing::{debug, info, warn};

use self::exchange_events::{next_of, signing_key};
use self::in_flight::InFlight;
use crate::alerts::{Alerts, AlertsError, HubPlace};
use crate::config::Config;
use crate::dead_letters::{DeadLetters, DeadLettersError, Source};
use crate::engine::{Applied, load_tables};
use crate::exchange::Exchange;
use crate::follower::{FollowError, Follower};
use crate::keyring::Keyring;
use crate::lead_events::{LeadEvents, LeadEventsError};
use crate::pointers::Pointers;
use crate::reader::{OpenedChunk, OpenedMessage, Place, ReadError, Reader};
use crate::service::{self, Question};
use crate::snapshot::{Saver, SnapshotError, SnapshotFile};
use crate::state::State;

/// How long to wait before a failed step is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// While nothing comes, incidents are read for questions, so many at a time: a few milliseconds.
const IDLE_BATCH: usize = 200;
const IDLE_PAUSE: Duration = Duration::from_millis(1);

/// Why the daemon ended without being told to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("the query service did not start: {0}")]
    Service(#[source] async_nats::Error),
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error("another daemon works in {path}")]
    Occupied { path: String },
    #[error("{path}: {source}")]
    StateDir { path: String, source: std::io::Error },
}

/// A step that failed for now: the connection or the hub, not the message, is to blame.
#[derive(Debug, thiserror::Error)]
enum StepError {
    #[error(transparent)]
    Follow(#[from] FollowError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    LeadEvents(#[from] LeadEventsError),
    #[error(transparent)]
    DeadLetters(#[from] DeadLettersError),
    #[error(transparent)]
    Alerts(#[from] AlertsError),
}

/// Why following ended.
enum Ended {
    Shutdown,
    Failed(StepError),
}

/// The streams that a message goes through, opened anew after every failure.
struct Streams {
    incidents: Reader<Incident>,
    /// Absent where the hub offers no exchange yet.
    exchange: Option<Reader<ExchangeEvent>>,
    lead_events: LeadEvents,
    dead_letters: DeadLetters,
}

struct Daemon {
    config: Config,
    connection: Connection,
    saver: Saver,
    state: State,
    exchange: Exchange,
    /// Signs receipts of requests; without it, the asking agency's clock starts at the first word of a person.
    signing_key: Option<SigningKey>,
    /// Lead events that follow from the state and are not known to be stored.
    unpublished: Vec<LeadEvent>,
    /// Those that are on their way.
    in_flight: Option<InFlight>,
    /// Dismissed leads that came back, in the same way.
    reopened: Vec<JudgementEvent>,
    /// Incidents that were accepted and not shown yet: subject and summary.
    accepted: Vec<(String, Vec<u8>)>,
    alerts: Alerts,
    started_at: Timestamp,
    /// Incidents that the hub stored before are not shown as they are accepted.
    news_from: Timestamp,
    caught_up: bool,
}

/// Runs until `shutdown` completes, then finishes the work in hand and writes a snapshot.
pub async fn run(config: Config, shutdown: impl Future<Output = ()>) -> Result<(), RunError> {
    let state_dir = config.context.state_dir();
    let _lock = lock(&state_dir)?;
    let mut snapshot_file = SnapshotFile::in_dir(&state_dir);
    // Whoever needs a table before it is loaded waits for it.
    spawn_blocking(load_tables);
    let connection = Connection::open(&config.context, "backtraild", FirstTry::KeepTrying).await?;
    let (questions, service) = service::start(&connection, config.context.realm).await.map_err(RunError::Service)?;
    let state = if config.rebuild { State::default() } else { snapshot_file.load() };
    let mut daemon = Daemon {
        exchange: Exchange::new(config.context.agency.clone(), &state_dir, config.pointers.as_ref()),
        signing_key: signing_key(&config),
        unpublished: Vec::new(),
        in_flight: None,
        reopened: Vec::new(),
        accepted: Vec::new(),
        alerts: Alerts::new(config.context.realm),
        started_at: Timestamp::now(),
        news_from: Timestamp::MIN,
        caught_up: false,
        config,
        connection,
        saver: Saver::new(snapshot_file),
        state,
    };
    daemon.follow_until(questions, pin!(shutdown)).await;
    service.abort();
    daemon.finish().await
}

impl Daemon {
    /// Follows the hub, starting over after every failure, until `shutdown` completes.
    async fn follow_until(
        &mut self,
        mut questions: mpsc::Receiver<Question>,
        mut shutdown: Pin<&mut impl Future<Output = ()>>,
    ) {
        loop {
            match self.follow(&mut questions, shutdown.as_mut()).await {
                Ended::Shutdown => return,
                Ended::Failed(error) => warn!(%error, "starting over after the last message that was taken"),
            }
            self.caught_up = false;
            let mut pause = pin!(sleep(RETRY_AFTER));
            loop {
                tokio::select! {
                    () = shutdown.as_mut() => return,
                    Some(question) = questions.recv() => self.answer_while_down(question),
                    () = pause.as_mut() => break,
                    () = sleep(IDLE_PAUSE), if self.state.engine.unread() > 0 => {
                        self.state.engine.read_for_questions(IDLE_BATCH);
                    }
                }
            }
        }
    }

    /// Follows the hub and answers questions until something fails.
    async fn follow(
        &mut self,
        questions: &mut mpsc::Receiver<Question>,
        shutdown: Pin<&mut impl Future<Output = ()>>,
    ) -> Ended {
        let mut streams = match self.open_streams().await {
            Ok(streams) => streams,
            Err(error) => return Ended::Failed(error),
        };
        // What a failure left behind must not wait for the next incident.
        if let Err(error) = self.publish(&mut streams).await {
            return Ended::Failed(error);
        }
        let ended = self.follow_streams(questions, shutdown, &mut streams).await;
        match self.settle(&mut streams).await {
            Err(error) if matches!(ended, Ended::Shutdown) => {
                warn!(%error, "the last lead events were not stored; they follow from the hub again");
            }
            Err(error) => return Ended::Failed(error),
            Ok(()) => {}
        }
        ended
    }

    /// Takes chunks and questions in turn.
    async fn follow_streams(
        &mut self,
        questions: &mut mpsc::Receiver<Question>,
        mut shutdown: Pin<&mut impl Future<Output = ()>>,
        streams: &mut Streams,
    ) -> Ended {
        loop {
            let pointers_due = self.pointers_due();
            // Whatever is chosen runs to its end: a chunk is never left half-way.
            let chunk = tokio::select! {
                biased;
                () = shutdown.as_mut() => return Ended::Shutdown,
                Some(question) = questions.recv() => {
                    // A judgement comes behind the lead that it is of.
                    if let Err(error) = self.settle(streams).await {
                        return Ended::Failed(error);
                    }
                    if let Err(error) = self.answer(question, &mut streams.lead_events).await {
                        return Ended::Failed(error);
                    }
                    continue;
                }
                chunk = next_of_either(&mut streams.incidents, &mut streams.exchange) => chunk,
                () = sleep_until(pointers_due), if self.may_point() => {
                    self.say_pointers().await;
                    continue;
                }
                () = sleep(IDLE_PAUSE), if self.caught_up && self.has_idle_work() => {
                    self.work_idly();
                    continue;
                }
            };
            let taken = match chunk {
                Ok(Next::Incidents(chunk)) => self.take(chunk, streams).await,
                Ok(Next::Exchange(chunk)) => self.take_exchange(chunk, streams).await,
                Err(error) => Err(error.into()),
            };
            if let Err(error) = taken {
                return Ended::Failed(error);
            }
        }
    }

    async fn open_streams(&mut self) -> Result<Streams, StepError> {
        let realm = self.config.context.realm;
        let agency = &self.config.context.agency;
        let mut follower = Follower::find(&self.connection, agency, stream::incidents(realm)).await?;
        let created = follower.consumer_created();
        if self.state.progress.position.consumer_created != created {
            if self.state.progress.position.incidents > 0 {
                warn!("the hub's consumer is another one than before, reading everything again");
            }
            self.state = State::default();
            self.exchange.pointers.iter_mut().for_each(Pointers::forget_incidents);
            self.saver.begin_anew().await;
            self.state.progress.position.consumer_created = created;
            self.unpublished.clear();
            self.reopened.clear();
        }
        let dead_letters = DeadLetters::open(&self.connection, realm).await?;
        let mut lead_events = LeadEvents::open(&self.connection, realm, self.state.progress.position.leads).await?;
        for event in lead_events.take_judged() {
            self.state.engine.judge(event);
        }
        for event in lead_events.take_stopped() {
            self.state.engine.take_stop(event);
        }
        self.state.engine.set_clock(Timestamp::now());
        self.alerts.open(&self.connection).await?;
        self.caught_up = follower.start_after(self.state.progress.position.incidents).await?;
        let exchange = self.open_exchange().await?;
        info!(after = self.state.progress.position.incidents, "following the hub");
        let incidents = Reader::start(follower, Keyring::new(self.connection.clone()));
        Ok(Streams { incidents, exchange, lead_events, dead_letters })
    }

    /// Takes in one chunk: state, lead events, alerts, acknowledgements, in this order, so that a crash in between loses
    /// nothing and repeats only what is recognised. Where another chunk waits, it is taken in while the lead events of this
    /// one are stored.
    async fn take(&mut self, chunk: OpenedChunk<Incident>, streams: &mut Streams) -> Result<(), StepError> {
        self.state.engine.set_clock(Timestamp::now());
        self.news_from = if chunk.is_last { Timestamp::MIN } else { self.started_at };
        let mut last = None;
        for OpenedMessage { message, place, opened } in chunk.messages {
            self.take_message(&message, place, opened, streams).await?;
            last = Some(message);
        }
        self.show_accepted();
        self.settle(streams).await?;
        self.caught_up = chunk.is_last;
        if let Some(last) = &last
            && !chunk.is_last
            && self.may_store_beside()
        {
            self.store_beside(last.clone(), streams);
            return Ok(());
        }
        self.publish(streams).await?;
        if let Some(last) = last {
            acknowledge_up_to(&last).await;
        }
        self.saver.save_if_due(&self.config, &mut self.state).await;
        Ok(())
    }

    /// Publishes what follows from the state and is not known to be stored.
    async fn publish(&mut self, streams: &mut Streams) -> Result<(), StepError> {
        streams.lead_events.publish(&self.unpublished).await?;
        self.unpublished.clear();
        for event in &self.reopened {
            streams.lead_events.publish_judgement(event).await?;
        }
        self.reopened.clear();
        self.alerts.say(Timestamp::now()).await?;
        self.state.progress.position.leads = streams.lead_events.sequence();
        Ok(())
    }

    async fn take_message(
        &mut self,
        message: &jetstream::Message,
        place: Place,
        opened: Result<Opened, Rejection>,
        streams: &mut Streams,
    ) -> Result<(), StepError> {
        let Place { sequence, stored_at, .. } = place;
        if sequence <= self.state.progress.position.incidents {
            return Ok(());
        }
        if let Err(rejection) = opened.and_then(|opened| self.accept(opened, &message.payload, sequence, stored_at)) {
            streams.dead_letters.keep(Source::Incidents, message, sequence, stored_at, &rejection).await?;
            self.state.progress.counters.dead_letters += 1;
        }
        self.state.progress.counters.messages += 1;
        self.state.progress.position.incidents = sequence;
        self.saver.count();
        Ok(())
    }

    fn accept(
        &mut self,
        opened: Opened,
        payload: &bytes::Bytes,
        sequence: u64,
        stored_at: Timestamp,
    ) -> Result<(), Rejection> {
        let Opened { subject, content, kid, link, digest } = opened;
        let incident = Arc::new(content);
        match self.state.progress.chains.follow(&kid, &subject.circle, &link, &digest) {
            Follows::InOrder | Follows::FilledGap => {}
            // The same post again is harmless; another one under a used number is not.
            Follows::Repeated if self.state.engine.holds(&incident, payload) => {}
            Follows::Repeated => return Err(Rejection::Replayed { sequence: link.sequence }),
            broken @ (Follows::Gap { .. } | Follows::Broken) => {
                self.state.progress.counters.chain_breaks += 1;
                warn!(agency = %subject.agency, circle = %subject.circle, sequence = link.sequence, ?broken, "chain");
            }
        }
        let is_revision = incident.revision > 1 && !self.alerts.is_empty();
        let before = if is_revision { self.state.engine.held_incident(incident.incident_id) } else { None };
        let applied = self.state.engine.apply(Arc::clone(&incident), payload)?;
        self.state.engine.posted_to(incident.incident_id, &subject.circle);
        match applied {
            Applied::Changed(events) => {
                self.exchange.pointers.iter_mut().for_each(|pointers| pointers.note(&incident));
                debug!(incident_id = %incident.incident_id, revision = incident.revision, "incident accepted");
                // When the hub stored it: the same at every replay.
                for reopened in self.state.engine.reopenings(&events, stored_at) {
                    self.state.engine.judge(reopened.clone());
                    self.reopened.push(reopened);
                }
                if !self.alerts.is_empty() {
                    let place = self.hub_place(sequence, stored_at);
                    let (engine, now) = (&self.state.engine, Timestamp::now());
                    self.alerts.look_at(engine, &incident, before.as_deref(), &events, &place, now);
                }
                self.unpublished.extend(events);
                self.show(&subject, incident.incident_id, stored_at);
            }
            Applied::Duplicate | Applied::Superseded => self.state.progress.counters.duplicates += 1,
        }
        Ok(())
    }

    /// Notes an accepted incident for [`Self::show_accepted`], unless it is of those that a daemon catches up with: whoever
    /// watches would drown in them.
    fn show(&mut self, subject: &IncidentSubject, incident_id: IncidentId, stored_at: Timestamp) {
        if stored_at < self.news_from {
            return;
        }
        let summary = self.state.engine.summary(incident_id);
        let payload = serde_json::to_vec(&summary).expect("a summary is plain data");
        self.accepted.push((subject::accepted(subject), payload));
    }

    /// Shows accepted incidents to whoever watches now. Nobody may, so nothing depends on it.
    fn show_accepted(&mut self) {
        let accepted = std::mem::take(&mut self.accepted);
        let client = self.connection.client.clone();
        tokio::spawn(async move {
            for (subject, payload) in accepted {
                if client.publish(subject, payload.into()).await.is_err() {
                    return;
                }
            }
        });
    }

    fn hub_place(&self, sequence: u64, stored_at: Timestamp) -> HubPlace {
        let consumer_created = self.state.progress.position.consumer_created.clone();
        HubPlace { consumer_created, sequence, stored_at }
    }

    async fn finish(mut self) -> Result<(), RunError> {
        info!("shutting down");
        // Events that could not be published are made again from the hub, if the snapshot stays behind them.
        let is_published = self.unpublished.is_empty() && self.reopened.is_empty() && self.alerts.is_settled();
        let last = if is_published { Some(&mut self.state) } else { None };
        self.saver.finish(last).await?;
        if let Err(error) = self.connection.client.flush().await {
            debug!(%error, "the connection was gone already");
        }
        Ok(())
    }
}

/// Acknowledges a message and all before it. A lost acknowledgement costs nothing: the next start begins after the state.
async fn acknowledge_up_to(message: &jetstream::Message) {
    if let Err(error) = message.ack().await {
        debug!(%error, "an acknowledgement was not sent");
    }
}

/// A chunk of one of the streams that are followed.
enum Next {
    Incidents(OpenedChunk<Incident>),
    Exchange(OpenedChunk<ExchangeEvent>),
}

/// The next chunk of incidents or of the exchange; neither waits for the other to run dry.
async fn next_of_either(
    incidents: &mut Reader<Incident>,
    exchange: &mut Option<Reader<ExchangeEvent>>,
) -> Result<Next, ReadError> {
    tokio::select! {
        chunk = incidents.next_chunk() => chunk.map(Next::Incidents),
        chunk = next_of(exchange) => chunk.map(Next::Exchange),
    }
}

/// Keeps a second daemon out of the state directory.
fn lock(dir: &Path) -> Result<File, RunError> {
    let error = |source| RunError::StateDir { path: dir.display().to_string(), source };
    std::fs::create_dir_all(dir).map_err(error)?;
    let file = File::create(dir.join("lock")).map_err(error)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RunError::Occupied { path: dir.display().to_string() }),
        Err(TryLockError::Error(source)) => Err(error(source)),
    }
}
