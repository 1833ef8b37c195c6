//! `backtraild score-pairs`

use std::io::{BufRead, Write, stdout};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use backtrail_bus::agency::AgencyId;
use backtrail_bus::exit;
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::{Draft, Incident, Origin, derive};
use backtrail_bus::realm::Realm;
use backtrail_bus::registers::Registers;
use backtrail_bus::strict_json;
use jiff::Timestamp;
use serde_json::Value;
use subscriber_daemon::engine::Features;

/// Compare pairs of incidents, without any history
///
/// Reads lines of JSON, {"a": incident, "b": incident}, and writes for each the bits of evidence that the two are linked,
/// the probability, whether that makes them linked, and every comparison. Drafts are taken as well. It uses the shipped
/// model alone: for audits, and for comparing with other matchers.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtraild score-pairs pairs.ndjson > scores.ndjson")]
pub(crate) struct ScorePairs {
    /// File of pairs, `-` for standard input
    #[arg(default_value = "-")]
    file: PathBuf,
}

impl ScorePairs {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let mut out = std::io::BufWriter::new(stdout().lock());
        let (mut pairs, mut refused, mut scoring) = (0_u32, 0_u32, Duration::ZERO);
        for (line, number) in super::open(&self.file)?.split(b'\n').zip(1_u64..) {
            let line = line.context("the file cannot be read to its end")?;
            if line.trim_ascii().is_empty() {
                continue;
            }
            match read(&line) {
                Ok((a, b)) => {
                    if pairs == 0 {
                        // The first comparison loads the words and the model; that is not what a pair costs.
                        drop(Features::of(&a));
                    }
                    let started = Instant::now();
                    let score = Features::of(&a).score(&Features::of(&b));
                    scoring += started.elapsed();
                    pairs += 1;
                    serde_json::to_writer(&mut out, &score)?;
                }
                Err(error) => {
                    refused += 1;
                    eprintln!("line {number}: {error:#}");
                    serde_json::to_writer(&mut out, &serde_json::json!({ "error": format!("{error:#}") }))?;
                }
            }
            out.write_all(b"\n").context("standard output")?;
        }
        out.flush().context("standard output")?;
        let mean = scoring.checked_div(pairs).unwrap_or_default();
        eprintln!("{pairs} pairs, {refused} refused; {mean:.1?} a pair to compare, reading aside");
        Ok(if refused > 0 { exit::REFUSED } else { exit::DONE })
    }
}

fn read(line: &[u8]) -> anyhow::Result<(Incident, Incident)> {
    let mut pair = strict_json::parse(line).context("not JSON")?;
    let mut side = |name: &str| {
        let value =
            pair.get_mut(name).map(Value::take).with_context(|| format!("found no {name:?}, expected an incident"))?;
        incident(value).with_context(|| name.to_owned())
    };
    Ok((side("a")?, side("b")?))
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
