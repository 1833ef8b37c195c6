//! Answering questions from the state.

use std::time::{Duration, Instant};

use backtrail_bus::id::LeadId;
use backtrail_bus::judgement::{DAEMON, JudgementEvent, MAX_REASON};
use backtrail_bus::pointer::Number;
use backtrail_bus::query::{
    AddAlertQuery, AlertsQuery, AttachmentQuery, ChangeAlertQuery, DecideStopQuery, EntityQuery, FindQuery,
    IncidentQuery, IncidentRef, JudgeQuery, LeadQuery, LeadsQuery, PointersAnswer, PointersQuery, ProposeStopQuery,
    Query, Status, StatusQuery, StopsAnswer, StopsQuery, ThreadQuery, ThreadsQuery, TimelineQuery, TraceQuery,
    WhyNotQuery, code,
};
use backtrail_bus::stop_value::StopEvent;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::correlate::correlations;
use crate::engine::{Asked, Engine, Inquiry, NotJudged, QuestionError, Slot};
use crate::exchange::{Exchange, no_thread};
use crate::pointers::Pointers;

/// Why there is no answer: a code of `backtrail_bus::query::code`, and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoAnswer {
    pub code: usize,
    pub words: String,
}

/// How long a trace may take: the owner of the state does nothing else meanwhile.
const TRACE_TIME: Duration = Duration::from_millis(150);

/// The names of all questions.
pub(crate) const NAMES: [&str; 20] = [
    AddAlertQuery::NAME,
    AlertsQuery::NAME,
    ChangeAlertQuery::NAME,
    ThreadsQuery::NAME,
    ThreadQuery::NAME,
    AttachmentQuery::NAME,
    FindQuery::NAME,
    EntityQuery::NAME,
    TimelineQuery::NAME,
    JudgeQuery::NAME,
    ProposeStopQuery::NAME,
    DecideStopQuery::NAME,
    StopsQuery::NAME,
    IncidentQuery::NAME,
    LeadsQuery::NAME,
    LeadQuery::NAME,
    TraceQuery::NAME,
    PointersQuery::NAME,
    WhyNotQuery::NAME,
    StatusQuery::NAME,
];

/// Answers the question `name` about threads with JSON; `None` if it is about something else.
pub(crate) fn answer_of_exchange(
    exchange: &Exchange,
    engine: &mut Engine,
    name: &str,
    payload: &[u8],
    now: Timestamp,
) -> Option<Result<Vec<u8>, NoAnswer>> {
    let not_found = |words| NoAnswer { code: code::NOT_FOUND, words };
    Some(match name {
        ThreadsQuery::NAME => parse(payload).and_then(|query| json(&exchange.threads(&query, now))),
        ThreadQuery::NAME => parse::<ThreadQuery>(payload).and_then(|query| {
            let mut answer = exchange.thread(&query, now).ok_or_else(|| not_found(no_thread(query.thread_id)))?;
            answer.correlations = correlations(engine, &answer.thread)?;
            json(&answer)
        }),
        AttachmentQuery::NAME => {
            parse(payload).and_then(|query| json(&exchange.attachment(&query).map_err(not_found)?))
        }
        _ => return None,
    })
}

/// Answers the question `name` with JSON.
pub(crate) fn answer(
    engine: &mut Engine,
    pointers: Option<&Pointers>,
    status: impl Fn() -> Status,
    name: &str,
    payload: &[u8],
) -> Result<Vec<u8>, NoAnswer> {
    match name {
        IncidentQuery::NAME => {
            let query: IncidentQuery = parse(payload)?;
            json(&engine.incident(one(engine, &query.incident)?))
        }
        FindQuery::NAME => json(&engine.find_all(&parse(payload)?)?),
        EntityQuery::NAME => json(&engine.entity(&parse(payload)?)?),
        TimelineQuery::NAME => json(&engine.timeline(&parse(payload)?)?),
        LeadsQuery::NAME => json(&engine.leads(&parse(payload)?)),
        LeadQuery::NAME => {
            let LeadQuery { lead_id } = parse(payload)?;
            json(&engine.lead(lead_id).ok_or_else(|| no_lead(lead_id))?)
        }
        TraceQuery::NAME => {
            let query: TraceQuery = parse(payload)?;
            let root = one(engine, &query.incident)?;
            let as_of = query.as_of.unwrap_or_else(|| Timestamp::now().to_zoned_datetime(TimeZone::UTC).date());
            let begin = Instant::now();
            let may_go_on = || begin.elapsed() < TRACE_TIME;
            let (depth, direction) = (query.depth, query.direction);
            let inquiry = Inquiry { root, depth, direction, as_of: Some(as_of), may_go_on: &may_go_on };
            let mut trace = engine.trace(&inquiry);
            pointers.into_iter().for_each(|pointers| pointers.complete(engine, &mut trace));
            json(&trace)
        }
        PointersQuery::NAME => {
            let PointersQuery { kind, value } = parse(payload)?;
            let number = Number::new(kind, &value);
            let of_number = |(pointers, number): (&Pointers, Number)| pointers.of_number(engine, &number);
            json(&PointersAnswer { pointers: pointers.zip(number).map(of_number).unwrap_or_default() })
        }
        WhyNotQuery::NAME => {
            let query: WhyNotQuery = parse(payload)?;
            json(&engine.why_not(one(engine, &query.a)?, one(engine, &query.b)?))
        }
        StopsQuery::NAME => {
            let StopsQuery { all } = parse(payload)?;
            json(&StopsAnswer { stops: engine.stop_values(all) })
        }
        StatusQuery::NAME => json(&status()),
        _ => Err(NoAnswer { code: code::NOT_FOUND, words: format!("no question is called {name:?}") }),
    }
}

