//! `backtrail why-not`

use backtrail_bus::comparison::Comparison;
use backtrail_bus::exit;
use backtrail_bus::query::WhyNotQuery;

use crate::output::{incident_line, lead_lines, print_json, wrapped};
use crate::session::{Session, incident_ref};

/// Say why two incidents are in one lead, or in none
///
/// Shows the keys at which both stand and which of them are too common, every comparison with its bits, and how far the
/// sum is from the threshold.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtrail why-not NLC-2026-0412 BEP-2026-1278")]
pub(crate) struct WhyNot {
    /// Id or own reference of an incident
    a: String,
    /// Id or own reference of the other
    b: String,
}

impl WhyNot {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let question = WhyNotQuery { a: incident_ref(&self.a), b: incident_ref(&self.b) };
        let answer = session.ask(&question).await?;
        if session.json {
            print_json(&answer);
        } else {
            print(&answer);
        }
        Ok(exit::DONE)
    }
}

fn print(answer: &Comparison) {
    for incident in [&answer.a, &answer.b] {
        println!("{}\n{}", incident_line(incident), wrapped(&incident.headline, "  ", "  "));
    }
    if answer.leads.is_empty() {
        println!("\nno open lead has both");
    }
    for lead in &answer.leads {
        println!("\nboth are in\n{}", lead_lines(lead));
    }
    if answer.keys.is_empty() {
        println!("\nthey share no key, so the engine never looked at them together");
    } else {
        println!("\nkeys that both have:");
    }
    for key in &answer.keys {
        let use_of = match (&key.stop_value, key.is_hot) {
            (Some(stop_value), _) => format!("stop value: {stop_value}"),
            (None, true) => "too common to say anything".to_owned(),
            (None, false) => "makes leads".to_owned(),
        };
        println!("{}", wrapped(&format!("{}  ({} incidents; {use_of})", key.key, key.incidents), "  ", "    "));
    }
    println!("\ncompared, without history:");
    for field in &answer.evidence {
        println!(
            "{}",
            wrapped(&format!("{:+.1} bits  {}: {}", field.bits, field.comparison, field.words), "  ", "    ")
        );
        if field.a != field.b {
            println!("{}", wrapped(&format!("{:?} and {:?}", field.a, field.b), "      ", "      "));
        }
    }
    if !answer.missing.is_empty() {
        println!("  not compared, for want of a value: {}", answer.missing.join(", "));
    }
    let distance = answer.bits - answer.threshold_bits;
    let verdict = if distance >= 0.0 { "above" } else { "short of" };
    println!(
        "\n{:.1} bits, {:.1} {verdict} the {:.1} at which a link is as likely as not ({:.0} % likely)",
        answer.bits,
        distance.abs(),
        answer.threshold_bits,
        answer.probability * 100.0
    );
}
