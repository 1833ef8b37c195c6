//! `backtrail compare`

use backtrail_bus::comparison::Comparison;
use backtrail_bus::exit;
use backtrail_bus::incident::{Incident, Place};
use backtrail_bus::query::{IncidentQuery, WhyNotQuery, ask};
use serde_json::json;

use crate::output::{lead_lines, print_json, wrapped};
use crate::session::{Session, incident_ref};
use crate::side_by_side::{Row, side_by_side};

/// Show two incidents side by side, with every comparison and its bits
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtrail compare NLC-2026-0412 BEP-2026-1278")]
pub(crate) struct Compare {
    /// Id or own reference of an incident
    a: String,
    /// Id or own reference of the other
    b: String,
}

impl Compare {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        session.note_waiting();
        let (a, b) = (incident_ref(&self.a), incident_ref(&self.b));
        let connection = session.connect().await?;
        let comparison = ask(&connection, session.realm(), &WhyNotQuery { a: a.clone(), b: b.clone() }).await?;
        let a = ask(&connection, session.realm(), &IncidentQuery { incident: a }).await?;
        let b = ask(&connection, session.realm(), &IncidentQuery { incident: b }).await?;
        if session.json {
            print_json(&json!({ "a": a.incident, "b": b.incident, "comparison": comparison }));
        } else {
            let read = |incident: &serde_json::value::RawValue| Incident::read(incident.get().as_bytes());
            print!("{}", in_words(&comparison, &read(&a.incident)?, &read(&b.incident)?));
        }
        Ok(exit::DONE)
    }
}

fn in_words(comparison: &Comparison, a: &Incident, b: &Incident) -> String {
    let name = |incident: &Incident| incident.own_reference.clone().unwrap_or_else(|| incident.incident_id.to_string());
    let row = |label: &str, a: String, b: String, says: String| Row { label: label.to_owned(), a, b, says };
    let mut lines = vec![side_by_side(&[row("", name(a), name(b), "bits".to_owned())])];
    for field in &comparison.evidence {
        let bits = format!("{:+.1}", field.bits);
        lines.push(side_by_side(&[row(&field.comparison, field.a.clone(), field.b.clone(), bits)]));
        lines.push(wrapped(&field.words, &" ".repeat(15), &" ".repeat(17)));
    }
    if !comparison.missing.is_empty() {
        let missing = comparison.missing.join(", ");
        lines.push(wrapped(&format!("not compared, for want of a value: {missing}"), "", "  "));
    }
    let distance = comparison.bits - comparison.threshold_bits;
    let verdict = if distance >= 0.0 { "above" } else { "short of" };
    let sum = format!(
        "sum {:+.1} bits, {:.1} {verdict} the {:.1} at which a link is as likely as not ({:.0} % likely)",
        comparison.bits,
        distance.abs(),
        comparison.threshold_bits,
        comparison.probability * 100.0
    );
    let reported: Vec<Row> = fields(a)
        .into_iter()
        .zip(fields(b))
        .filter(|((_, a), (_, b))| !a.is_empty() || !b.is_empty())
        .map(|((label, a), (_, b))| {
            let says = if a == b { "equal" } else { "" };
            row(label, a, b, says.to_owned())
        })
        .collect();
    lines.push(wrapped(&sum, "", "  "));
    for lead in &comparison.leads {
        lines.push(format!("both are in\n{}", lead_lines(lead)));
    }
    lines.push(format!("\nas reported\n{}", side_by_side(&reported)));
    lines.push(String::new());
    lines.join("\n")
}

/// What an incident reports, in the order in which people read it; empty where it says nothing.
fn fields(incident: &Incident) -> Vec<(&'static str, String)> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let list = |lines: Vec<String>| lines.join("\n");
    let substances = incident.substances.iter().map(|line| {
        let quantity = line.quantity.as_ref().map(|quantity| format!("{quantity} ")).unwrap_or_default();
        let purity = line.purity_percent.map(|percent| format!(", {percent} %")).unwrap_or_default();
        let form = line.form.as_ref().map(|form| format!(", {form}")).unwrap_or_default();
        format!("{quantity}{}{form}{purity}", line.name)
    });
    let parties = incident.parties.iter().map(|party| {
        let country = party.country.map(|country| format!(", {country}")).unwrap_or_default();
        let address = party.address.as_ref().map(|address| format!(", {address}")).unwrap_or_default();
        format!("{}: {}{address}{country}", party.role, party.name)
    });
    let route = incident.route.iter().map(|leg| {
        let date = leg.date.as_ref().map(|date| format!(", {date}")).unwrap_or_default();
        let mode = leg.mode.map(|mode| format!(", {mode}")).unwrap_or_default();
        format!("{}: {}{date}{mode}", leg.role, place(&leg.place))
    });
    let goods = incident.goods.as_ref();
    let packaging =
        incident.packaging.iter().flat_map(|packaging| [&packaging.kind, &packaging.marks, &packaging.logo]);
    let concealment = incident.concealment.iter().flat_map(|hidden| [&hidden.place, &hidden.description]);
    vec![
        ("kind", incident.kind.to_string()),
        ("when", incident.occurred_at.to_string()),
        ("where", place(&incident.place)),
        ("originator", incident.originator.to_string()),
        ("substances", list(substances.collect())),
        ("parties", list(parties.collect())),
        ("identifiers", list(incident.identifiers.iter().map(|id| format!("{}: {}", id.kind, id.value)).collect())),
        ("route", list(route.collect())),
        ("goods", goods.map(|goods| text(&goods.description)).unwrap_or_default()),
        ("packaging", list(packaging.flatten().cloned().collect())),
        ("concealment", list(concealment.flatten().cloned().collect())),
        ("operation", text(&incident.operation)),
        ("narrative", text(&incident.narrative)),
    ]
}

fn place(place: &Place) -> String {
    let locode = place.locode.map(|locode| locode.to_string());
    let country = place.country.map(|country| country.to_string()).or_else(|| place.country_reported.clone());
    [place.name.clone(), locode, country].into_iter().flatten().collect::<Vec<String>>().join(", ")
}
