//! What people made of leads.

use std::collections::BTreeMap;

use backtrail_bus::id::{IncidentId, LeadId};
use backtrail_bus::judgement::{
    DAEMON, EvidenceMark, Judgement, JudgementEvent, LeadState, MarkedEvidence, Verdict, came_back_from, in_force,
    last_verdict,
};
use backtrail_bus::lead::{LeadEvent, News};
use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Engine;
use super::book::Record;
use super::index::Slot;
use super::key::{KeyClass, KeyId};
use super::strikes::Strikes;

/// All judgements, by lead and in order. A lead may be judged before it is opened: a daemon that is built anew reads the
/// judgements first.
#[derive(Debug, Default)]
pub(crate) struct Judgements {
    histories: FxHashMap<LeadId, Vec<Judgement>>,
    /// What follows from the marks in force.
    pub(super) strikes: Strikes,
}

/// A judgement that somebody asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub lead_id: LeadId,
    pub verdict: Verdict,
    pub by: String,
    pub reason: Option<String>,
    pub mark: Option<EvidenceMark>,
    pub undoes: Option<u32>,
}

/// Why a judgement is not possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotJudged {
    #[error("no lead {0} was ever opened here")]
    NoLead(LeadId),
    #[error("found no mark, expected which evidence does not count")]
    NoMark,
    #[error("found a mark or an undoing with the verdict {0}, expected neither")]
    Surplus(Verdict),
    #[error("incident {incident_id} has no evidence {comparison:?} that is {found:?} in this lead")]
    NoEvidence { incident_id: IncidentId, comparison: String, found: String },
    #[error("this evidence was marked already, by judgement {0}")]
    Marked(u32),
    #[error("there is no judgement left to undo")]
    NothingToUndo,
    #[error("judgement {0} is not in force, so there is nothing to undo")]
    NotInForce(u32),
    #[error("it came back by its evidence, which is not undone; dismiss it again")]
    CameBack,
}

impl Judgements {
    pub(crate) fn of(&self, lead_id: LeadId) -> &[Judgement] {
        self.histories.get(&lead_id).map_or(&[], Vec::as_slice)
    }

    /// Puts back the history of a lead.
    pub(crate) fn restore(&mut self, lead_id: LeadId, history: Vec<Judgement>) {
        self.histories.insert(lead_id, history);
    }

    /// All histories, in no particular order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (LeadId, &[Judgement])> {
        self.histories.iter().map(|(lead_id, history)| (*lead_id, history.as_slice()))
    }

    /// The marks in force of a lead.
    pub(crate) fn marks(&self, lead_id: LeadId) -> impl Iterator<Item = &MarkedEvidence> {
        in_force(self.of(lead_id)).filter_map(|judgement| Some(&judgement.mark.as_ref()?.evidence))
    }
}

impl Engine {
    /// The next judgement of a lead, not taken in yet.
    pub fn judgement(&self, asked: Asked, at: Timestamp) -> Result<JudgementEvent, NotJudged> {
        let Asked { lead_id, verdict, by, reason, mark, undoes } = asked;
        let record = self.book.get(lead_id).ok_or(NotJudged::NoLead(lead_id))?;
        let history = self.judgements.of(lead_id);
        if (mark.is_some() && verdict != Verdict::Marked) || (undoes.is_some() && verdict != Verdict::Undone) {
            return Err(NotJudged::Surplus(verdict));
        }
        if verdict == Verdict::Marked {
            self.check_mark(lead_id, &mark.as_ref().ok_or(NotJudged::NoMark)?.evidence)?;
        }
        let undoes = if verdict == Verdict::Undone { Some(undone(history, undoes)?) } else { None };
        let may_come_back = matches!(verdict, Verdict::Dismissed | Verdict::Marked);
        let members = if may_come_back { self.members(record) } else { BTreeMap::new() };
        let bits = match &mark {
            Some(mark) => self.bits_left_with(lead_id, record, &mark.evidence),
            None => self.bits_left(lead_id, record),
        };
        let judgement = Judgement {
            number: u32::try_from(history.len()).unwrap_or(u32::MAX).saturating_add(1),
            verdict,
            at,
            by,
            reason,
            bits,
            mark,
            undoes,
            members,
            version: record.version,
        };
        Ok(JudgementEvent { lead_id, judgement })
    }

    /// Takes in a judgement. One that came before changes nothing.
    pub fn judge(&mut self, event: JudgementEvent) {
        let history = self.judgements.histories.entry(event.lead_id).or_default();
        if event.judgement.number as usize == history.len() + 1 {
            let has_marks = matches!(event.judgement.verdict, Verdict::Marked | Verdict::Undone);
            history.push(event.judgement);
            self.changes.note_judgement(event.lead_id);
            if has_marks {
                self.strike(event.lead_id);
            }
        }
    }

    /// Judgements that follow from lead events, not taken in yet: a lead that was dismissed or set aside and gained enough
    /// came back, and it is said by what.
    pub fn reopenings(&mut self, events: &[LeadEvent], at: Timestamp) -> Vec<JudgementEvent> {
        let came_back = std::mem::take(&mut self.judgements.strikes.came_back);
        let reopening = |event| self.reopening(event, came_back.contains(&event.lead_id), at);
        events.iter().filter_map(reopening).collect()
    }

