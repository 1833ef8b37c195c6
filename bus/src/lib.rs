//! The contract of the Backtrail bus.
//!
//! What agencies say to one another and how it travels: the incident model, subjects, envelope and signature, the
//! outbox, and the connection. It knows nothing of correlation; no other member of the workspace lies below it.

pub mod agency;
pub mod alert;
pub mod atomic_batch;
pub mod chain;
pub mod channel;
pub mod check_digit;
pub mod code_table;
pub mod comparison;
pub mod connection;
pub mod context;
pub mod country;
pub mod dead_letter;
pub mod envelope;
pub mod exchange;
pub mod exercise;
pub mod exit;
pub mod fold;
pub mod gazetteer;
pub mod id;
pub mod incident;
pub mod judgement;
pub mod key;
pub mod lead;
pub mod outbox;
pub mod pointer;
pub mod query;
pub mod realm;
pub mod register;
pub mod registers;
pub mod signature;
pub mod stop_value;
pub mod stream;
pub mod strict_json;
mod strict_read;
pub mod subject;
pub mod substance_register;
pub mod token;
pub mod trace;
pub mod unit;
mod wire_text;
