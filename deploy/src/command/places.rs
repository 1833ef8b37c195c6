//! `backtrail-admin places`

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use backtrail_bus::gazetteer::unlocode;
use clap::Subcommand;
use flate2::read::MultiGzDecoder;
use serde_json::json;

/// What may be done with places.
#[derive(Debug, Subcommand)]
pub(crate) enum Places {
    /// Import the UN/LOCODE table, so that every place with a code is known with its coordinates
    ///
    /// The table is CSV with the columns country, location, name, subdivision, iata, lat and lon, plain or gzip. It
    /// replaces what was imported before. Officers' machines use the file that this writes; copy it there, or name it
    /// in BACKTRAIL_PLACES.
    #[command(after_help = "Example:\n  backtrail-admin places import un-locode.csv.gz")]
    Import {
        /// The table
        file: PathBuf,
        /// Where to write the places [default: places.bin in the user's data directory, or BACKTRAIL_PLACES]
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

impl Places {
    pub(crate) fn run(self, json: bool) -> anyhow::Result<()> {
        let Self::Import { file, output } = self;
        let output = output.map_or_else(unlocode::table_path, Ok)?;
        let (places, report) = unlocode::read_table(open(&file)?).with_context(|| file.display().to_string())?;
        unlocode::write(&output, &places)?;
        let words = format!(
            "{} rows: {} places, {} refused\n{} places have no coordinates in the table, {} had coordinates in another \
             country and are kept without\nwritten to {}",
            report.rows,
            report.places,
            report.refused,
            report.without_coordinates,
            report.elsewhere,
            output.display()
        );
        for problem in &report.problems {
            eprintln!("{problem}");
        }
        super::report(json, &words, &json!({ "report": report, "file": output }));
        Ok(())
    }
}

fn open(path: &Path) -> anyhow::Result<Box<dyn Read>> {
    let mut reader = BufReader::new(File::open(path).with_context(|| path.display().to_string())?);
    let is_gzip = reader.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(if is_gzip { Box::new(MultiGzDecoder::new(reader)) } else { Box::new(reader) })
}
