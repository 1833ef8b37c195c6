//! `backtraild evaluate`

use anyhow::ensure;
use backtrail_bus::exercise::{Settings, generate, generate_paths};
use backtrail_bus::exit;
use subscriber_daemon::evaluate::{Evaluation, TraceEvaluation, TraceQuality, evaluate, evaluate_traces};

/// Measure the leads on an invented exercise with known truth
///
/// The exercise has background traffic, planted patterns, look-alikes, and the noise of real reports; the same seed gives
/// the same figures.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtraild evaluate --incidents 20000 --seed 7 --json")]
pub(crate) struct Evaluate {
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

impl Evaluate {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        ensure!((0.0..=5.0).contains(&self.noise), "found noise {}, expected a number from 0 to 5", self.noise);
        ensure!((0.0..=1.0).contains(&self.hot), "found a share of {}, expected a number from 0 to 1", self.hot);
        let settings = Settings { seed: self.seed, incidents: self.incidents, noise: self.noise, hot_share: self.hot };
        if self.trace {
            let evaluation = evaluate_traces(&generate_paths(&settings, self.paths));
            if self.json {
                println!("{}", serde_json::json!({ "trace": evaluation }));
            } else {
                print_traces(&evaluation);
            }
            return Ok(exit::DONE);
        }
        let evaluation = evaluate(&generate(&settings));
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

fn print_traces(evaluation: &TraceEvaluation) {
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
}
