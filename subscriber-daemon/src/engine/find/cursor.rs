//! Cursors: where a page ended, as a token that only means something together with its question.
//!
//! A cursor holds how many incidents were held at the first page, and the place of the last incident in the order, so
//! nothing is kept here between pages and a restart does no harm. Only bits change while incidents arrive; an order by bits
//! is kept as it was at the first page, for the last few questions.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use backtrail_bus::query::FindQuery;
use data_encoding::BASE64URL_NOPAD;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

use super::super::fingerprint::Fingerprint;
use super::super::index::Slot;
use super::super::question::QuestionError;
use super::super::store::Store;

/// So many orders by bits are kept.
const MAX_ORDERS: usize = 8;

/// Where a page ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cursor {
    /// How many incidents were held when the first page was asked for.
    pub held: Slot,
    pub after: After,
}

/// The end of a page.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum After {
    /// The last incident, and its rank then.
    Incident { rank: i64, slot: Slot },
    /// A place in an order that is kept.
    Place { order: u64, place: usize },
}

/// A cursor as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    question: Fingerprint,
    held: Slot,
    /// The last of the incidents that were held: in another numbering it is another one.
    last_held: Fingerprint,
    after: After,
}

impl Cursor {
    /// The cursor as a token for this question.
    pub(super) fn write(&self, query: &FindQuery, store: &Store) -> String {
        let Self { held, after } = *self;
        let last_held = last_of(store, held).expect("a page has an incident, so one is held");
        let written = Written { question: question(query), held, last_held, after };
        BASE64URL_NOPAD.encode(&postcard::to_stdvec(&written).expect("a cursor is a few numbers"))
    }

    /// Reads what [`Self::write`] made, for the same question and the same numbering of incidents.
    pub(super) fn read(text: &str, query: &FindQuery, store: &Store) -> Result<Self, QuestionError> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        let written = bytes.and_then(|bytes| postcard::from_bytes::<Written>(&bytes).ok());
        let expected = "the cursor of the page before, from this daemon";
        let written = written.ok_or_else(|| QuestionError::refused(format_args!("the cursor {text:?}"), expected))?;
        if written.question != question(query) {
            return Err(QuestionError::refused("a cursor of another question", "one of the same conditions and order"));
        }
        if last_of(store, written.held) != Some(written.last_held) {
            let expected = "one that was made since; ask for the first page again";
            return Err(QuestionError::refused("a cursor from before the incidents were read anew", expected));
        }
        Ok(Self { held: written.held, after: written.after })
    }
}

fn last_of(store: &Store, held: Slot) -> Option<Fingerprint> {
    let last = held.checked_sub(1).filter(|last| (*last as usize) < store.len())?;
    Some(Fingerprint::of(&store.facts(last).incident_id.to_string()))
}

fn question(query: &FindQuery) -> Fingerprint {
    let bare = FindQuery { cursor: None, limit: 0, ..query.clone() };
    Fingerprint::of(&serde_json::to_string(&bare).expect("questions are plain structs"))
}

/// Orders by bits as they were at the first page.
#[derive(Debug, Default)]
pub(in super::super) struct FrozenOrders(VecDeque<(u64, Vec<Slot>)>);

impl FrozenOrders {
    /// Keeps an order in the place of the oldest one, and gives its number.
    pub(super) fn keep(&mut self, order: Vec<Slot>) -> u64 {
        let number = FxBuildHasher.hash_one(&order);
        self.0.retain(|(other, _)| *other != number);
        if self.0.len() == MAX_ORDERS {
            self.0.pop_front();
        }
        self.0.push_back((number, order));
        number
    }

    pub(super) fn get(&self, number: u64) -> Result<&[Slot], QuestionError> {
        let order = self.0.iter().find(|(other, _)| *other == number).map(|(_, order)| order.as_slice());
        order.ok_or_else(|| {
            let expected = "one that is not so old; ask for the first page again";
            QuestionError::refused("a cursor of an order by bits that is no longer kept", expected)
        })
    }

    /// A page of an order.
    pub(super) fn page(order: &[Slot], place: usize, limit: usize) -> &[Slot] {
        let start = place.min(order.len());
        &order[start..order.len().min(start.saturating_add(limit))]
    }
}
