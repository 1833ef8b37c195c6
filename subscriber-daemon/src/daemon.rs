//! The daemon: one task owns the state and takes messages and questions in turn.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::pin::{Pin, pin};
use std::time::Duration;

use async_nats::jetstream;
use backtrail_bus::alert::{Alert, AlertChange};
use backtrail_bus::chain::Follows;
use backtrail_bus::connection::{ConnectError, Connection, FirstTry};
use backtrail_bus::context::Context;
use backtrail_bus::dead_letter::Rejection;
use backtrail_bus::envelope::Opened;
use backtrail_bus::exchange::ExchangeEvent;
use backtrail_bus::id::ThreadId;
use backtrail_bus::incident::Incident;
use backtrail_bus::judgement::JudgementEvent;
use backtrail_bus::key::SigningKey;
use backtrail_bus::lead::LeadEvent;
use backtrail_bus::query::{
    AddAlertQuery, AlertsAnswer, AlertsQuery, ChangeAlertQuery, DecideStopQuery, JudgeQuery, ProposeStopQuery, Query,
    Status, ThreadQuery, code,
};
use backtrail_bus::{stream, subject};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tracing::{debug, info, warn};

use crate::alerts::{Alerts, AlertsError, HubPlace, NotTaken};
use crate::answer::{NoAnswer, answer, answer_of_exchange, json, judgement, parse, refused, stop_event};
use crate::config::Config;
use crate::dead_letters::{DeadLetters, DeadLettersError, Source};
use crate::engine::{Applied, load_tables};
use crate::exchange::Exchange;
use crate::follower::{FollowError, Follower};
use crate::keyring::Keyring;
use crate::lead_events::{LeadEvents, LeadEventsError};
use crate::reader::{OpenedChunk, OpenedMessage, Place, ReadError, Reader};
use crate::service::{self, Question};
use crate::snapshot::{Saver, SnapshotError, SnapshotFile};
use crate::state::{Progress, State};

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

/// Why an alert was not added or changed.
#[derive(Debug)]
enum ChangeError {
    NoAnswer(NoAnswer),
    NotTaken(NotTaken),
}

impl From<NoAnswer> for ChangeError {
    fn from(no_answer: NoAnswer) -> Self {
        Self::NoAnswer(no_answer)
    }
}

impl From<NotTaken> for ChangeError {
    fn from(not_taken: NotTaken) -> Self {
        Self::NotTaken(not_taken)
    }
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
    /// Dismissed leads that came back, in the same way.
    reopened: Vec<JudgementEvent>,
    /// Incidents that were accepted and not shown yet: subject and summary.
    accepted: Vec<(String, Vec<u8>)>,
    alerts: Alerts,
    started_at: Timestamp,
    caught_up: bool,
}

