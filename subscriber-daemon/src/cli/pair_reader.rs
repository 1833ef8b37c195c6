//! Pairs of incidents from lines of JSON.
//!
//! Lines for an audit mostly repeat one another but for the parties. What is the same, byte for byte, as in an incident
//! that was read and checked before is not read again; of a line like the one before, only the parties are read.

use std::ops::Range;

use anyhow::Context as _;
use backtrail_bus::agency::AgencyId;
use backtrail_bus::country::CountryCode;
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::{Draft, Incident, Origin, Party, PartyRole, Standing, derive};
use backtrail_bus::realm::Realm;
use backtrail_bus::registers::Registers;
use backtrail_bus::strict_json;
use jiff::Timestamp;
use rustc_hash::FxHashMap;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use subscriber_daemon::engine::Features;

/// Reads pairs.
#[derive(Debug, Default)]
pub(crate) struct PairReader {
    /// What was read of incidents, by all that they say beside their parties and their id.
    known: FxHashMap<Vec<u8>, Features>,
    rest: Vec<u8>,
    /// The last line that was read in pieces.
    before: Option<Pattern>,
}

/// One incident of a pair.
#[derive(Debug)]
pub(crate) struct Side {
    /// What it says beside its parties.
    context: Features,
    parties: Vec<Party>,
}

/// So many incidents are remembered; of an audit in which each is different none is met again.
const MOST_KNOWN: usize = 1_000;
/// Longer ones are not remembered, in bytes.
const MOST_REMEMBERED: usize = 16 * 1024;
/// The longest text that is taken without the full check, in bytes.
const SHORT_TEXT: usize = 300;
const MOST_PARTIES: usize = 50;

impl Side {
    pub(crate) fn features(&self) -> Features {
        self.context.with_parties(&self.parties)
    }
}

