//! `backtrail bulk`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use backtrail_bus::agency::CircleId;
use backtrail_bus::exit;
use indicatif::{ProgressBar, ProgressStyle};

use crate::bulk::{Bulk as Run, Report};
use crate::format::{self, Format};
use crate::output::print_json;
use crate::session::Session;

/// Post every row of a file, each accounted for
///
/// Rows are accepted, accepted with warnings, refused with the reason, or already sent; the four add up. Sending the
/// same file again posts nothing twice. Refused rows are also written to a file of the same format, to be corrected
/// and sent again as it is. Files may be gzip.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Formats:
  csv        named columns, separated by comma, semicolon or tab; needs occurred_at,
             substance and a place (country, locode or place)
  ndjson     one draft a line, as in schemas/draft.v1.schema.json
  unodc-ids  UNODC individual drug seizures, as published

Example:
  backtrail bulk seizures-2026-11.csv --circle all")]
pub(crate) struct Bulk {
    /// File to post; `-` for standard input
    file: PathBuf,
    /// Format of the file [default: by its name]
    #[arg(long)]
    format: Option<Format>,
    /// Circle for rows that name none (may be given several times) [default: the context's circle]
    #[arg(long, value_name = "CIRCLE")]
    circle: Vec<CircleId>,
    /// Only account for the rows; nothing is posted
    #[arg(long)]
    dry_run: bool,
    /// File for refused rows [default: the file's name with .refused, in this directory]
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
}

impl Bulk {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let format = self.format.or_else(|| Format::of_name(&self.file));
        let format = format.with_context(|| format!("{}: say its --format", self.file.display()))?;
        let rows = format::open(&self.file, format)?;
        let circles = session.circles(&self.circle).unwrap_or_default();
        let connection = if self.dry_run { None } else { self.connect(session).await };
        let key = session.signing_key()?;
        let mut outbox = session.outbox()?;
        let run = Run {
            session,
            outbox: &mut outbox,
            key: &key,
            connection: connection.as_ref(),
            circles: &circles,
            dry_run: self.dry_run,
            refused_path: self.refused.clone().unwrap_or_else(|| refused_path(&self.file, format)),
        };
        let bar = progress_bar();
        let report = run
            .run(rows, |report| {
                bar.set_position(report.rows);
                bar.set_message(format!("{} sent, {} refused", report.sent, report.refused));
            })
            .await?;
        bar.finish_and_clear();
        if session.json {
            print_json(&report)
        } else {
            print_words(&report, self.dry_run)
        }
        Ok(exit_code(&report, self.dry_run))
    }

    /// Without a connection the rows are still safe in the outbox, so this is no reason to stop.
    async fn connect(&self, session: &Session) -> Option<backtrail_bus::connection::Connection> {
        match session.connect().await {
            Ok(connection) => Some(connection),
            Err(error) => {
                eprintln!("note: {error}; rows are kept in the outbox");
                None
            }
        }
    }
}

fn exit_code(report: &Report, dry_run: bool) -> u8 {
    match (report.refused, report.waiting) {
        (1.., _) => exit::REFUSED,
        (0, 1..) if !dry_run => exit::TRY_LATER,
        _ => exit::DONE,
    }
}

fn print_words(report: &Report, dry_run: bool) {
    let Report { rows, accepted, warned, refused, already_sent, sent, waiting, .. } = report;
    println!(
        "{rows} rows: {accepted} accepted, {warned} accepted with warnings, {refused} refused, {already_sent} already sent"
    );
    if dry_run {
        println!("nothing was posted: this was a dry run");
    } else {
        println!("{sent} messages stored by the hub, {waiting} waiting in the outbox");
    }
    if let Some(file) = &report.refused_file {
        println!("refused rows are in {}; correct them there and send that file", file.display());
    }
    if let Some(problem) = &report.problem {
        println!("kept in the outbox: {problem}");
    }
}

/// `seizures.csv.gz` gives `seizures.refused.csv`.
fn refused_path(file: &Path, format: Format) -> PathBuf {
    let name = file.file_name().and_then(|name| name.to_str()).filter(|name| *name != "-").unwrap_or("stdin");
    let name = name.trim_end_matches(".gz");
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    PathBuf::from(format!("{stem}.refused.{}", format.ending()))
}

/// Shown on a terminal only; indicatif hides it elsewhere.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::no_length();
    bar.set_style(
        ProgressStyle::with_template("{spinner} {pos} rows ({per_sec}), {msg}").expect("a fixed template is valid"),
    );
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_rows_lie_beside_the_command() {
        let path = |file: &str, format| refused_path(Path::new(file), format);
        assert_eq!(path("/data/a.csv.gz", Format::Csv), Path::new("a.refused.csv"));
        assert_eq!(path("-", Format::Ndjson), Path::new("stdin.refused.ndjson"));
    }

    #[test]
    fn exit_codes_are_honest() {
        let code = |refused, waiting, dry_run| exit_code(&Report { refused, waiting, ..Report::default() }, dry_run);
        assert_eq!(code(0, 0, false), exit::DONE);
        assert_eq!(code(1, 5, false), exit::REFUSED);
        assert_eq!(code(0, 5, false), exit::TRY_LATER);
        assert_eq!(code(0, 5, true), exit::DONE);
    }
}
