//! `backtrail-admin demo`

mod children;
mod setup;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use backtrail_bus::agency::AgencyId;
use serde::Deserialize;
use serde_json::{Value, json};

use self::children::Programs;
use self::setup::Stage;

/// How long the daemon may take to hold everything that was posted.
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(30 * 60);
const POLL_EVERY: Duration = Duration::from_millis(100);
/// How many leads are tried for a trace where the scenario names none.
const TRACE_CANDIDATES: usize = 10;

/// Set up a bus of three agencies, post incidents, show leads and a trace
///
/// Everything runs on this machine, on free ports and in a directory of its own, in the exercise realm.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deploy/demo
  deploy/demo --once --import seizures.csv.gz --format unodc-ids")]
pub(crate) struct Demo {
    /// Stop after the trace instead of waiting for Ctrl-C
    #[arg(long)]
    once: bool,
    /// Post this file as nl-customs instead of the demo scenario
    #[arg(long, value_name = "FILE", requires = "format")]
    import: Option<PathBuf>,
    /// Format of the file: csv, ndjson or unodc-ids
    #[arg(long, requires = "import")]
    format: Option<String>,
    /// Directory in which the demo makes its own
    #[arg(long, value_name = "DIR", default_value = "target/demo")]
    work_dir: PathBuf,
    /// Directory of the demo scenario
    #[arg(long, value_name = "DIR", default_value = "deploy/demo-scenario")]
    scenario: PathBuf,
}

/// What was posted, all files together.
#[derive(Debug, Default)]
struct Posted {
    accepted: u64,
    refused: u64,
    /// Messages on the stream: one a circle.
    sent: u64,
}

/// The part of a bulk report that matters here.
#[derive(Debug, Deserialize)]
struct BulkReport {
    accepted: u64,
    warned: u64,
    refused: u64,
    sent: u64,
    waiting: u64,
}

/// The part of the scenario's truth that matters here.
#[derive(Debug, Deserialize)]
struct Truth {
    trace_from: String,
}

/// Tells the story: on standard output, unless that is for a program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Story {
    json: bool,
}

impl Story {
    pub(crate) fn tell(self, line: &str) {
        if self.json { eprintln!("{line}") } else { println!("{line}") }
    }
}

impl Demo {
    pub(crate) async fn run(self, json: bool) -> anyhow::Result<()> {
        let started = Instant::now();
        let story = Story { json };
        let stage = Stage::set(&self.work_dir, story).await?;
        let programs = stage.programs();
        let watch = programs.watch(story, self.import.is_some())?;
        let posted = self.post(programs, story).await?;
        let status = caught_up(programs, posted.sent).await?;
        let leads = status["leads_open"].as_u64().unwrap_or(0);
        watch.finish(leads).await;
        story.tell(&format!("\n{} incidents held by nl-customs, {leads} leads open", status["incidents"]));
        let trace = self.trace(programs).await?;
        if let Some((incident, trace)) = &trace {
            story.tell(&format!("\n$ backtrail trace {incident}"));
            let words = programs.backtrail("nl-customs", &["trace", incident]).await?;
            story.tell(words.trim_end());
            story.tell(&format!("({} hops)", trace["hops"]));
        }
        story.tell(&stage.places());
        if !self.once {
            story.tell(&stage.suggestions());
            tokio::signal::ctrl_c().await.context("no handler for Ctrl-C")?;
        }
        let hops = trace.map_or(json!(0), |(_, trace)| trace["hops"].clone());
        stage.strike().await;
        if json {
            let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            println!(
                "{}",
                json!({
                    "posted": posted.accepted,
                    "refused": posted.refused,
                    "leads": leads,
                    "trace_hops": hops,
                    "elapsed_ms": elapsed_ms,
                })
            );
        }
        Ok(())
    }

    async fn post(&self, programs: &Programs, story: Story) -> anyhow::Result<Posted> {
        let files: Vec<(AgencyId, PathBuf, &str)> = match (&self.import, &self.format) {
            (Some(file), Some(format)) => vec![(AgencyId::new("nl-customs")?, file.clone(), format)],
            _ => setup::AGENCIES
                .iter()
                .map(|(id, ..)| Ok((AgencyId::new(*id)?, self.scenario.join(format!("{id}.ndjson")), "ndjson")))
                .collect::<anyhow::Result<_>>()?,
        };
        let mut posted = Posted::default();
        for (agency, file, format) in files {
            story.tell(&format!("\n$ backtrail bulk {} --format {format}   # as {agency}", file.display()));
            let path = file.to_str().context("the file's name is not Unicode")?;
            let report: BulkReport = programs.bulk(agency.as_str(), path, format).await?;
            let BulkReport { accepted, warned, refused, sent, waiting } = report;
            story.tell(&format!("{accepted} accepted, {warned} accepted with warnings, {refused} refused"));
            anyhow::ensure!(waiting == 0, "{waiting} posts of {agency} were not sent");
            posted.accepted += accepted + warned;
            posted.refused += refused;
            posted.sent += sent;
        }
        Ok(posted)
    }

    /// The trace that the scenario names, or the one with the most hops from the strongest leads.
    async fn trace(&self, programs: &Programs) -> anyhow::Result<Option<(String, Value)>> {
        let candidates = match self.import {
            None => vec![truth(&self.scenario)?.trace_from],
            Some(_) => programs.latest_members(TRACE_CANDIDATES).await?,
        };
        let mut best: Option<(String, Value)> = None;
        for incident in candidates {
            let trace = programs.backtrail_json("nl-customs", &["trace", &incident]).await?;
            let hops = |trace: &Value| trace["hops"].as_u64().unwrap_or(0);
            if best.as_ref().is_none_or(|(_, best)| hops(&trace) > hops(best)) {
                best = Some((incident, trace));
            }
        }
        Ok(best)
    }
}

fn truth(scenario: &Path) -> anyhow::Result<Truth> {
    let path = scenario.join("truth.json");
    let text = std::fs::read(&path).with_context(|| path.display().to_string())?;
    serde_json::from_slice(&text).with_context(|| path.display().to_string())
}

/// Waits until the daemon holds what was sent.
async fn caught_up(programs: &Programs, sent: u64) -> anyhow::Result<Value> {
    let deadline = Instant::now() + CATCH_UP_TIMEOUT;
    loop {
        let status = programs.backtrail_json("nl-customs", &["status"]).await?;
        if status["caught_up"] == true && status["messages"].as_u64() >= Some(sent) {
            return Ok(status);
        }
        anyhow::ensure!(Instant::now() < deadline, "the daemon did not catch up: {status}");
        tokio::time::sleep(POLL_EVERY).await;
    }
}
