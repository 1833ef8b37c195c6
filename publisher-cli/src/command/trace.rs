//! `backtrail trace`

use backtrail_bus::exit;
use backtrail_bus::query::TraceQuery;
use backtrail_bus::trace::{Trace as Answer, TraceNode};

use crate::output::{evidence_line, incident_line, print_json, wrapped};
use crate::session::{Session, incident_ref};

/// Trace an incident back: what came before it, on what evidence, and whom to ask
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtrail trace BEP-2026-1278 --depth 4")]
pub(crate) struct Trace {
    /// Id or own reference of the incident
    incident: String,
    /// How many hops up at most
    #[arg(long)]
    depth: Option<u32>,
}

impl Trace {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let question = TraceQuery { incident: incident_ref(&self.incident), depth: self.depth };
        let trace = session.ask(&question).await?;
        if session.json {
            print_json(&trace);
        } else {
            print!("{}", tree(&trace));
        }
        Ok(exit::DONE)
    }
}

/// The trace as a tree of 80 columns.
fn tree(trace: &Answer) -> String {
    let mut lines = String::new();
    let mut say = |line: &str| {
        lines.push_str(line);
        lines.push('\n');
    };
    say(&incident_line(&trace.root.incident));
    say(&wrapped(&trace.root.incident.headline, "  ", "  "));
    upstream(&trace.root, "", &mut say);
    match &trace.likely_origin {
        Some(origin) => {
            let text = format!("likely origin so far: {} ({:.1} bits along the path)", origin.words, origin.bits);
            say(&wrapped(&text, "", "  "));
        }
        None => say("nothing upstream is known yet"),
    }
    for left_out in &trace.left_out {
        say(&wrapped(&format!("left out: {left_out}"), "", "  "));
    }
    lines
}

fn upstream(node: &TraceNode, indent: &str, say: &mut impl FnMut(&str)) {
    for (index, next) in node.upstream.iter().enumerate() {
        let is_last = index + 1 == node.upstream.len();
        let (branch, below) = if is_last { ("└─", "   ") } else { ("├─", "│  ") };
        say(&format!("{indent}{branch} {}", incident_line(&next.incident)));
        let inner = format!("{indent}{below}");
        say(&wrapped(&next.incident.headline, &format!("{inner}  "), &format!("{inner}  ")));
        if let Some(hop) = &next.hop {
            hop.evidence.iter().for_each(|evidence| say(&evidence_line(evidence, &inner)));
            let ask = format!("ask {} for {}", hop.ask, hop.confirm_by);
            say(&wrapped(&ask, &inner, &format!("{inner}  ")));
        }
        upstream(next, &inner, say);
    }
}
