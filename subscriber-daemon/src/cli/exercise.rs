//! Exercises on the command line: invented or read.

use std::io::BufRead as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use backtrail_bus::exercise::{Exercise, Settings};
use backtrail_bus::incident::Incident;

/// What an exercise is invented by.
#[derive(Debug, clap::Args)]
pub(crate) struct ExerciseSettings {
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
}

impl ExerciseSettings {
    /// The settings, if they make sense.
    pub(crate) fn checked(&self) -> anyhow::Result<Settings> {
        let Self { seed, incidents, noise, hot } = *self;
        ensure!((0.0..=5.0).contains(&noise), "found noise {noise}, expected a number from 0 to 5");
        ensure!((0.0..=1.0).contains(&hot), "found a share of {hot}, expected a number from 0 to 1");
        Ok(Settings { seed, incidents, noise, hot_share: hot })
    }
}

/// Reads what `backtrail-admin exercise generate` wrote.
pub(crate) fn read(path: &Path) -> anyhow::Result<Exercise> {
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
