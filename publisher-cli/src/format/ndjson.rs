//! `ndjson`: one draft a line.

use std::io::BufRead;

use backtrail_bus::incident::Draft;
use backtrail_bus::strict_json;
use serde_json::Value;

use super::{Layout, REFUSED_MEMBER, Raw, Refusal, Row, Rows};

pub(super) fn open(reader: Box<dyn BufRead>) -> Rows {
    let lines = reader.split(b'\n').filter(|line| !matches!(line, Ok(line) if line.trim_ascii().is_empty()));
    let rows = lines.zip(1..).map(|(line, number)| {
        let line = line?;
        Ok(Row { number, content: read(&line), coded: Vec::new(), raw: Raw::Line(line) })
    });
    Rows { rows: Box::new(rows), layout: Layout::Lines }
}

fn read(line: &[u8]) -> Result<Draft, Refusal> {
    let mut value = strict_json::parse(line)
        .map_err(|error| Refusal::new("", format!("what is not JSON ({error})"), "one draft as a JSON object"))?;
    if let Value::Object(fields) = &mut value {
        fields.remove(REFUSED_MEMBER);
    }
    Draft::from_value(value).map_err(Refusal::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_are_no_rows() {
        let text = "\n{\"kind\":\"seizure\"}\n  \n{]\n{\"a\":1,\"a\":2}\n";
        let rows: Vec<Row> = open(Box::new(text.as_bytes())).rows.map(Result::unwrap).collect();
        let verdicts: Vec<(u64, bool)> = rows.iter().map(|row| (row.number, row.content.is_ok())).collect();
        assert_eq!(verdicts, [(1, true), (2, false), (3, false)]);
        assert!(rows[2].content.as_ref().unwrap_err().to_string().contains("stands twice"));
    }
}
