//! `backtraild evaluate`

use std::io::BufRead as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use backtrail_bus::exercise::{Exercise, Settings, generate, generate_paths};
use backtrail_bus::exit;
use backtrail_bus::incident::Incident;
use subscriber_daemon::evaluate::{Evaluation, TraceEvaluation, TraceQuality, evaluate, evaluate_traces};

/// Measure the leads on an invented exercise with known truth
///
/// The exercise has background traffic, planted patterns, look-alikes, and the noise of real reports; the same seed gives
/// the same figures.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtraild evaluate --incidents 20000 --seed 7 --json")]
pub(crate) struct Evaluate {
    /// Exercise to read instead: incidents, one a line, with what was planted beside them in FILE.truth.json
    #[arg(value_name = "FILE", conflicts_with_all = ["seed", "incidents", "noise", "hot", "trace"])]
    exercise: Option<PathBuf>,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Incidents in all
    #[arg(long, default_value_t = 10_000)]
    incidents: usize,
    /// Noise: 0 none, 1 as real reports, 2 twice as much
    #[arg(long, default_value_t = 1.0)]
    noise: f64,
    /// Share of incidents that name one of a few forwarders
    #[arg(long, default_value_t = 0.03)]
    hot: f64,
    /// Measure traces instead, on planted paths of 2 to 6 hops with decoys
    #[arg(long)]
    trace: bool,
    /// Planted paths
    #[arg(long, default_value_t = 1_000, requires = "trace")]
    paths: usize,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Noises at which traces are measured beside the one asked for.
const NOISES: [f64; 3] = [0.0, 1.0, 2.0];

impl Evaluate {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        ensure!((0.0..=5.0).contains(&self.noise), "found noise {}, expected a number from 0 to 5", self.noise);
        ensure!((0.0..=1.0).contains(&self.hot), "found a share of {}, expected a number from 0 to 1", self.hot);
        let settings = Settings { seed: self.seed, incidents: self.incidents, noise: self.noise, hot_share: self.hot };
        if self.trace {
            let at = |noise: f64| evaluate_traces(&generate_paths(&Settings { noise, ..settings }, self.paths));
            let evaluation = at(self.noise);
            let by_noise = NOISES.map(|noise| (noise, at(noise).all));
            if self.json {
                let mut trace = serde_json::to_value(&evaluation)?;
                let rows = by_noise.iter().map(|(noise, all)| Ok((noise.to_string(), serde_json::to_value(all)?)));
                trace["by_noise"] = rows.collect::<serde_json::Result<serde_json::Map<_, _>>>()?.into();
                println!("{}", serde_json::json!({ "trace": trace }));
            } else {
                print_traces(&evaluation, &by_noise);
            }
            return Ok(exit::DONE);
        }
        let exercise = self.exercise.as_deref().map(read).transpose()?;
        let evaluation = evaluate(&exercise.unwrap_or_else(|| generate(&settings)))?;
        if self.json {
            println!("{}", serde_json::to_string(&evaluation)?);
        } else {
            print(&evaluation);
        }
        Ok(exit::DONE)
    }
}

/// Reads what `backtrail-admin exercise generate` wrote.
fn read(path: &Path) -> anyhow::Result<Exercise> {
    let mut incidents = Vec::new();
    for (line, number) in super::open(path)?.split(b'\n').zip(1..) {
        let line = line.with_context(|| path.display().to_string())?;
        if !line.trim_ascii().is_empty() {
            let incident = Incident::read(line.trim_ascii());
            incidents.push(incident.with_context(|| format!("{}, line {number}", path.display()))?);
        }
    }
    let truth = path.with_extension("truth.json");
    let read = std::fs::read(&truth).with_context(|| truth.display().to_string())?;
    let planted = serde_json::from_slice(&read).with_context(|| truth.display().to_string())?;
    Ok(Exercise { incidents, planted })
}

fn print(evaluation: &Evaluation) {
    let Evaluation { incidents, leads, planted, pairs, false_leads_per_1000, kinds, reliability } = evaluation;
    println!("{incidents} incidents, {planted} planted patterns, {leads} open leads");
    println!("pairs: precision {:.3}, recall {:.3}, F1 {:.3}", pairs.precision, pairs.recall, pairs.f1);
    println!("false leads: {false_leads_per_1000:.2} per 1,000 incidents");
    println!("{:<20} {:>8} {:>8} {:>9} {:>7} {:>6}", "kind", "planted", "found", "precision", "recall", "F1");
    for (kind, quality) in kinds {
        let (wanted, found) = (quality.wanted, quality.found);
        println!(
            "{kind:<20} {wanted:>8} {found:>8} {:>9.3} {:>7.3} {:>6.3}",
            quality.precision, quality.recall, quality.f1
        );
    }
    println!("stated probability against observed:");
    for row in reliability {
        println!(
            "  {:>5.3} to {:<5.3} {:>7} leads  stated {:.3}  observed {:.3}",
            row.stated_from, row.stated_to, row.leads, row.stated, row.observed
        );
    }
}

fn print_traces(evaluation: &TraceEvaluation, by_noise: &[(f64, TraceQuality)]) {
    let TraceEvaluation { incidents, all, infeasible_hops, hops, by_hops, p50_ms, p99_ms } = evaluation;
    println!(
        "{incidents} incidents, {} planted paths; half of the traces took {p50_ms:.1} ms at most, 99 % {p99_ms:.1}",
        all.paths
    );
    println!("{hops} hops offered, {infeasible_hops} of them impossible");
    println!("{:<6} {:>6} {:>13} {:>16} {:>10}", "hops", "paths", "origin first", "in first three", "diversion");
    let row = |name: &str, quality: &TraceQuality| {
        let TraceQuality { paths, origin_top1, origin_top3, diversion_exact } = quality;
        println!("{name:<6} {paths:>6} {origin_top1:>13.3} {origin_top3:>16.3} {diversion_exact:>10.3}");
    };
    by_hops.iter().for_each(|(hops, quality)| row(&hops.to_string(), quality));
    row("all", all);
    println!("by noise:");
    by_noise.iter().for_each(|(noise, quality)| row(&noise.to_string(), quality));
}
