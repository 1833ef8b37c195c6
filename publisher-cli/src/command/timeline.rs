//! `backtrail timeline`

use anyhow::ensure;
use backtrail_bus::exit;
use backtrail_bus::id::LeadId;
use backtrail_bus::query::{FindQuery, Timeline as Events, TimelineEvent, TimelineKind, TimelineOf, TimelineQuery};

use crate::output::{print_json, wrapped};
use crate::session::Session;
use crate::wanted::Wanted;

/// Show events in the order in which they happened, with late reports and gaps
///
/// Of a lead, or of the incidents that are found: those with an identifier, of a party, or whatever `backtrail find` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  backtrail timeline --id container:MSKU6011672
  backtrail timeline --party 'Lotus Harbour' --country HK
  backtrail timeline --lead 0b5c7a3e-5a0e-5c5e-9d0a-3d6d1f0c7a11")]
pub(crate) struct Timeline {
    /// The events of this lead
    #[arg(long, value_name = "ID")]
    lead: Option<LeadId>,
    #[command(flatten)]
    wanted: Wanted,
    /// At most so many incidents, the latest
    #[arg(long, default_value_t = 100)]
    limit: usize,
}

impl Timeline {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let Self { lead, wanted, limit } = self;
        let find = FindQuery { limit: 0, ..wanted.query(session)? };
        let is_anything = find == FindQuery::default();
        let of = match lead {
            Some(lead_id) => {
                ensure!(is_anything, "found a lead and conditions, expected one of both");
                TimelineOf::Lead(lead_id)
            }
            None => {
                ensure!(!is_anything, "found nothing to show events of, expected --lead or a condition of `find`");
                TimelineOf::Found(Box::new(find))
            }
        };
        let events = session.ask(&TimelineQuery { of, limit }).await?;
        if session.json {
            print_json(&events);
        } else {
            print!("{}", in_words(&events));
        }
        Ok(exit::DONE)
    }
}

fn in_words(timeline: &Events) -> String {
    let title = format!("{}  {} incidents", timeline.title, timeline.incident_count);
    let mut lines = vec![wrapped(&title, "", "  ")];
    lines.extend(timeline.events.iter().map(line));
    lines.extend(timeline.left_out.iter().map(|what| wrapped(what, "left out: ", "  ")));
    lines.push(String::new());
    lines.join("\n")
}

fn line(event: &TimelineEvent) -> String {
    let TimelineEvent { kind, at, words, own_reference, originator, reported_on, days, incident_id } = event;
    if *kind == TimelineKind::Gap {
        return wrapped(words, "    ...     ", "            ");
    }
    let id = incident_id.map(|id| id.to_string());
    let whose = own_reference.as_ref().or(id.as_ref()).map(|name| format!("  {name}")).unwrap_or_default();
    let whose = originator.as_ref().map(|originator| format!("{whose}, {originator}")).unwrap_or(whose);
    let late = reported_on.as_ref().zip(*days).map(|(day, days)| format!("; reported {days} days later, on {day}"));
    let text = format!(
        "{words}{}{}",
        late.unwrap_or_default(),
        if whose.is_empty() { String::new() } else { format!(" [{}]", whose.trim()) }
    );
    // An instant takes a line of its own.
    if at.as_str().len() > 10 {
        return format!("{at}\n{}", wrapped(&text, "            ", "            "));
    }
    wrapped(&text, &format!("{:<12}", at.as_str()), "            ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_late_reports_are_named() {
        let event = |kind, at: &str, words: &str| TimelineEvent {
            kind,
            at: at.parse().unwrap(),
            words: words.to_owned(),
            incident_id: None,
            own_reference: Some("A-1".to_owned()),
            originator: None,
            reported_on: (kind == TimelineKind::Incident).then(|| "2026-03-10".to_owned()),
            days: Some(59),
        };
        let timeline = Events {
            title: "container MSKU6011672".to_owned(),
            events: vec![
                event(TimelineKind::Incident, "2026-01-10", "seizure: 2 kg ketamine at Rotterdam, NL"),
                event(TimelineKind::Gap, "2026-01-11", "nothing is known of the next 59 days"),
                event(TimelineKind::Leg, "2026-03-04T08:00:00Z", "left Yantian, CN by sea"),
            ],
            incident_count: 2,
            left_out: Vec::new(),
        };
        let expected = "\
container MSKU6011672  2 incidents
2026-01-10  seizure: 2 kg ketamine at Rotterdam, NL; reported 59 days later, on
            2026-03-10 [A-1]
    ...     nothing is known of the next 59 days
2026-03-04T08:00:00Z
            left Yantian, CN by sea [A-1]
";
        assert_eq!(in_words(&timeline), expected);
    }
}
