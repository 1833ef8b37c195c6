//! `backtrail bulk`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use backtrail_bus::agency::{AgencyId, CircleId};
use backtrail_bus::context::Context;
use backtrail_bus::exit;
use backtrail_bus::incident::Origin;
use backtrail_bus::realm::Realm;
use backtrail_bus::registers::InstalledRegisters;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use crate::bulk::{Bulk as Run, Posting, Report};
use crate::format::{self, Format, Rows};
use crate::output::{print_json, wrapped};
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
    /// Only account for the rows and say how much the registers understand; nothing is posted, no context is needed
    #[arg(long)]
    dry_run: bool,
    /// File for refused rows [default: the file's name with .refused, in this directory]
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
}

impl Bulk {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let format = self.format()?;
        let rows = format::open(&self.file, format)?;
        let circles = session.circles(&self.circle).unwrap_or_default();
        let connection = self.connect(session).await;
        let key = session.signing_key()?;
        let mut outbox = session.outbox()?;
        let registers = session.registers()?;
        let posting = Posting { outbox: &mut outbox, key: &key, connection: connection.as_ref(), circles: &circles };
        let run = Run {
            origin: &|id| session.origin(id, 1),
            registers: registers.get(),
            posting: Some(posting),
            refused_path: self.refused_path(format),
        };
        self.report(run, rows, session.json).await
    }

    /// True for a run that needs no context: it posts nothing.
    pub(crate) fn is_dry(&self) -> bool {
        self.dry_run
    }

    /// Accounts for the rows. Works without a context, so that a file can be tried before there is one.
    pub(crate) async fn dry_run(self, context: Option<&str>, json: bool) -> anyhow::Result<u8> {
        let format = self.format()?;
        let rows = format::open(&self.file, format)?;
        let context = context.map(Context::load).transpose()?;
        let nobody = AgencyId::new("dry-run").expect("a token");
        let agency = context.as_ref().map_or(nobody, |context| context.agency.clone());
        let realm = context.as_ref().map_or(Realm::Exercise, |context| context.realm);
        let registers = InstalledRegisters::open(context.as_ref().and_then(|context| context.substances.as_deref()))?;
        let origin = |incident_id| Origin {
            incident_id,
            revision: 1,
            originator: agency.clone(),
            realm,
            reported_at: Timestamp::now(),
        };
        let refused_path = self.refused_path(format);
        let run = Run { origin: &origin, registers: registers.get(), posting: None, refused_path };
        self.report(run, rows, json).await
    }

    async fn report(&self, run: Run<'_>, rows: Rows, json: bool) -> anyhow::Result<u8> {
        let bar = progress_bar();
        let report = run
            .run(rows, |report| {
                bar.set_position(report.rows);
                bar.set_message(format!("{} sent, {} refused", report.sent, report.refused));
            })
            .await?;
        bar.finish_and_clear();
        if json {
            print_json(&report)
        } else {
            print_words(&report, self.dry_run)
        }
        Ok(exit_code(&report, self.dry_run))
    }

    fn format(&self) -> anyhow::Result<Format> {
        let format = self.format.or_else(|| Format::of_name(&self.file));
        format.with_context(|| format!("{}: say its --format", self.file.display()))
    }

    fn refused_path(&self, format: Format) -> PathBuf {
        self.refused.clone().unwrap_or_else(|| refused_path(&self.file, format))
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
        print_resolution(report);
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

/// One line a column: how much of it the registers understand.
fn print_resolution(report: &Report) {
    for (column, read) in &report.resolution {
        println!(
            "  {column:<14} {:>6.2} % of {} rows, {:>6.2} % of {} distinct texts understood",
            read.row_share * 100.0,
            read.rows,
            read.distinct_share * 100.0,
            read.distinct
        );
        let unresolved = read.unresolved.iter().take(5).map(|text| format!("{:?} ({})", text.text, text.rows));
        let unresolved: Vec<String> = unresolved.collect();
        if !unresolved.is_empty() {
            println!(
                "{}",
                wrapped(&format!("not: {}", unresolved.join(", ")), "                 ", "                 ")
            );
        }
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
