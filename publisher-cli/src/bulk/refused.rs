//! The file of refused rows: each as it stood, with the reason beside it, to be corrected and sent again.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::format::{Layout, REFUSED_COLUMNS, REFUSED_MEMBER, Raw, Refusal, Row};

/// A file that comes into being with the first refused row.
pub(super) struct RefusedFile {
    path: PathBuf,
    layout: Layout,
    writer: Option<Writer>,
}

enum Writer {
    Table(Box<csv::Writer<File>>),
    Lines(BufWriter<File>),
}

impl RefusedFile {
    pub(super) fn new(path: PathBuf, layout: Layout) -> Self {
        Self { path, layout, writer: None }
    }

    pub(super) fn write(&mut self, row: &Row, refusal: &Refusal) -> anyhow::Result<()> {
        let shown = self.path.display().to_string();
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => {
                let file = File::create(&self.path).with_context(|| shown.clone())?;
                self.writer.insert(begin(file, &self.layout).with_context(|| shown.clone())?)
            }
        };
        match writer {
            Writer::Table(writer) => writer.write_byte_record(&table_row(row, refusal, &self.layout)).context(shown),
            Writer::Lines(writer) => writeln!(writer, "{}", line(row, refusal)).context(shown),
        }
    }

    /// Completes the file and gives its path, if any row was refused.
    pub(super) fn finish(self) -> anyhow::Result<Option<PathBuf>> {
        match self.writer {
            None => return Ok(None),
            Some(Writer::Table(mut writer)) => writer.flush(),
            Some(Writer::Lines(mut writer)) => writer.flush(),
        }
        .with_context(|| self.path.display().to_string())?;
        Ok(Some(self.path))
    }
}

fn begin(file: File, layout: &Layout) -> csv::Result<Writer> {
    Ok(match layout {
        Layout::Lines => Writer::Lines(BufWriter::new(file)),
        Layout::Table { header, delimiter } => {
            let mut writer = csv::WriterBuilder::new().delimiter(*delimiter).flexible(true).from_writer(file);
            let own = header.iter().zip(keeps(header)).filter(|(_, keep)| *keep).map(|(cell, _)| cell.as_slice());
            writer.write_record(own.chain(REFUSED_COLUMNS.iter().map(|name| name.as_bytes())))?;
            Writer::Table(Box::new(writer))
        }
    })
}

/// Which columns are the file's own: a file that is refused twice does not gain its reasons twice.
fn keeps(header: &[Vec<u8>]) -> impl Iterator<Item = bool> + '_ {
    header.iter().map(|cell| !REFUSED_COLUMNS.iter().any(|name| name.as_bytes() == cell.trim_ascii()))
}

fn table_row(row: &Row, refusal: &Refusal, layout: &Layout) -> csv::ByteRecord {
    let (Raw::Cells(cells), Layout::Table { header, .. }) = (&row.raw, layout) else {
        unreachable!("a table has rows of cells")
    };
    // Cells beyond the header have no column to be left out with.
    let keeps = keeps(header).chain(std::iter::repeat(true));
    let mut record: csv::ByteRecord = cells.iter().zip(keeps).filter(|(_, keep)| *keep).map(|(cell, _)| cell).collect();
    for text in [&row.number.to_string(), &refusal.column, &refusal.found, &refusal.expected] {
        record.push_field(text.as_bytes());
    }
    record
}

fn line(row: &Row, refusal: &Refusal) -> Value {
    let Raw::Line(line) = &row.raw else { unreachable!("lines are kept as lines") };
    let reason = json!({
        "row": row.number, "field": refusal.column, "found": refusal.found, "expected": refusal.expected,
    });
    match serde_json::from_slice(line) {
        Ok(Value::Object(mut fields)) => {
            fields.insert(REFUSED_MEMBER.to_owned(), reason);
            fields.into()
        }
        _ => json!({ REFUSED_MEMBER: reason, "line": String::from_utf8_lossy(line) }),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::format::{Format, open};

    /// Refuses every row of a file and gives the text of the result.
    fn refuse_all(dir: &Path, name: &str, text: &str, format: Format) -> String {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        let rows = open(&path, format).unwrap();
        let mut refused = RefusedFile::new(dir.join("refused"), rows.layout);
        for row in rows.rows {
            refused.write(&row.unwrap(), &Refusal::new("amount", "\"x\"", "a number")).unwrap();
        }
        std::fs::read_to_string(refused.finish().unwrap().unwrap()).unwrap()
    }

    #[test]
    fn a_refused_file_can_be_sent_again_and_gains_nothing_twice() {
        let dir = tempfile::tempdir().unwrap();
        let text = "occurred_at,substance,country\n2026,\"a, b\",NL\n2026,x\n";
        let once = refuse_all(dir.path(), "a.csv", text, Format::Csv);
        let expected = "occurred_at,substance,country,refused_row,refused_column,refused_found,refused_expected\n\
                        2026,\"a, b\",NL,1,amount,\"\"\"x\"\"\",a number\n";
        assert!(once.starts_with(expected), "{once}");
        let first_row = once.lines().take(2).map(|line| format!("{line}\n")).collect::<String>();
        assert_eq!(refuse_all(dir.path(), "b.csv", &first_row, Format::Csv), first_row);
    }

    #[test]
    fn lines_keep_what_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let refused = refuse_all(dir.path(), "a.ndjson", "{\"kind\":\"x\"}\nnot json\n", Format::Ndjson);
        let lines: Vec<Value> = refused.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["kind"], "x");
        assert_eq!(lines[0]["refused"]["row"], 1);
        assert_eq!(lines[1]["line"], "not json");
    }
}
