//! Every subject on the bus: built here, parsed here, and written nowhere else.

use crate::agency::{AgencyId, CircleId};
use crate::alert::AlertName;
use crate::channel::Channel;
use crate::country::CountryCode;
use crate::id::{LeadId, StopId, ThreadId};
use crate::incident::IncidentKind;
use crate::realm::Realm;
use crate::token::{Token, TokenError};

/// The token that stands for an unknown country in a subject; ISO 3166-1 leaves XX to its users.
const UNKNOWN_COUNTRY: &str = "xx";
const EXERCISE_PREFIX: &str = "exercise.";

/// Where one incident is posted for one circle.
///
/// `incident.<agency>.<circle>.<kind>.<family>.<country>`, with `exercise.` before it in the exercise realm. The
/// server checks agency and circle; readers check that the rest agrees with the signed payload.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IncidentSubject {
    pub realm: Realm,
    pub agency: AgencyId,
    pub circle: CircleId,
    pub kind: IncidentKind,
    pub family: Token,
    pub country: Option<CountryCode>,
}

/// Why a text is not the subject of an incident or of a thread.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    #[error("subject {subject:?} has {found} tokens, expected incident.<agency>.<circle>.<kind>.<family>.<country>")]
    Shape { subject: String, found: usize },
    #[error(
        "subject {subject:?} has {found} tokens, expected exchange.<from>.<to>.<thread> or notice.<from>.<circle>.<thread>"
    )]
    ExchangeShape { subject: String, found: usize },
    #[error("subject {subject:?}: {source}")]
    Token { subject: String, source: TokenError },
    #[error("subject {subject:?} has {found:?} as its {part}, expected {expected}")]
    Part { subject: String, part: &'static str, found: String, expected: &'static str },
}

impl IncidentSubject {
    /// Parses a subject as it came from the wire.
    pub fn parse(subject: &str) -> Result<Self, SubjectError> {
        let (realm, rest) = split_realm(subject);
        let tokens: Vec<&str> = rest.split('.').collect();
        let ["incident", agency, circle, kind, family, country] = tokens[..] else {
            return Err(SubjectError::Shape { subject: subject.to_owned(), found: tokens.len() });
        };
        let token_error = |source| SubjectError::Token { subject: subject.to_owned(), source };
        let part = |part, found: &str, expected| SubjectError::Part {
            subject: subject.to_owned(),
            part,
            found: found.to_owned(),
            expected,
        };
        Ok(Self {
            realm,
            agency: AgencyId::new(agency).map_err(token_error)?,
            circle: CircleId::new(circle).map_err(token_error)?,
            kind: IncidentKind::from_code(kind)
                .ok_or_else(|| part("kind", kind, "an incident kind such as seizure"))?,
            family: Token::new(family).map_err(token_error)?,
            country: parse_country(country)
                .ok_or_else(|| part("country", country, "a two-letter country code in lower case, or xx"))?,
        })
    }
}

impl std::fmt::Display for IncidentSubject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { realm, agency, circle, kind, family, country } = self;
        let prefix = prefix(*realm);
        write!(f, "{prefix}incident.{agency}.{circle}.{kind}.{family}.{}", country_token(*country))
    }
}

/// Where one event of a thread between agencies is posted.
///
/// `exchange.<from>.<to>.<thread>` between two agencies, `notice.<from>.<circle>.<thread>` to a circle; with
/// `exercise.` before it in the exercise realm.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExchangeSubject {
    pub realm: Realm,
    pub from: AgencyId,
    /// Never [`Channel::Incidents`].
    pub channel: Channel,
    pub thread_id: ThreadId,
}

