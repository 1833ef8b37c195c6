//! Stories against a real hub, a module each.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod alerts;
mod bulk_twice;
mod circles;
mod crash;
mod dead_letters;
mod demo;
mod find;
mod hub_outage;
mod judgements;
mod notices;
mod other_name;
mod pointers;
mod post_to_trace;
mod quiet_hub;
mod registers;
mod request;
mod revisions;
mod trace_report;
