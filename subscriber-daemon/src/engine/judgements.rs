//! What people made of leads.

use backtrail_bus::id::LeadId;
use backtrail_bus::judgement::{Judgement, JudgementEvent, LeadState, Verdict};
use jiff::Timestamp;
use rustc_hash::FxHashMap;

use super::Engine;
use super::book::Record;
use super::key::KeyId;

/// All judgements, by lead and in order. A lead may be judged before it is opened: a daemon that is built anew reads the
/// judgements first.
#[derive(Debug, Default)]
pub(crate) struct Judgements(FxHashMap<LeadId, Vec<Judgement>>);

impl Judgements {
    pub(crate) fn of(&self, lead_id: LeadId) -> &[Judgement] {
        self.0.get(&lead_id).map_or(&[], Vec::as_slice)
    }

    /// Puts back the history of a lead.
    pub(crate) fn restore(&mut self, lead_id: LeadId, history: Vec<Judgement>) {
        self.0.insert(lead_id, history);
    }

    /// All histories, in no particular order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (LeadId, &[Judgement])> {
        self.0.iter().map(|(lead_id, history)| (*lead_id, history.as_slice()))
    }
}

impl Engine {
    /// The next judgement of a lead, not taken in yet; `None` if there is no such lead.
    pub fn judgement(
        &self,
        lead_id: LeadId,
        verdict: Verdict,
        by: String,
        reason: Option<String>,
        at: Timestamp,
    ) -> Option<JudgementEvent> {
        let bits = self.book.get(lead_id)?.bits;
        let number = u32::try_from(self.judgements.of(lead_id).len()).ok()? + 1;
        Some(JudgementEvent { lead_id, judgement: Judgement { number, verdict, at, by, reason, bits } })
    }

    /// Takes in a judgement. One that came before changes nothing.
    pub fn judge(&mut self, event: JudgementEvent) {
        let history = self.judgements.0.entry(event.lead_id).or_default();
        if event.judgement.number as usize == history.len() + 1 {
            history.push(event.judgement);
            self.changes.note_judgement(event.lead_id);
        }
    }

    /// Where a lead stands with the people who work on it.
    pub(crate) fn state(&self, lead_id: LeadId, record: &Record) -> LeadState {
        LeadState::of(self.judgements.of(lead_id), record.bits)
    }

    /// True if every open lead of a key was dismissed: people found that it says nothing.
    pub(crate) fn is_dismissed(&self, key: KeyId) -> bool {
        let mut open = self.book.of_hub(key).filter(|(_, record)| record.is_open()).peekable();
        open.peek().is_some() && open.all(|(lead_id, record)| self.state(lead_id, record) == LeadState::Dismissed)
    }
}
