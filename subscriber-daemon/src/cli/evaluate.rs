//! `backtraild evaluate`

use std::path::PathBuf;

use backtrail_bus::exercise::{Settings, generate, generate_paths};
use backtrail_bus::exit;
use subscriber_daemon::evaluate::{Evaluation, TraceEvaluation, TraceQuality, evaluate, evaluate_traces};

use super::exercise::{self, ExerciseSettings};

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
    #[command(flatten)]
    settings: ExerciseSettings,
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
        let settings = self.settings.checked()?;
        if self.trace {
            let at = |noise: f64| evaluate_traces(&generate_paths(&Settings { noise, ..settings }, self.paths));
            let evaluation = at(settings.noise);
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
        let exercise = self.exercise.as_deref().map(exercise::read).transpose()?;
        let evaluation = evaluate(&exercise.unwrap_or_else(|| generate(&settings)))?;
        if self.json {
            println!("{}", serde_json::to_string(&evaluation)?);
        } else {
            print(&evaluation);
        }
        Ok(exit::DONE)
    }
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