    fn reopening(&self, event: &LeadEvent, came_back: bool, at: Timestamp) -> Option<JudgementEvent> {
        let lead_id = event.lead_id;
        let history = self.judgements.of(lead_id);
        // A daemon that is built anew reads judgements before the events that they followed.
        if history.last().is_none_or(|last| last.version >= event.version) {
            return None;
        }
        let record = self.book.get(lead_id).filter(|record| record.is_open())?;
        let is_dismissed = last_verdict(history).is_some_and(|last| last.verdict == Verdict::Dismissed);
        let is_back = match self.state(lead_id, record) {
            LeadState::Reopened => is_dismissed || came_back,
            state => came_back && !state.is_hidden(),
        };
        let news = self.news(lead_id, record).filter(|_| is_back)?;
        let revised = match news.revised.len() {
            0 => String::new(),
            revised => format!(" and {revised} were revised"),
        };
        let News { since, bits_before, came, .. } = news;
        let came = came.len();
        let reason =
            format!("{came} incidents came{revised} since judgement {since}, when it had {bits_before:.1} bits");
        let (by, reason) = (DAEMON.to_owned(), Some(reason));
        let asked = Asked { lead_id, verdict: Verdict::Reopened, by, reason, mark: None, undoes: None };
        self.judgement(asked, at).ok()
    }

    /// Where a lead stands with the people who work on it.
    pub(crate) fn state(&self, lead_id: LeadId, record: &Record) -> LeadState {
        if self.stop_of(record).is_some() {
            return LeadState::Stopped;
        }
        if self.bits_left_if_marked(lead_id, record).is_some_and(|bits| {
            // It may have lost bits since, without an event.
            bits < record.bits && bits < self.threshold_bits(record)
        }) {
            return LeadState::SetAside;
        }
        LeadState::of(self.judgements.of(lead_id), self.bits_left(lead_id, record))
    }

    /// True if every open lead of a key was dismissed or is set aside, or the key is stopped: people found that it says
    /// nothing.
    pub(crate) fn is_dismissed(&self, key: KeyId) -> bool {
        if self.stops.at(key).is_some() {
            return true;
        }
        let open = self.book.of_hub(key).filter(|(_, record)| record.is_open());
        let mut is_hidden = open.map(|(lead_id, record)| self.state(lead_id, record).is_hidden()).peekable();
        let class = self.index.find(key).map(|number| self.index.hub(number).class);
        match class {
            // Its leads are of one name, at one end or at both.
            Some(KeyClass::Party { .. }) => is_hidden.any(|is_hidden| is_hidden),
            _ => is_hidden.peek().is_some() && is_hidden.all(|is_hidden| is_hidden),
        }
    }

    /// What a lead gained since it was dismissed or set aside, if it came back.
    pub(crate) fn news(&self, lead_id: LeadId, record: &Record) -> Option<News> {
        let dismissed = came_back_from(self.judgements.of(lead_id))?;
        let (since, bits_before) = (dismissed.number, dismissed.bits);
        let mut news = News { since, bits_before, came: Vec::new(), revised: Vec::new() };
        for (incident_id, revision) in self.members(record) {
            match dismissed.members.get(&incident_id) {
                None => news.came.push(incident_id),
                Some(known) if *known < revision => news.revised.push(incident_id),
                Some(_) => {}
            }
        }
        Some(news)
    }

    fn members(&self, record: &Record) -> BTreeMap<IncidentId, u32> {
        record.members.iter().map(|(slot, revision)| (self.store.facts(*slot).incident_id, *revision)).collect()
    }

    fn check_mark(&self, lead_id: LeadId, evidence: &MarkedEvidence) -> Result<(), NotJudged> {
        let same = |judgement: &&Judgement| judgement.mark.as_ref().is_some_and(|mark| mark.evidence == *evidence);
        if let Some(judgement) = in_force(self.judgements.of(lead_id)).find(same) {
            return Err(NotJudged::Marked(judgement.number));
        }
        let MarkedEvidence::Member { incident_id, comparison, found } = evidence else { return Ok(()) };
        let members = self.lead(lead_id).map(|lead| lead.members).unwrap_or_default();
        let own = members.into_iter().filter(|member| member.incident.incident_id == *incident_id);
        let fits =
            own.flat_map(|member| member.evidence).any(|own| own.comparison == *comparison && own.found == *found);
        let none = || NotJudged::NoEvidence {
            incident_id: *incident_id,
            comparison: comparison.clone(),
            found: found.clone(),
        };
        fits.then_some(()).ok_or_else(none)
    }

    /// The incidents that dismissed leads of a key hold together with this one: people found that they do not belong
    /// together by it.
    pub(crate) fn dismissed_with(&self, slot: Slot, key: KeyId) -> FxHashSet<Slot> {
        if self.judgements.histories.is_empty() {
            return FxHashSet::default();
        }
        let open = self.book.of_hub(key).filter(|(_, record)| record.is_open());
        let dismissed = open.filter(|(lead_id, record)| self.state(*lead_id, record).is_hidden());
        let with = dismissed.map(|(_, record)| &record.members);
        let with = with.filter(|members| members.iter().any(|(member, _)| *member == slot));
        with.flatten().map(|(member, _)| *member).filter(|member| *member != slot).collect()
    }
}

/// The number of the judgement that is undone: the one asked for, or the last of a person that is in force.
fn undone(history: &[Judgement], wanted: Option<u32>) -> Result<u32, NotJudged> {
    let fits = |judgement: &&Judgement| match wanted {
        Some(number) => number == judgement.number,
        None => judgement.by != DAEMON,
    };
    let none = wanted.map_or(NotJudged::NothingToUndo, NotJudged::NotInForce);
    let judgement = in_force(history).rev().find(fits).ok_or(none)?;
    if judgement.by == DAEMON {
        return Err(NotJudged::CameBack);
    }
    Ok(judgement.number)
}