impl ExchangeSubject {
    /// Parses a subject as it came from the wire.
    pub fn parse(subject: &str) -> Result<Self, SubjectError> {
        let (realm, rest) = split_realm(subject);
        let tokens: Vec<&str> = rest.split('.').collect();
        let [way, from, to, thread] = tokens[..] else {
            return Err(SubjectError::ExchangeShape { subject: subject.to_owned(), found: tokens.len() });
        };
        let token_error = |source| SubjectError::Token { subject: subject.to_owned(), source };
        let part = |part, found: &str, expected| SubjectError::Part {
            subject: subject.to_owned(),
            part,
            found: found.to_owned(),
            expected,
        };
        let channel = match way {
            "exchange" => Channel::Agency(AgencyId::new(to).map_err(token_error)?),
            "notice" => Channel::Notices(CircleId::new(to).map_err(token_error)?),
            _ => return Err(part("way", way, "exchange or notice")),
        };
        let thread_id = thread.parse().ok().filter(|id: &ThreadId| id.to_string() == thread);
        let thread_id = thread_id.ok_or_else(|| part("thread", thread, "a UUID in lower case"))?;
        Ok(Self { realm, from: AgencyId::new(from).map_err(token_error)?, channel, thread_id })
    }
}

impl std::fmt::Display for ExchangeSubject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { realm, from, channel, thread_id } = self;
        let prefix = prefix(*realm);
        match channel {
            Channel::Agency(to) => write!(f, "{prefix}exchange.{from}.{to}.{thread_id}"),
            Channel::Notices(circle) | Channel::Incidents(circle) => {
                write!(f, "{prefix}notice.{from}.{circle}.{thread_id}")
            }
        }
    }
}

/// Everything that the exchange stream of one realm keeps.
pub fn all_exchange(realm: Realm) -> [String; 2] {
    [format!("{}exchange.>", prefix(realm)), format!("{}notice.>", prefix(realm))]
}

/// What `agency` says to other agencies: the server imports this into the agency's account and nothing wider.
pub fn exchange_posted(realm: Realm, agency: &AgencyId) -> String {
    format!("{}exchange.{agency}.>", prefix(realm))
}

/// What `agency` says to `circle`.
pub fn notices_posted(realm: Realm, agency: &AgencyId, circle: &CircleId) -> String {
    format!("{}notice.{agency}.{circle}.>", prefix(realm))
}

/// What `agency` says to any circle.
pub fn notices_of_agency(realm: Realm, agency: &AgencyId) -> String {
    format!("{}notice.{agency}.>", prefix(realm))
}

/// What other agencies say to `agency`, and what it says to itself: a filter of its durable consumer.
pub fn exchange_addressed(realm: Realm, agency: &AgencyId) -> String {
    format!("{}exchange.*.{agency}.>", prefix(realm))
}

/// What is said to `circle`: a filter of the durable consumers of its members.
pub fn notices_readable(realm: Realm, circle: &CircleId) -> String {
    format!("{}notice.*.{circle}.>", prefix(realm))
}

/// Where an agency's daemon shows that a thread changed (core NATS: a live view, not a record).
pub fn thread_changed(realm: Realm, thread_id: ThreadId) -> String {
    format!("{}thread-changed.{thread_id}", prefix(realm))
}

/// Every change of a thread in one realm.
pub fn all_threads_changed(realm: Realm) -> String {
    format!("{}thread-changed.>", prefix(realm))
}

/// All incidents of one realm: what its stream keeps.
pub fn all_incidents(realm: Realm) -> String {
    format!("{}incident.>", prefix(realm))
}

/// What `agency` may post to `circle`: the server imports this into the agency's account and nothing wider.
pub fn incidents_posted(realm: Realm, agency: &AgencyId, circle: &CircleId) -> String {
    format!("{}incident.{agency}.{circle}.>", prefix(realm))
}

/// All posts in the name of `agency`, whatever the circle.
pub fn incidents_of_agency(realm: Realm, agency: &AgencyId) -> String {
    format!("{}incident.{agency}.>", prefix(realm))
}

/// What a member of `circle` may read: a filter of its durable consumer.
pub fn incidents_readable(realm: Realm, circle: &CircleId) -> String {
    format!("{}incident.*.{circle}.>", prefix(realm))
}

