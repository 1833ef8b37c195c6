//! Bulk formats: each turns rows of a file into drafts, or says why a row is not one.
//!
//! A new format is a new file here, with a line in [`Format`] and one in [`open`].

mod csv_rows;
mod ndjson;
mod table;
mod unodc_codes;
mod unodc_ids;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use anyhow::Context as _;
use backtrail_bus::incident::{Draft, DraftError, Finding};
use clap::ValueEnum;
use flate2::read::MultiGzDecoder;

/// A format that `backtrail bulk` reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One incident a row, with named columns (see `backtrail bulk --help`)
    Csv,
    /// One draft a line, as JSON
    Ndjson,
    /// UNODC individual drug seizures, as published
    UnodcIds,
}

/// One row: a draft, or why it is none.
pub(crate) struct Row {
    /// 1 for the first row of data.
    pub number: u64,
    pub content: Result<Draft, Refusal>,
    /// Texts that the format turned into codes.
    pub coded: Vec<Coded>,
    /// The row as it stood in the file, for the file of refused rows.
    pub raw: Raw,
}

/// A text that a format turned into a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Coded {
    pub column: &'static str,
    pub text: String,
    pub code: &'static str,
}

/// A row as it stood in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Raw {
    Cells(Vec<Vec<u8>>),
    Line(Vec<u8>),
}

/// Why a row is not posted.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Refusal {
    /// Name of the column, or path of the field; empty for the whole row.
    pub column: String,
    pub found: String,
    pub expected: String,
}

/// The rows of one file, and what its refused rows are written with.
pub(crate) struct Rows {
    pub rows: Box<dyn Iterator<Item = anyhow::Result<Row>>>,
    pub layout: Layout,
}

/// How refused rows are written, so that the file can be corrected and sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Layout {
    Table { header: Vec<Vec<u8>>, delimiter: u8 },
    Lines,
}

/// Columns that the file of refused rows adds; they are passed over when it is read again.
pub(crate) const REFUSED_COLUMNS: [&str; 4] = ["refused_row", "refused_column", "refused_found", "refused_expected"];
/// The same for lines of JSON: one member.
pub(crate) const REFUSED_MEMBER: &str = "refused";

impl Format {
    /// The format that a file's name suggests.
    pub(crate) fn of_name(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_lowercase();
        match name.trim_end_matches(".gz").rsplit('.').next()? {
            "csv" | "tsv" => Some(Self::Csv),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            _ => None,
        }
    }

    /// The ending of a file of refused rows.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::Csv | Self::UnodcIds => "csv",
            Self::Ndjson => "ndjson",
        }
    }
}

impl Refusal {
    pub(crate) fn new(column: impl Into<String>, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { column: column.into(), found: found.into(), expected: expected.into() }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.column.is_empty() {
            write!(f, "{}: ", self.column)?;
        }
        write!(f, "found {}, expected {}", self.found, self.expected)
    }
}

impl From<Finding> for Refusal {
    fn from(finding: Finding) -> Self {
        Self { column: finding.field, found: finding.found, expected: finding.expected }
    }
}

impl From<DraftError> for Refusal {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::Content(finding) => finding.into(),
            DraftError::Incident(backtrail_bus::incident::ReadError::Content(finding)) => finding.into(),
            other => Self::new("", other.to_string(), "an incident as in schemas/draft.v1.schema.json"),
        }
    }
}

/// Opens a file, plain or gzip, `-` for standard input. Errors here concern the file as a whole, before any row.
pub(crate) fn open(path: &Path, format: Format) -> anyhow::Result<Rows> {
    let reader = decompressed(path).with_context(|| path.display().to_string())?;
    match format {
        Format::Csv => csv_rows::open(reader),
        Format::Ndjson => Ok(ndjson::open(reader)),
        Format::UnodcIds => unodc_ids::open(reader),
    }
}

fn decompressed(path: &Path) -> std::io::Result<Box<dyn BufRead>> {
    let file: Box<dyn Read> =
        if path.as_os_str() == "-" { Box::new(std::io::stdin()) } else { Box::new(File::open(path)?) };
    let mut reader = BufReader::new(file);
    let is_gzip = reader.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(if is_gzip { Box::new(BufReader::new(MultiGzDecoder::new(reader))) } else { Box::new(reader) })
}
