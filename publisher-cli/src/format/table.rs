//! What the formats with rows and columns share: finding the delimiter, reading the header, walking the rows.

use std::io::BufRead;

use anyhow::Context as _;
use backtrail_bus::incident::Draft;

use super::{Coded, Layout, REFUSED_COLUMNS, Raw, Refusal, Row, Rows};

/// The cells of one row by column.
pub(super) struct Cells<'a> {
    columns: &'a [Option<usize>],
    record: &'a csv::ByteRecord,
}

/// A table's columns: what they are called, and how a row becomes a draft.
pub(super) struct Columns {
    pub names: &'static [&'static str],
    /// Columns that must be there.
    pub required: &'static [&'static str],
    pub to_draft: fn(&Cells<'_>) -> Result<Draft, Refusal>,
    /// The texts of a row that become codes.
    pub to_codes: fn(&Cells<'_>) -> Vec<Coded>,
}

impl Cells<'_> {
    /// The text of the column with this number among the names, `None` where it is blank. Not trimmed.
    pub(super) fn raw(&self, column: usize) -> Option<&str> {
        let cell = self.record.get(self.columns[column]?)?;
        let text = std::str::from_utf8(cell).expect("rows that are not UTF-8 are refused before");
        (!text.trim().is_empty()).then_some(text)
    }
}

/// Reads a table. `delimiter` is sniffed from the header where it is not given.
pub(super) fn open(mut reader: Box<dyn BufRead>, columns: Columns, delimiter: Option<u8>) -> anyhow::Result<Rows> {
    let start = reader.fill_buf().context("the file cannot be read")?;
    if start.starts_with(b"\xef\xbb\xbf") {
        reader.consume(3);
    }
    let delimiter = match delimiter {
        Some(delimiter) => delimiter,
        None => sniff(reader.fill_buf().context("the file cannot be read")?),
    };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(reader);
    let header = reader.byte_headers().context("the header cannot be read")?.clone();
    let positions = positions(&header, &columns)?;
    let layout = Layout::Table { header: owned(&header), delimiter };
    let rows = reader.into_byte_records().zip(1..).map(move |(record, number)| {
        let record = record.context("the file cannot be read to its end")?;
        let cells = Cells { columns: &positions, record: &record };
        let (content, coded) = match refuse_shape(&record, header.len()) {
            Some(refusal) => (Err(refusal), Vec::new()),
            None => ((columns.to_draft)(&cells), (columns.to_codes)(&cells)),
        };
        Ok(Row { number, content, coded, raw: Raw::Cells(owned(&record)) })
    });
    Ok(Rows { rows: Box::new(rows), layout })
}

/// Where each named column stands in the header. An unknown name is an error before anything is posted: silently
/// dropping a column would lose what was written in it.
fn positions(header: &csv::ByteRecord, columns: &Columns) -> anyhow::Result<Vec<Option<usize>>> {
    let mut positions = vec![None; columns.names.len()];
    for (position, cell) in header.iter().enumerate() {
        let name = String::from_utf8_lossy(cell).trim().to_owned();
        if REFUSED_COLUMNS.contains(&name.as_str()) {
            continue;
        }
        let known = columns.names.iter().position(|known| known.eq_ignore_ascii_case(&name));
        let Some(known) = known else {
            anyhow::bail!("found a column called {name:?}, expected these: {}", columns.names.join(", "));
        };
        anyhow::ensure!(positions[known].is_none(), "the column {name:?} stands twice in the header");
        positions[known] = Some(position);
    }
    for name in columns.required {
        let known = columns.names.iter().position(|known| known == name).expect("required columns are known");
        anyhow::ensure!(positions[known].is_some(), "the column {name:?} is missing from the header");
    }
    Ok(positions)
}

fn refuse_shape(record: &csv::ByteRecord, columns: usize) -> Option<Refusal> {
    if record.len() != columns {
        return Some(Refusal::new("", format!("{} cells", record.len()), format!("{columns}, as in the header")));
    }
    let bad = record.iter().find(|cell| std::str::from_utf8(cell).is_err())?;
    Some(Refusal::new("", format!("{:?}", String::from_utf8_lossy(bad)), "text in UTF-8"))
}

/// The delimiter that the first line has most of.
fn sniff(start: &[u8]) -> u8 {
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: &u8| line.iter().filter(|byte| *byte == delimiter).count();
    // Of equally frequent ones the last, so a header of one column has commas.
    *b";\t,".iter().max_by_key(|delimiter| count(delimiter)).expect("there are three")
}

fn owned(record: &csv::ByteRecord) -> Vec<Vec<u8>> {
    record.iter().map(<[u8]>::to_vec).collect()
}