/// Where an agency's daemon publishes the events of one lead.
pub fn lead(realm: Realm, lead_kind: &Token, lead_id: LeadId) -> String {
    format!("{}lead.{lead_kind}.{lead_id}", prefix(realm))
}

/// Where an agency's daemon publishes what people make of one lead.
pub fn judgement(realm: Realm, lead_id: LeadId) -> String {
    format!("{}lead.judged.{lead_id}", prefix(realm))
}

/// Where an agency's daemon publishes what people do with one stop value.
pub fn stop_value(realm: Realm, stop_id: StopId) -> String {
    format!("{}lead.stopped.{stop_id}", prefix(realm))
}

/// All lead events of one realm in an agency's account.
pub fn all_leads(realm: Realm) -> String {
    format!("{}lead.>", prefix(realm))
}

/// Where an agency's daemon publishes what one alert found.
pub fn alert(realm: Realm, name: &AlertName) -> String {
    format!("{}alert.{name}", prefix(realm))
}

/// Everything that alerts found in one realm in an agency's account.
pub fn all_alerts(realm: Realm) -> String {
    format!("{}alert.>", prefix(realm))
}

/// Where an agency's daemon keeps an incident that it could not accept.
pub fn dead_letter(realm: Realm, reason: &Token) -> String {
    format!("{}dead-letter.{reason}", prefix(realm))
}

/// The dead letters of incidents, without those of the exchange.
pub fn dead_letters_of_incidents(realm: Realm) -> String {
    format!("{}dead-letter.*", prefix(realm))
}

/// Where an agency's daemon keeps an event of the exchange that it could not accept.
pub fn exchange_dead_letter(realm: Realm, reason: &Token) -> String {
    format!("{}dead-letter.exchange.{reason}", prefix(realm))
}

/// The dead letters of the exchange.
pub fn dead_letters_of_exchange(realm: Realm) -> String {
    format!("{}dead-letter.exchange.*", prefix(realm))
}

/// All dead letters of one realm in an agency's account.
pub fn all_dead_letters(realm: Realm) -> String {
    format!("{}dead-letter.>", prefix(realm))
}

/// Where an agency's daemon shows an incident that it has just accepted (core NATS: a live view, not a record).
pub fn accepted(posted: &IncidentSubject) -> String {
    let IncidentSubject { realm, agency, kind, family, country, .. } = posted;
    format!("{}accepted.{agency}.{kind}.{family}.{}", prefix(*realm), country_token(*country))
}

/// Every accepted incident of one realm.
pub fn all_accepted(realm: Realm) -> String {
    format!("{}accepted.>", prefix(realm))
}

/// The group under which the daemon's query endpoints are served in the agency's account.
pub fn query_group(realm: Realm) -> String {
    format!("{}query", prefix(realm))
}

/// One query endpoint, such as `query.trace`.
pub fn query(realm: Realm, name: &str) -> String {
    format!("{}.{name}", query_group(realm))
}

/// All query endpoints of one realm.
pub fn all_queries(realm: Realm) -> String {
    format!("{}.>", query_group(realm))
}

fn split_realm(subject: &str) -> (Realm, &str) {
    match subject.strip_prefix(EXERCISE_PREFIX) {
        Some(rest) => (Realm::Exercise, rest),
        None => (Realm::Real, subject),
    }
}

fn prefix(realm: Realm) -> &'static str {
    match realm {
        Realm::Real => "",
        Realm::Exercise => EXERCISE_PREFIX,
    }
}

fn country_token(country: Option<CountryCode>) -> String {
    country.map_or_else(|| UNKNOWN_COUNTRY.to_owned(), |code| code.as_str().to_ascii_lowercase())
}

