//! `backtraild calibrate`

use std::path::PathBuf;

use backtrail_bus::exercise::generate;
use backtrail_bus::exit;
use subscriber_daemon::evaluate::{Recount, calibrate};

use super::exercise::{self, ExerciseSettings};

/// Count the model's numbers anew, where the truth is known
///
/// For every level of every comparison: how often it comes out between incidents that belong together (m) and between
/// others (u), beside what the model has. Nothing is changed: numbers that convince go into
/// schemas/correlation-model.toml, with their source. What two incidents share is measured as they were reported, so an
/// agency's own file says more than an invented one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtraild calibrate reports.ndjson")]
pub(crate) struct Calibrate {
    /// Incidents, one a line, with what belongs together beside them in FILE.truth.json; an exercise if left out
    #[arg(value_name = "FILE", conflicts_with_all = ["seed", "incidents", "noise", "hot"])]
    exercise: Option<PathBuf>,
    #[command(flatten)]
    settings: ExerciseSettings,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Calibrate {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let settings = self.settings.checked()?;
        let read = self.exercise.as_deref().map(exercise::read).transpose()?;
        let recount = calibrate(&read.unwrap_or_else(|| generate(&settings)));
        if self.json {
            println!("{}", serde_json::json!({ "levels": recount }));
        } else {
            print(&recount);
        }
        Ok(exit::DONE)
    }
}

fn print(recount: &[Recount]) {
    println!("{:<42} {:>15} {:>19} {:>13}", "", "m", "u", "bits");
    println!(
        "{:<42} {:>7} {:>7}  {:>8} {:>9}  {:>5} {:>6}",
        "comparison and level", "model", "counted", "model", "counted", "model", "counted"
    );
    for rows in recount.chunk_by(|a, b| a.model.comparison == b.model.comparison) {
        let Recount { model, together, apart, .. } = &rows[0];
        println!("{}: {together} pairs together, {apart} apart", model.comparison);
        for Recount { model, m, u, bits, .. } in rows {
            println!(
                "  {:<40} {:>7.4} {m:>7.4}  {:>8.5} {u:>9.5}  {:>+5.1} {bits:>+6.1}",
                model.level,
                model.m,
                model.u,
                (model.m / model.u).log2()
            );
        }
    }
}
