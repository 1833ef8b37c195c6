//! `backtrail-admin exercise`

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use backtrail_bus::exercise::{Settings, outline};
use clap::Subcommand;
use serde_json::json;

/// What may be done for exercises.
#[derive(Debug, Subcommand)]
pub(crate) enum Exercise {
    /// Invent incidents with planted patterns, for training people and for measuring
    ///
    /// Writes the incidents in the order of their arrival, one a line, for `backtraild replay`, and what was planted. The
    /// same seed gives the same exercise. All incidents bear the mark of the exercise realm.
    #[command(after_help = "Example:\n  backtrail-admin exercise generate --incidents 5000 --output autumn.ndjson")]
    Generate {
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Incidents in all; revisions come on top
        #[arg(long, default_value_t = 1_000)]
        incidents: usize,
        /// Noise: 0 none, 1 as real reports, 2 twice as much
        #[arg(long, default_value_t = 1.0)]
        noise: f64,
        /// Share of incidents that name one of a few forwarders
        #[arg(long, default_value_t = 0.03)]
        hot: f64,
        /// Where to write the incidents; what was planted goes beside it, to FILE.truth.json
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
    },
}

impl Exercise {
    pub(crate) fn run(self, json: bool) -> anyhow::Result<()> {
        let Self::Generate { seed, incidents, noise, hot, output } = self;
        ensure!((0.0..=5.0).contains(&noise), "found noise {noise}, expected a number from 0 to 5");
        ensure!((0.0..=1.0).contains(&hot), "found a share of {hot}, expected a number from 0 to 1");
        let exercise = outline(&Settings { seed, incidents, noise, hot_share: hot });
        let mut file = BufWriter::new(File::create(&output).with_context(|| output.display().to_string())?);
        for incident in exercise.incidents() {
            file.write_all(&incident.to_bytes())?;
            file.write_all(b"\n")?;
        }
        file.flush()?;
        let truth = output.with_extension("truth.json");
        std::fs::write(&truth, serde_json::to_vec(&exercise.planted)?).with_context(|| truth.display().to_string())?;
        let (revisions, planted) = (exercise.incidents().len(), exercise.planted.len());
        let words = format!(
            "{revisions} revisions of {incidents} incidents in {}, {planted} planted patterns in {}",
            output.display(),
            truth.display()
        );
        let value = json!({ "revisions": revisions, "planted": planted, "incidents": output, "truth": truth });
        super::report(json, &words, &value);
        Ok(())
    }
}