impl PairReader {
    /// Reads one line: `{"a": incident, "b": incident}`.
    pub(crate) fn read(&mut self, line: &[u8]) -> anyhow::Result<(Side, Side)> {
        let text = std::str::from_utf8(line).ok();
        if let Some(pair) = text.zip(self.before.as_ref()).and_then(|(line, before)| before.read(line)) {
            return Ok(pair);
        }
        let quick = text.and_then(|line| serde_json::from_str::<RawPair<'_>>(line).ok());
        if let Some(RawPair { a, b }) = &quick
            && let Some(known_a) = self.known(a)
            && let Some(known_b) = self.known(b)
        {
            self.before = text.map(|line| Pattern::of(line, [(a, &known_a), (b, &known_b)]));
            return Ok((known_a, known_b));
        }
        let mut pair = strict_json::parse(line).context("not JSON")?;
        let mut side = |name: &str| {
            let value = pair
                .get_mut(name)
                .map(Value::take)
                .with_context(|| format!("found no {name:?}, expected an incident"))?;
            incident(value).with_context(|| name.to_owned())
        };
        let (a, b) = (side("a")?, side("b")?);
        if let Some(quick) = quick {
            self.remember(&quick.a, &a);
            self.remember(&quick.b, &b);
        }
        let side = |incident: Incident| Side { context: Features::of(&incident), parties: incident.parties };
        Ok((side(a), side(b)))
    }

    /// The incident, if all but its parties was read before.
    fn known(&mut self, side: &RawSide<'_>) -> Option<Side> {
        let parties = match side.parties {
            None => Vec::new(),
            Some(raw) => plain_parties(raw.get())?,
        };
        side.write_rest(&mut self.rest);
        let context = self.known.get(&self.rest)?.clone();
        side.incident_id.is_none_or(|raw| is_id(raw.get())).then_some(Side { context, parties })
    }

    fn remember(&mut self, side: &RawSide<'_>, incident: &Incident) {
        if self.known.len() >= MOST_KNOWN {
            self.known.clear();
        }
        let mut rest = Vec::new();
        side.write_rest(&mut rest);
        if rest.len() > MOST_REMEMBERED {
            return;
        }
        self.known.insert(rest, Features::of(incident).with_parties(&[]));
    }
}

/// True for an id as it is written in JSON.
fn is_id(quoted: &str) -> bool {
    let text = quoted.trim_matches('"');
    text.parse::<IncidentId>().is_ok_and(|id| id.to_string() == text)
}

/// A line as what another line may have in common with it, byte for byte, and holes: ids and parties.
#[derive(Debug)]
struct Pattern {
    line: String,
    /// By where they stand.
    holes: Vec<Hole>,
    /// What both sides say beside their parties.
    contexts: [Features; 2],
}

/// A place of a line at which the next one may say something else.
#[derive(Debug)]
struct Hole {
    place: Range<usize>,
    side: usize,
    is_id: bool,
}

impl Pattern {
    fn of(line: &str, sides: [(&RawSide<'_>, &Side); 2]) -> Self {
        let place = |raw: &RawValue| {
            let start = raw.get().as_ptr() as usize - line.as_ptr() as usize;
            start..start + raw.get().len()
        };
        let mut holes = Vec::with_capacity(4);
        for (side, (raw, _)) in sides.into_iter().enumerate() {
            holes.extend(raw.incident_id.map(|raw| Hole { place: place(raw), side, is_id: true }));
            holes.extend(raw.parties.map(|raw| Hole { place: place(raw), side, is_id: false }));
        }
        holes.sort_unstable_by_key(|hole| hole.place.start);
        Self { line: line.to_owned(), holes, contexts: sides.map(|(_, side)| side.context.clone()) }
    }

    /// Reads a line that is like this one but for its holes. Everything else is the same and each hole is one value, so
    /// the line is as good as this one.
    fn read(&self, line: &str) -> Option<(Side, Side)> {
        let mut parties = [Vec::new(), Vec::new()];
        let (mut rest, mut from) = (line, 0);
        for Hole { place, side, is_id: is_of_id } in &self.holes {
            rest = rest.strip_prefix(&self.line[from..place.start])?;
            from = place.end;
            if *is_of_id {
                let (id, after) = rest.split_at_checked(place.len())?;
                is_id(id).then_some(())?;
                rest = after;
            } else {
                let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Vec<PlainParty>>();
                let read = values.next()?.ok()?;
                let (raw, after) = rest.split_at(values.byte_offset());
                parties[*side] = checked_parties(raw, read)?;
                rest = after;
            }
        }
        (*rest == self.line[from..]).then_some(())?;
        let [a, b] = parties;
        let [of_a, of_b] = self.contexts.clone();
        Some((Side { context: of_a, parties: a }, Side { context: of_b, parties: b }))
    }
}

/// An incident, with what follows from it; or a draft, made into one.
fn incident(value: Value) -> anyhow::Result<Incident> {
    let registers = Registers::shipped();
    if value.get("schema").is_none() {
        let originator = AgencyId::new("draft").expect("a token");
        let incident_id = IncidentId::generate();
        let origin = Origin { incident_id, revision: 1, originator, realm: Realm::Real, reported_at: Timestamp::now() };
        return Ok(Draft::from_value(value)?.complete(origin, registers)?.0);
    }
    let mut incident = Incident::from_value(&value)?;
    derive(&mut incident, registers);
    Ok(incident)
}

/// A line in the pieces that are compared with what is known.
struct RawPair<'a> {
    a: RawSide<'a>,
    b: RawSide<'a>,
}

struct RawSide<'a> {
    parties: Option<&'a RawValue>,
    incident_id: Option<&'a RawValue>,
    rest: Vec<(&'a str, &'a RawValue)>,
}

impl RawSide<'_> {
    /// Everything beside parties and id, as written, and whether there is an id: a draft has none.
    fn write_rest(&self, rest: &mut Vec<u8>) {
        rest.clear();
        rest.push(b'0' + u8::from(self.incident_id.is_some()));
        for (key, value) in &self.rest {
            // No key and no value has a line feed outside of what JSON lets stand between its parts.
            rest.extend_from_slice(key.as_bytes());
            rest.push(b'\n');
            rest.extend_from_slice(value.get().as_bytes());
            rest.push(b'\n');
        }
    }
}

impl<'de> Deserialize<'de> for RawPair<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pair;
        impl<'de> Visitor<'de> for Pair {
            type Value = RawPair<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a pair of incidents")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let (mut a, mut b) = (None, None);
                while let Some(key) = entries.next_key::<&str>()? {
                    let place = match key {
                        "a" => &mut a,
                        "b" => &mut b,
                        _ => return Err(A::Error::custom("more than a pair")),
                    };
                    if place.replace(entries.next_value::<RawSide<'de>>()?).is_some() {
                        return Err(A::Error::custom("a side stands twice"));
                    }
                }
                a.zip(b).map(|(a, b)| RawPair { a, b }).ok_or_else(|| A::Error::custom("less than a pair"))
            }
        }
        deserializer.deserialize_map(Pair)
    }
}