/// Runs until `shutdown` completes, then finishes the work in hand and writes a snapshot.
pub async fn run(config: Config, shutdown: impl Future<Output = ()>) -> Result<(), RunError> {
    let state_dir = config.context.state_dir();
    let _lock = lock(&state_dir)?;
    let mut snapshot_file = SnapshotFile::in_dir(&state_dir);
    let connection = Connection::open(&config.context, "backtraild", FirstTry::KeepTrying).await?;
    let (questions, service) = service::start(&connection, config.context.realm).await.map_err(RunError::Service)?;
    load_tables();
    let state = if config.rebuild { State::default() } else { snapshot_file.load() };
    let mut daemon = Daemon {
        exchange: Exchange::new(config.context.agency.clone(), &state_dir),
        signing_key: signing_key(&config),
        unpublished: Vec::new(),
        reopened: Vec::new(),
        accepted: Vec::new(),
        alerts: Alerts::new(config.context.realm),
        started_at: Timestamp::now(),
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
        mut shutdown: Pin<&mut impl Future<Output = ()>>,
    ) -> Ended {
        let mut streams = match self.open_streams().await {
            Ok(streams) => streams,
            Err(error) => return Ended::Failed(error),
        };
        // What a failure left behind must not wait for the next incident.
        if let Err(error) = self.publish(&mut streams).await {
            return Ended::Failed(error);
        }
        loop {
            // Whatever is chosen runs to its end: a chunk is never left half-way.
            let chunk = tokio::select! {
                biased;
                () = shutdown.as_mut() => return Ended::Shutdown,
                Some(question) = questions.recv() => {
                    if let Err(error) = self.answer(question, &mut streams.lead_events).await {
                        return Ended::Failed(error);
                    }
                    continue;
                }
                chunk = next_of_either(&mut streams.incidents, &mut streams.exchange) => chunk,
                () = sleep(IDLE_PAUSE), if self.caught_up && self.state.engine.unread() > 0 => {
                    self.state.engine.read_for_questions(IDLE_BATCH);
                    continue;
                }
            };
            let taken = match chunk {
                Ok(Next::Incidents(chunk)) => self.take(chunk, &mut streams).await,
                Ok(Next::Exchange(chunk)) => self.take_exchange(chunk, &mut streams).await,
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
    /// nothing and repeats only what is recognised.
    async fn take(&mut self, chunk: OpenedChunk<Incident>, streams: &mut Streams) -> Result<(), StepError> {
        self.state.engine.set_clock(Timestamp::now());
        let mut taken = Vec::with_capacity(chunk.messages.len());
        for OpenedMessage { message, place, opened } in chunk.messages {
            self.take_message(&message, place, opened, streams).await?;
            taken.push(message);
        }
        self.show_accepted();
        self.publish(streams).await?;
        for message in &taken {
            if let Err(error) = message.ack().await {
                // A lost acknowledgement costs nothing: the next start begins after the state.
                debug!(%error, "an acknowledgement was not sent");
            }
        }
        self.caught_up = chunk.is_last;
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

    /// Follows the exchange from its beginning, or after what was taken before a failure. A hub that was not brought in
    /// line yet has none, and incidents do not wait for it.
    async fn open_exchange(&mut self) -> Result<Option<Reader<ExchangeEvent>>, StepError> {
        let Context { agency, realm, .. } = &self.config.context;
        let mut follower = match Follower::find(&self.connection, agency, stream::exchange(*realm)).await {
            Ok(follower) => follower,
            Err(error) => {
                warn!(%error, "requests and notices are not read; does the hub need `backtrail-admin apply`?");
                return Ok(None);
            }
        };
        follower.start_after(self.exchange.position).await?;
        Ok(Some(Reader::start(follower, Keyring::new(self.connection.clone()))))
    }

    async fn take_exchange(
        &mut self,
        chunk: OpenedChunk<ExchangeEvent>,
        streams: &mut Streams,
    ) -> Result<(), StepError> {
        for OpenedMessage { message, place, opened } in chunk.messages {
            self.take_event(&message, place, opened, &mut streams.dead_letters).await?;
            if let Err(error) = message.ack().await {
                debug!(%error, "an acknowledgement was not sent");
            }
        }
        if chunk.is_last {
            self.send_receipts().await;
        }
        Ok(())
    }

    async fn take_event(
        &mut self,
        message: &jetstream::Message,
        place: Place,
        opened: Result<Opened<ExchangeEvent>, Rejection>,
        dead_letters: &mut DeadLetters,
    ) -> Result<(), StepError> {
        let Place { sequence, stored_at, is_last } = place;
        if sequence <= self.exchange.position {
            return Ok(());
        }
        match opened.and_then(|opened| self.exchange.accept(opened, message.payload.len(), stored_at)) {
            Ok(Some(thread_id)) if is_last => self.show_thread(thread_id),
            Ok(_) => {}
            Err(rejection) => {
                // The exchange is read anew at every start, its dead letters are kept and counted once.
                if dead_letters.keep(Source::Exchange, message, sequence, stored_at, &rejection).await? {
                    self.state.progress.counters.dead_letters += 1;
                }
            }
        }
        self.exchange.position = sequence;
        Ok(())
    }

    /// Posts the receipts that are owed. What is not stored is owed still, and tried after the next chunk.
    async fn send_receipts(&mut self) {
        let Some(key) = &self.signing_key else { return };
        let own = self.connection.own();
        for (thread_id, envelope) in self.exchange.receipts(self.config.context.realm, key, Timestamp::now()) {
            let headers = envelope.header_map();
            let stored = match own.publish_with_headers(envelope.subject, headers, envelope.payload.into()).await {
                Ok(stored) => stored.await,
                Err(error) => Err(error),
            };
            match stored {
                Ok(_) => self.exchange.note_receipt(thread_id),
                Err(error) => return warn!(%error, %thread_id, "a receipt was not stored yet"),
            }
        }
    }

    /// Shows to whoever watches now that a thread changed. Nobody may, so nothing depends on it.
    fn show_thread(&self, thread_id: ThreadId) {
        let now = Timestamp::now();
        let Some(answer) = self.exchange.thread(&ThreadQuery { thread_id, at: None }, now) else { return };
        let client = self.connection.client.clone();
        let subject = subject::thread_changed(self.config.context.realm, thread_id);
        let payload = serde_json::to_vec(&answer.line).expect("a line is plain data");
        tokio::spawn(async move { client.publish(subject, payload.into()).await });
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
        if let Err(rejection) = opened.and_then(|opened| self.accept(&opened, &message.payload, sequence, stored_at)) {
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
        opened: &Opened,
        payload: &bytes::Bytes,
        sequence: u64,
        stored_at: Timestamp,
    ) -> Result<(), Rejection> {
        let Opened { subject, content: incident, kid, link, digest } = opened;
        match self.state.progress.chains.follow(kid, &subject.circle, link, digest) {
            Follows::InOrder | Follows::FilledGap => {}
            // The same post again is harmless; another one under a used number is not.
            Follows::Repeated if self.state.engine.holds(incident, payload) => {}
            Follows::Repeated => return Err(Rejection::Replayed { sequence: link.sequence }),
            broken @ (Follows::Gap { .. } | Follows::Broken) => {
                self.state.progress.counters.chain_breaks += 1;
                warn!(agency = %subject.agency, circle = %subject.circle, sequence = link.sequence, ?broken, "chain");
            }
        }
        let is_revision = incident.revision > 1 && !self.alerts.is_empty();
        let before = if is_revision { self.state.engine.held_incident(incident.incident_id) } else { None };
        let applied = self.state.engine.apply(incident, payload)?;
        self.state.engine.posted_to(incident.incident_id, &subject.circle);
        match applied {
            Applied::Changed(events) => {
                debug!(incident_id = %incident.incident_id, revision = incident.revision, "incident accepted");
                // When the hub stored it: the same at every replay.
                for reopened in self.state.engine.reopenings(&events, stored_at) {
                    self.state.engine.judge(reopened.clone());
                    self.reopened.push(reopened);
                }
                if !self.alerts.is_empty() {
                    let place = self.hub_place(sequence, stored_at);
                    let (engine, now) = (&self.state.engine, Timestamp::now());
                    self.alerts.look_at(engine, incident, before.as_ref(), &events, &place, now);
                }
                self.unpublished.extend(events);
                self.show(opened);
            }
            Applied::Duplicate | Applied::Superseded => self.state.progress.counters.duplicates += 1,
        }
        Ok(())
    }

    /// Notes an accepted incident for [`Self::show_accepted`].
    fn show(&mut self, opened: &Opened) {
        let summary = self.state.engine.summary(opened.content.incident_id);
        let payload = serde_json::to_vec(&summary).expect("a summary is plain data");
        self.accepted.push((subject::accepted(&opened.subject), payload));
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

    /// Answers a question. An error means that a judgement may be stored or not: opening the stream anew shows it.
    async fn answer(&mut self, question: Question, lead_events: &mut LeadEvents) -> Result<(), StepError> {
        self.state.engine.set_clock(Timestamp::now());
        match question.name {
            JudgeQuery::NAME => Ok(self.judge(question, lead_events).await?),
            ProposeStopQuery::NAME | DecideStopQuery::NAME => Ok(self.stop(question, lead_events).await?),
            AddAlertQuery::NAME | ChangeAlertQuery::NAME => Ok(self.change_alert(question).await?),
            _ => {
                self.answer_from_state(question);
                Ok(())
            }
        }
    }

    async fn change_alert(&mut self, question: Question) -> Result<(), AlertsError> {
        let (answer, result) = match self.changed_alert(question.name, &question.payload).await {
            Ok(alert) => (json(&alert), Ok(())),
            Err(ChangeError::NoAnswer(no_answer)) => (Err(no_answer), Ok(())),
            Err(ChangeError::NotTaken(not_taken)) => {
                let words = not_taken.to_string();
                match not_taken {
                    NotTaken::Refused(_) => (Err(refused(words)), Ok(())),
                    NotTaken::Unknown(_) => (Err(NoAnswer { code: code::NOT_FOUND, words }), Ok(())),
                    NotTaken::NotNow(error) => (Err(not_now(words)), Err(error)),
                }
            }
        };
        respond(question, answer);
        result
    }

    async fn changed_alert(&mut self, question: &str, payload: &[u8]) -> Result<Alert, ChangeError> {
        let now = Timestamp::now();
        let place = self.hub_place(self.state.progress.position.incidents, now);
        let is_behind = !self.caught_up;
        // What lies before it would look new.
        let still_reading = || ChangeError::NoAnswer(not_now("the daemon still reads what came before".to_owned()));
        if question == AddAlertQuery::NAME {
            let AddAlertQuery { definition } = parse(payload)?;
            if is_behind {
                return Err(still_reading());
            }
            return Ok(self.alerts.add(definition, place, now).await?);
        }
        let ChangeAlertQuery { name, change } = parse(payload)?;
        if is_behind && change == AlertChange::Resume {
            return Err(still_reading());
        }
        Ok(self.alerts.change(&name, change, place).await?)
    }

    async fn stop(&mut self, question: Question, lead_events: &mut LeadEvents) -> Result<(), LeadEventsError> {
        let event = match stop_event(&self.state.engine, question.name, &question.payload, Timestamp::now()) {
            Ok(event) => event,
            Err(refused) => {
                respond(question, Err(refused));
                return Ok(());
            }
        };
        if let Err(error) = lead_events.publish_stop(&event).await {
            respond(question, Err(not_now(format!("not known to be stored: {error}; see `backtrail stop list`"))));
            return Err(error);
        }
        self.state.progress.position.leads = lead_events.sequence();
        let stop_id = event.stop_id;
        self.state.engine.take_stop(event);
        self.saver.count();
        let stop = self.state.engine.stop(stop_id).expect("it was taken in just now");
        respond(question, Ok(serde_json::to_vec(&stop).expect("a stop value is plain data")));
        Ok(())
    }

    async fn judge(&mut self, question: Question, lead_events: &mut LeadEvents) -> Result<(), LeadEventsError> {
        let event = match judgement(&self.state.engine, &question.payload, Timestamp::now()) {
            Ok(event) => event,
            Err(refused) => {
                respond(question, Err(refused));
                return Ok(());
            }
        };
        if let Err(error) = lead_events.publish_judgement(&event).await {
            respond(question, Err(not_now(format!("not known to be stored: {error}; see `backtrail lead`"))));
            return Err(error);
        }
        self.state.progress.position.leads = lead_events.sequence();
        let lead_id = event.lead_id;
        self.state.engine.judge(event);
        self.saver.count();
        let lead = self.state.engine.lead(lead_id).expect("it was judged just now");
        respond(question, Ok(serde_json::to_vec(&lead).expect("a lead is plain data")));
        Ok(())
    }

    /// Answers from what is known; nothing can be stored.
    fn answer_while_down(&mut self, question: Question) {
        self.state.engine.set_clock(Timestamp::now());
        let stored = [
            JudgeQuery::NAME,
            ProposeStopQuery::NAME,
            DecideStopQuery::NAME,
            AddAlertQuery::NAME,
            ChangeAlertQuery::NAME,
        ];
        if stored.contains(&question.name) {
            return respond(question, Err(not_now("not stored: the connection is down".to_owned())));
        }
        self.answer_from_state(question);
    }

    fn answer_from_state(&mut self, question: Question) {
        if question.name == AlertsQuery::NAME {
            return respond(question, json(&AlertsAnswer { alerts: self.alerts.all() }));
        }
        let status = self.status();
        let (name, payload) = (question.name, &question.payload);
        let answer = answer_of_exchange(&self.exchange, &mut self.state.engine, name, payload, Timestamp::now())
            .unwrap_or_else(|| answer(&mut self.state.engine, || status.clone(), name, payload));
        respond(question, answer);
    }

    fn status(&self) -> Status {
        let State { engine, progress: Progress { chains, position, counters } } = &self.state;
        Status {
            agency: self.config.context.agency.clone(),
            realm: self.config.context.realm,
            started_at: self.started_at,
            incidents: engine.incident_count() as u64,
            messages: counters.messages,
            duplicates: counters.duplicates,
            dead_letters: counters.dead_letters,
            missing_envelopes: chains.missing() as u64,
            leads_open: engine.open_lead_count() as u64,
            caught_up: self.caught_up,
            stream_sequence: position.incidents,
        }
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

/// The key that the context names. Without one, or with one that cannot be read, nothing is signed here.
fn signing_key(config: &Config) -> Option<SigningKey> {
    let path = config.context.signing_key.as_ref()?;
    SigningKey::read(path).inspect_err(|error| warn!(%error, "receipts of requests cannot be signed")).ok()
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

/// The next chunk of a stream; without the stream, none ever comes.
async fn next_of(reader: &mut Option<Reader<ExchangeEvent>>) -> Result<OpenedChunk<ExchangeEvent>, ReadError> {
    match reader {
        Some(reader) => reader.next_chunk().await,
        None => std::future::pending().await,
    }
}

fn respond(question: Question, answer: Result<Vec<u8>, NoAnswer>) {
    // The asker may have gone.
    let _ = question.answer.send(answer);
}

fn not_now(words: String) -> NoAnswer {
    NoAnswer { code: code::NOT_NOW, words }
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
