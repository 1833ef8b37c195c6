//! `backtrail substance`

use anyhow::Context as _;
use backtrail_bus::context::Context;
use backtrail_bus::exit;
use backtrail_bus::registers::InstalledRegisters;
use backtrail_bus::substance_register::{Change, Entry, Matched, Relation, Resolution, SubstanceRegister};
use backtrail_bus::token::Token;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::output::{print_json, wrapped};

/// Look substances up: what a name means, what controls it, what it is made from
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  backtrail substance find 'Cocaine HCL'
  backtrail substance show acetic-anhydride
  backtrail substance diff 2026-11-24")]
pub(crate) struct Substance {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say what a name means: an entry, several, a family, or nothing known
    #[command(after_help = "Example:\n  backtrail substance find 'fluorofentanyl'")]
    Find {
        /// Name, CAS number or street name, as reported
        text: String,
    },
    /// Show an entry
    #[command(after_help = "Example:\n  backtrail substance show 4-anpp")]
    Show {
        /// Id of the entry, or a name that means only it
        id: String,
    },
    /// Show what changed since a version of the register
    #[command(after_help = "Example:\n  backtrail substance diff 2026-11-24")]
    Diff {
        /// The version, as incidents carry it
        version: String,
    },
}

/// How many names are suggested for one that is not known.
const SUGGESTIONS: usize = 5;

impl Substance {
    /// Works without a context; with one, the deployment's own entries are known as well.
    pub(crate) fn run(self, context: Option<&str>, json: bool) -> anyhow::Result<u8> {
        let context = context.map(Context::load).transpose()?;
        let installed = InstalledRegisters::open(context.as_ref().and_then(|context| context.substances.as_deref()))?;
        let register = installed.get().substances;
        match self.action {
            Action::Find { text } => Ok(find(register, &text, json)),
            Action::Show { id } => show(register, &id, json),
            Action::Diff { version } => diff(register, &version, json),
        }
    }
}

fn find(register: &SubstanceRegister, text: &str, json: bool) -> u8 {
    let resolution = register.resolve(text);
    let suggestions = match resolution {
        Resolution::Unrecognised => register.suggestions(text, SUGGESTIONS),
        _ => Vec::new(),
    };
    if json {
        print_json(&found_json(register, &resolution, &suggestions));
    } else {
        print_found(&resolution, &suggestions);
    }
    if resolution == Resolution::Unrecognised { exit::REFUSED } else { exit::DONE }
}

fn found_json(register: &SubstanceRegister, resolution: &Resolution<'_>, suggestions: &[&str]) -> Value {
    let mut found = json!({ "register": register.version(), "family": resolution.family() });
    let more = match resolution {
        Resolution::Entry(found) => json!({
            "result": "entry", "entry": found.entry.id, "name": found.entry.name, "matched": matched(found.matched),
            "matched_name": found.name, "beside": found.beside, "local": found.entry.local,
        }),
        Resolution::Ambiguous(entries) => {
            json!({ "result": "ambiguous", "entries": entries.iter().map(|entry| &entry.id).collect::<Vec<_>>() })
        }
        Resolution::Family(_) => json!({ "result": "family" }),
        Resolution::Unrecognised => json!({ "result": "unrecognised", "suggestions": suggestions }),
    };
    if let (Value::Object(found), Value::Object(more)) = (&mut found, more) {
        found.extend(more);
    }
    found
}