impl<'de> Deserialize<'de> for RawSide<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Side;
        impl<'de> Visitor<'de> for Side {
            type Value = RawSide<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an incident")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let mut side = RawSide { parties: None, incident_id: None, rest: Vec::with_capacity(16) };
                while let Some(key) = entries.next_key::<&str>()? {
                    let value = entries.next_value::<&RawValue>()?;
                    let before = match key {
                        "parties" => side.parties.replace(value),
                        "incident_id" => side.incident_id.replace(value),
                        _ => {
                            side.rest.push((key, value));
                            None
                        }
                    };
                    if before.is_some() {
                        return Err(A::Error::custom("a key stands twice"));
                    }
                }
                Ok(side)
            }
        }
        deserializer.deserialize_map(Side)
    }
}

/// A party without anything that needs a second look.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainParty {
    role: PartyRole,
    #[serde(default)]
    standing: Standing,
    name: String,
    address: Option<String>,
    country: Option<CountryCode>,
    phone: Option<String>,
    email: Option<String>,
    id_number: Option<String>,
}

/// Parties that the full check would take as well; `None` where it must be asked.
fn plain_parties(raw: &str) -> Option<Vec<Party>> {
    checked_parties(raw, serde_json::from_str(raw).ok()?)
}

/// The same of parties that were read already.
fn checked_parties(raw: &str, parties: Vec<PlainParty>) -> Option<Vec<Party>> {
    // An escape may be U+0000, and a null is no value.
    if raw.contains('\\') || raw.contains("null") {
        return None;
    }
    let is_short = |text: &String| text.len() <= SHORT_TEXT && !text.trim().is_empty();
    let is_plain = |party: &PlainParty| {
        let texts = [&party.address, &party.phone, &party.email, &party.id_number];
        is_short(&party.name) && texts.into_iter().flatten().all(is_short)
    };
    if parties.len() > MOST_PARTIES || !parties.iter().all(is_plain) {
        return None;
    }
    let party = |PlainParty { role, standing, name, address, country, phone, email, id_number }| Party {
        role,
        standing,
        name,
        address,
        country,
        phone,
        email,
        id_number,
    };
    Some(parties.into_iter().map(party).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, more: &str) -> String {
        let side = format!(
            r#"{{"kind":"seizure","occurred_at":"2026-03-05","place":{{"country":"NL"}},"substances":[{{"name":"ketamine"}}],"parties":[{{"role":"consignee","name":"{name}"{more}}}]}}"#
        );
        format!(r#"{{"a":{side},"b":{side}}}"#)
    }

    #[test]
    fn what_was_read_before_gives_the_same() {
        let mut reader = PairReader::default();
        for name in ["Lotus Harbour", "Kestrel Works", "Lotus Harbour", "Osprey Yard"] {
            let (one, two) = reader.read(line(name, "").as_bytes()).unwrap();
            let (other, _) = PairReader::default().read(line(name, "").as_bytes()).unwrap();
            assert_eq!(one.parties, other.parties);
            assert!(one.features().score(&two.features()).linked);
        }
        assert_eq!(reader.known.len(), 1);
        assert!(reader.before.is_some());
    }

    #[test]
    fn what_would_be_refused_is_refused_beside_what_is_known() {
        let mut reader = PairReader::default();
        for name in ["Lotus Harbour", "Kestrel Works"] {
            reader.read(line(name, "").as_bytes()).unwrap();
        }
        let long = "x".repeat(301);
        for odd in [
            line("", ""),
            line(" ", ""),
            line(&long, ""),
            line("nul\\u0000", ""),
            line("Lotus", r#","weather":"rain""#),
            line("Lotus", r#","country":null"#),
            line("Lotus", r#","name":"Kestrel""#),
            line("Lotus", "").replace("\"a\":{", "\"a\":{\"incident_id\":\"0198c2f4-5d6e-7a10-8b1c-2f3a4b5c6d7e\","),
            line("Lotus", "").replace("\"a\":{", "\"a\":{\"kind\":\"seizure\","),
            line("Lotus", "").replace("\"a\":{", "\"c\":{"),
            line("Lotus", "").replace("}}", "}},{}"),
            line("Lotus", "").replace("[{", "{").replace("}]", "}"),
        ] {
            assert!(reader.read(odd.as_bytes()).is_err(), "{odd}");
        }
    }
}
