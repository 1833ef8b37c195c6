//! Answering questions, and storing what they decide before they are answered.

use backtrail_bus::alert::{Alert, AlertChange};
use backtrail_bus::query::{
    AddAlertQuery, AlertsAnswer, AlertsQuery, ChangeAlertQuery, DecideStopQuery, JudgeQuery, ProposeStopQuery, Query,
    Status, code,
};
use jiff::Timestamp;

use super::{Daemon, StepError};
use crate::alerts::{AlertsError, NotTaken};
use crate::answer::{NoAnswer, answer, answer_of_exchange, json, judgement, parse, refused, stop_event};
use crate::lead_events::{LeadEvents, LeadEventsError};
use crate::service::Question;
use crate::state::{Progress, State};

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

impl Daemon {
    /// Answers a question. An error means that a judgement may be stored or not: opening the stream anew shows it.
    pub(super) async fn answer(&mut self, question: Question, lead_events: &mut LeadEvents) -> Result<(), StepError> {
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
    pub(super) fn answer_while_down(&mut self, question: Question) {
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
            .unwrap_or_else(|| {
                let pointers = self.exchange.pointers.as_ref();
                answer(&mut self.state.engine, pointers, || status.clone(), name, payload)
            });
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
}

fn respond(question: Question, answer: Result<Vec<u8>, NoAnswer>) {
    // The asker may have gone.
    let _ = question.answer.send(answer);
}

fn not_now(words: String) -> NoAnswer {
    NoAnswer { code: code::NOT_NOW, words }
}