fn print_found(resolution: &Resolution<'_>, suggestions: &[&str]) {
    match resolution {
        Resolution::Entry(found) => {
            let entry = found.entry;
            let local = if entry.local { ", local" } else { "" };
            println!("{}  {}  ({}, {}{local})", entry.id, entry.name, entry.kind, entry.family);
            let how = match found.matched {
                Matched::Exact => "by its name".to_owned(),
                Matched::Synonym => format!("by the synonym {:?}", found.name),
                Matched::Street => format!("by the street name {:?}", found.name),
                Matched::Spelling => format!("as a misspelling of {:?}; check it", found.name),
            };
            println!("  {how}");
            if !found.beside.is_empty() {
                println!("  beside it: {}", found.beside);
            }
        }
        Resolution::Ambiguous(entries) => {
            println!("several substances; say which:");
            for entry in entries {
                println!("  {}  {}", entry.id, entry.name);
            }
        }
        Resolution::Family(family) => println!("no more than the family {}  ({})", family.id, family.label),
        Resolution::Unrecognised => {
            println!("not in the register; a post keeps the name as written");
            if !suggestions.is_empty() {
                println!("  perhaps: {}", suggestions.join(", "));
            }
        }
    }
}

fn matched(matched: Matched) -> &'static str {
    match matched {
        Matched::Exact => "exact",
        Matched::Synonym => "synonym",
        Matched::Street => "street-name",
        Matched::Spelling => "spelling",
    }
}

fn show(register: &SubstanceRegister, id: &str, json: bool) -> anyhow::Result<u8> {
    let by_id = Token::new(id).ok().and_then(|id| register.get(&id));
    let entry = by_id.or_else(|| register.resolve(id).entry());
    let entry = entry.with_context(|| format!("found no entry {id:?}; `backtrail substance find` looks for names"))?;
    let relations: Vec<&Relation> =
        register.relations().iter().filter(|r| r.precursor == entry.id || r.product == entry.id).collect();
    if json {
        print_json(&json!({ "register": register.version(), "entry": entry, "relations": relations }));
    } else {
        print_entry(entry, &relations);
    }
    Ok(exit::DONE)
}

fn print_entry(entry: &Entry, relations: &[&Relation]) {
    let Entry { id, name, kind, family, .. } = entry;
    println!("{id}  {name}");
    let line = |label: &str, text: String| {
        if !text.is_empty() {
            println!("{}", wrapped(&text, &format!("  {label:<12} "), &" ".repeat(15)));
        }
    };
    line("kind", format!("{kind}, family {family}"));
    let control = entry.control.iter().map(|control| match &control.since {
        Some(since) => format!("{} since {since}", control.list),
        None => control.list.to_string(),
    });
    line("control", control.collect::<Vec<_>>().join(", "));
    line("CAS", entry.cas.join(", "));
    line("InChIKey", entry.inchikey.clone().unwrap_or_default());
    line("HS", entry.hs.join(", "));
    for (language, names) in &entry.synonyms {
        line(language, names.join(", "));
    }
    for (language, names) in &entry.street {
        line(&format!("street {language}"), names.join(", "));
    }
    for relation in relations {
        let Relation { precursor, product, role, .. } = relation;
        let text = if *precursor == *id { format!("{product} ({role})") } else { format!("{precursor} ({role})") };
        line(if *precursor == *id { "goes into" } else { "made from" }, text);
    }
    line("source", entry.source.clone());
    line("checked", entry.checked.clone());
    if entry.local {
        line("local", "added by this deployment".to_owned());
    }
}

fn diff(register: &SubstanceRegister, version: &str, json: bool) -> anyhow::Result<u8> {
    let changes = register.changes_since(version)?;
    if json {
        print_json(&json!({ "from": version, "to": register.version(), "changes": changes }));
        return Ok(exit::DONE);
    }
    println!("{version} to {}: {} entries differ", register.version(), changes.len());
    for change in &changes {
        match change {
            Change::Added { id, name } => println!("+ {id}  {name}"),
            Change::Removed { id, name } => println!("- {id}  {name}"),
            Change::Changed { id, fields } => {
                println!("~ {id}");
                for field in fields {
                    let signs = field.removed.iter().map(|text| format!("- {text}"));
                    let signs: Vec<String> = signs.chain(field.added.iter().map(|text| format!("+ {text}"))).collect();
                    println!("{}", wrapped(&format!("{}: {}", field.field, signs.join("  ")), "    ", "      "));
                }
            }
        }
    }
    Ok(exit::DONE)
}
