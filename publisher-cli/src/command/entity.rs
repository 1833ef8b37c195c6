//! `backtrail entity`

use backtrail_bus::country::CountryCode;
use backtrail_bus::exit;
use backtrail_bus::incident::Standing;
use backtrail_bus::query::{Counted, Entity as Known, EntityQuery, EntitySpelling};

use crate::output::{incident_line, print_json, wrapped};
use crate::session::Session;
use crate::wanted::country;

/// Show everything that is known of a party, under all its spellings
///
/// The name is found in any spelling. It says how sure it is that the spellings are one party, and names those of a like
/// name that probably are another. A name on a label is often a victim's: where an incident says that it was misused, that
/// stands first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtrail entity 'Lotus Harbour Trading' --country HK")]
pub(crate) struct Entity {
    /// Name of the party
    name: String,
    /// Only where it is of this country, or of none that is known
    #[arg(long, value_name = "COUNTRY", value_parser = country)]
    country: Option<CountryCode>,
    /// At most so many lines of each list
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

impl Entity {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let Self { name, country, limit } = self;
        let known = session.ask(&EntityQuery { name, country, limit }).await?;
        if session.json {
            print_json(&known);
        } else {
            print!("{}", in_words(&known));
        }
        Ok(exit::DONE)
    }
}

fn in_words(known: &Known) -> String {
    let mut lines: Vec<String> = Vec::new();
    let count = known.incident_count;
    let title = format!("{:?}  {count} incidents, {}", known.name, days(&known.first_day, &known.last_day));
    lines.push(wrapped(&title, "", "  "));
    if known.misused_count > 0 {
        let words = format!(
            "MISUSED IDENTITY in {} of {count}: a real person or company whose name was used without its knowledge. \
             The name on a label is often a victim.",
            known.misused_count
        );
        lines.push(wrapped(&words, "", "  "));
    }
    let sure = if known.spellings.len() == 1 {
        format!("one spelling, {} sure that it is one party", percent(known.one_party))
    } else {
        format!("{} spellings, {} sure that they are one party", known.spellings.len(), percent(known.one_party))
    };
    lines.push(sure);
    lines.extend(known.spellings.iter().map(spelling));
    if !known.others.is_empty() {
        lines.push("probably somebody else, and not counted below".to_owned());
        lines.extend(known.others.iter().map(spelling));
    }
    lines.push("standing".to_owned());
    for standing in &known.standings {
        let name = match standing.standing {
            Standing::NamedOnDocument => "named on a document",
            Standing::Verified => "verified",
            Standing::Suspect => "suspect",
            Standing::MisusedIdentity => "MISUSED IDENTITY",
        };
        lines.push(item(&format!("{}: {name}", days(&standing.first_day, &standing.last_day)), standing.count));
    }
    lines.push("roles".to_owned());
    let roles =
        known.roles.iter().map(|role| (role.role.to_string(), role.count, days(&role.first_day, &role.last_day)));
    lines.extend(roles.map(|(role, count, days)| item(&format!("{role}, {days}"), count)));
    for (what, list) in
        [("countries", &known.countries), ("addresses", &known.addresses), ("contacts", &known.contacts)]
    {
        if !list.is_empty() {
            lines.push(what.to_owned());
            lines.extend(list.iter().map(|Counted { value, count, first_day, last_day }| {
                item(&format!("{value}, {}", days(first_day, last_day)), *count)
            }));
        }
    }
    lines.push("substances".to_owned());
    lines.extend(known.substances.iter().map(|substance| {
        let kg = substance.kilograms.map(|kg| format!(", {} kg in all", rounded(kg))).unwrap_or_default();
        item(&format!("{}{kg}", substance.name), substance.count)
    }));
    if !known.counterparties.is_empty() {
        lines.push("with".to_owned());
        lines.extend(known.counterparties.iter().map(|party| {
            let country = party.country.map(|country| format!(", {country}")).unwrap_or_default();
            let misused = if party.is_misused { " (misused identity)" } else { "" };
            item(&format!("{} {:?}{country}{misused}", party.role, party.name), party.count)
        }));
    }
    lines.push("incidents".to_owned());
    for found in &known.incidents {
        lines.push(wrapped(&incident_line(&found.incident), "  ", "    "));
        lines.push(wrapped(&found.incident.headline, "    ", "    "));
        lines.extend(found.party.iter().map(|party| wrapped(party, "    ", "      ")));
    }
    lines.extend(known.left_out.iter().map(|what| wrapped(what, "left out: ", "  ")));
    lines.push(String::new());
    lines.join("\n")
}

fn spelling(spelling: &EntitySpelling) -> String {
    let EntitySpelling { written, country, count, bits, probability, words } = spelling;
    let country = country.map(|country| format!(", {country}")).unwrap_or_default();
    let says =
        if *bits == 0.0 { words.clone() } else { format!("{bits:+.1} bits, {}: {words}", percent(*probability)) };
    item(&format!("{written:?}{country}; {says}"), *count)
}

fn item(text: &str, count: usize) -> String {
    wrapped(text, &format!("{count:>5}x  "), "        ")
}

fn days(first: &str, last: &str) -> String {
    if first == last { first.to_owned() } else { format!("{first} to {last}") }
}

/// Never more sure than the model can be.
fn percent(probability: f64) -> String {
    if probability > 0.999 { "over 99.9 %".to_owned() } else { format!("{:.0} %", probability * 100.0) }
}

fn rounded(kg: f64) -> f64 {
    (kg * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use backtrail_bus::incident::PartyRole;
    use backtrail_bus::query::{EntityRole, EntityStanding};

    use super::*;

    #[test]
    fn a_misused_name_stands_first_and_lines_are_short() {
        let day = || "2026-01-10".to_owned();
        let spelling = |written: &str, bits, probability| EntitySpelling {
            written: written.to_owned(),
            country: None,
            count: 2,
            bits,
            probability,
            words: "name: kestrel works; address: same; country: same; contact: +31201234567".to_owned(),
        };
        let known = Known {
            name: "Kestrel Works B.V.".to_owned(),
            incident_count: 2,
            first_day: day(),
            last_day: "2026-02-10".to_owned(),
            spellings: vec![spelling("Kestrel Works B.V.", 24.0, 0.999_99), spelling("KESTREL WORKS", 12.0, 0.97)],
            others: Vec::new(),
            one_party: 0.97,
            misused_count: 1,
            standings: vec![EntityStanding {
                standing: Standing::MisusedIdentity,
                count: 1,
                first_day: day(),
                last_day: day(),
            }],
            roles: vec![EntityRole { role: PartyRole::Consignee, count: 2, first_day: day(), last_day: day() }],
            countries: Vec::new(),
            addresses: Vec::new(),
            contacts: Vec::new(),
            substances: Vec::new(),
            counterparties: Vec::new(),
            incidents: Vec::new(),
            left_out: Vec::new(),
        };
        let words = in_words(&known);
        assert!(words.lines().nth(1).unwrap().starts_with("MISUSED IDENTITY in 1 of 2"), "{words}");
        assert!(words.contains("2 spellings, 97 % sure") && words.contains("over 99.9 %"), "{words}");
        assert!(words.lines().all(|line| line.chars().count() <= 80), "{words}");
    }
}