/// Outer `None`: not a country token. Inner `None`: the country is unknown.
fn parse_country(token: &str) -> Option<Option<CountryCode>> {
    if token == UNKNOWN_COUNTRY {
        return Some(None);
    }
    let is_lower = token.bytes().all(|b| b.is_ascii_lowercase());
    is_lower.then(|| CountryCode::from_alpha2(&token.to_ascii_uppercase())).flatten().map(Some)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens() -> impl Strategy<Value = String> {
        "[a-z0-9-]{1,48}"
    }

    prop_compose! {
        fn subjects()(
            exercise in any::<bool>(),
            agency in tokens(),
            circle in tokens(),
            kind in proptest::sample::select(IncidentKind::ALL),
            family in tokens(),
            country in proptest::sample::select(vec![None, Some("NL"), Some("CN"), Some("US")]),
        ) -> IncidentSubject {
            IncidentSubject {
                realm: if exercise { Realm::Exercise } else { Realm::Real },
                agency: AgencyId::new(agency).unwrap(),
                circle: CircleId::new(circle).unwrap(),
                kind,
                family: Token::new(family).unwrap(),
                country: country.and_then(CountryCode::from_alpha2),
            }
        }
    }

    prop_compose! {
        fn exchange_subjects()(
            exercise in any::<bool>(),
            from in tokens(),
            to in tokens(),
            is_notice in any::<bool>(),
            thread in any::<u128>(),
        ) -> ExchangeSubject {
            ExchangeSubject {
                realm: if exercise { Realm::Exercise } else { Realm::Real },
                from: AgencyId::new(from).unwrap(),
                channel: match is_notice {
                    true => Channel::Notices(CircleId::new(to).unwrap()),
                    false => Channel::Agency(AgencyId::new(to).unwrap()),
                },
                thread_id: uuid::Uuid::from_u128(thread).to_string().parse().unwrap(),
            }
        }
    }

    proptest! {
        #[test]
        fn exchange_subjects_survive_a_round_trip(subject in exchange_subjects()) {
            prop_assert_eq!(ExchangeSubject::parse(&subject.to_string()), Ok(subject));
        }

        #[test]
        fn any_text_is_parsed_as_an_exchange_subject_or_refused(text in "(exercise\\.)?(exchange|notice|x)\\.[a-z*>.-]{0,12}\\.[0-9a-fA-F-]{0,40}") {
            if let Ok(subject) = ExchangeSubject::parse(&text) {
                prop_assert_eq!(subject.to_string(), text);
            }
        }

        #[test]
        fn survives_a_round_trip(subject in subjects()) {
            prop_assert_eq!(IncidentSubject::parse(&subject.to_string()), Ok(subject));
        }

        #[test]
        fn any_text_is_parsed_or_refused(text in ".{0,80}") {
            if let Ok(subject) = IncidentSubject::parse(&text) {
                prop_assert_eq!(subject.to_string(), text);
            }
        }
    }

    #[test]
    fn refusals_name_the_part() {
        fn check(subject: &str, expected: &str) {
            let error = IncidentSubject::parse(subject).unwrap_err().to_string();
            assert!(error.contains(expected), "{error} should contain {expected:?}");
        }
        check("incident.nl-customs.all.seizure.fentanyl", "has 5 tokens");
        check("incident.*.all.seizure.fentanyl.nl", "contains '*'");
        check("incident.nl-customs.all.party.fentanyl.nl", "\"party\" as its kind");
        check("incident.nl-customs.all.seizure.fentanyl.NL", "\"NL\" as its country");
        check("exercise.exercise.incident.a.b.seizure.c.nl", "tokens");
        fn check_exchange(subject: &str, expected: &str) {
            let error = ExchangeSubject::parse(subject).unwrap_err().to_string();
            assert!(error.contains(expected), "{error} should contain {expected:?}");
        }
        check_exchange("exchange.a.b", "has 3 tokens");
        check_exchange("incident.a.b.c", "\"incident\" as its way");
        check_exchange("exchange.a.*.0198c2f4-5d6e-7a10-8b1c-2f3a4b5c6d7e", "contains '*'");
        check_exchange("notice.a.all.0198C2F4-5D6E-7A10-8B1C-2F3A4B5C6D7E", "a UUID in lower case");
    }
}