/// The judgement that is asked for, checked and not taken in yet.
pub(crate) fn judgement(engine: &Engine, payload: &[u8], at: Timestamp) -> Result<JudgementEvent, NoAnswer> {
    let JudgeQuery { lead_id, verdict, by, reason, mark, undoes } = parse(payload)?;
    let (by, reason) = (name(&by)?, checked_reason(reason)?);
    if reason.is_none() && verdict.needs_reason() {
        return Err(refused(format!("found no reason, expected one: a lead is not {verdict} without it")));
    }
    let asked = Asked { lead_id, verdict, by, reason, mark, undoes };
    engine.judgement(asked, at).map_err(|not_judged| match not_judged {
        NotJudged::NoLead(lead_id) => no_lead(lead_id),
        other => refused(other.to_string()),
    })
}

/// The step of a stop value that is asked for, checked and not taken in yet.
pub(crate) fn stop_event(
    engine: &Engine,
    question: &str,
    payload: &[u8],
    at: Timestamp,
) -> Result<StopEvent, NoAnswer> {
    let event = if question == ProposeStopQuery::NAME {
        let ProposeStopQuery { value, until, by, reason } = parse(payload)?;
        let length = value.to_string().chars().count();
        if length > MAX_REASON {
            return Err(refused(format!("found a value of {length} characters, expected at most {MAX_REASON}")));
        }
        let reason = checked_reason(Some(reason))?;
        let reason = reason.ok_or_else(|| refused("found no reason, expected why it is stopped".to_owned()))?;
        engine.propose_stop(value, until, name(&by)?, reason, at)
    } else {
        let DecideStopQuery { stop_id, change, by, reason } = parse(payload)?;
        engine.decide_stop(stop_id, change, name(&by)?, checked_reason(reason)?, at)
    };
    event.map_err(|not_stopped| refused(not_stopped.to_string()))
}

/// Who somebody says to be.
pub(crate) fn name(by: &str) -> Result<String, NoAnswer> {
    let (by, length) = (by.trim(), by.chars().count());
    if by.is_empty() {
        return Err(refused("found no name, expected who it is".to_owned()));
    }
    if by == DAEMON {
        return Err(refused(format!("found the name {DAEMON:?}, expected that of a person")));
    }
    if length > MAX_REASON {
        return Err(refused(format!("found a name of {length} characters, expected at most {MAX_REASON}")));
    }
    Ok(by.to_owned())
}

fn checked_reason(reason: Option<String>) -> Result<Option<String>, NoAnswer> {
    let reason = reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    let length = reason.as_deref().unwrap_or_default().chars().count();
    if length > MAX_REASON {
        return Err(refused(format!("found a reason of {length} characters, expected at most {MAX_REASON}")));
    }
    Ok(reason)
}

pub(crate) fn refused(words: String) -> NoAnswer {
    NoAnswer { code: code::NOT_UNDERSTOOD, words }
}

/// The one incident that is meant.
pub(crate) fn one(engine: &Engine, incident: &IncidentRef) -> Result<Slot, NoAnswer> {
    match engine.find(incident)[..] {
        [slot] => Ok(slot),
        [] => {
            let words = match incident {
                IncidentRef::Id(id) => format!("no incident {id} is held here"),
                IncidentRef::OwnReference(reference) => format!("no incident has the reference {reference:?} here"),
            };
            Err(NoAnswer { code: code::NOT_FOUND, words })
        }
        ref several => {
            let ids: Vec<String> =
                several.iter().map(|slot| engine.incident(*slot).summary.incident_id.to_string()).collect();
            let words = format!("several incidents have this reference; ask for one by its id: {}", ids.join(", "));
            Err(NoAnswer { code: code::NOT_UNDERSTOOD, words })
        }
    }
}

impl From<QuestionError> for NoAnswer {
    fn from(error: QuestionError) -> Self {
        let code = match error {
            QuestionError::Refused(_) => code::NOT_UNDERSTOOD,
            QuestionError::NotFound(_) => code::NOT_FOUND,
            QuestionError::NotYet { .. } => code::NOT_NOW,
        };
        Self { code, words: error.to_string() }
    }
}

fn no_lead(lead_id: LeadId) -> NoAnswer {
    NoAnswer { code: code::NOT_FOUND, words: format!("no lead {lead_id} was ever opened here") }
}

pub(crate) fn parse<Q: Query>(payload: &[u8]) -> Result<Q, NoAnswer> {
    // An empty question is one with nothing special about it.
    let payload = if payload.is_empty() { b"{}" } else { payload };
    serde_json::from_slice(payload).map_err(|error| NoAnswer { code: code::NOT_UNDERSTOOD, words: error.to_string() })
}

pub(crate) fn json<T: Serialize>(answer: &T) -> Result<Vec<u8>, NoAnswer> {
    Ok(serde_json::to_vec(answer).expect("answers are plain data"))
}
