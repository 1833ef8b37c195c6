//! Two things in two columns.

use textwrap::core::display_width;

/// The widths of the columns, in all 80 with the blanks between them.
const LABEL: usize = 14;
const SIDE: usize = 28;
const SAYS: usize = 6;

/// One row: what it is, both sides, and what the comparison says.
#[derive(Debug)]
pub(crate) struct Row {
    pub label: String,
    pub a: String,
    pub b: String,
    pub says: String,
}

/// All rows, each wrapped in its columns.
pub(crate) fn side_by_side(rows: &[Row]) -> String {
    rows.iter().map(in_columns).collect::<Vec<String>>().join("\n")
}

fn in_columns(Row { label, a, b, says }: &Row) -> String {
    let columns = [cell(label, LABEL), cell(a, SIDE), cell(b, SIDE), cell(says, SAYS)];
    let height = columns.iter().map(Vec::len).max().unwrap_or_default();
    let line = |number: usize| {
        let part = |column: usize, width: usize| {
            let text = columns[column].get(number).map_or("", String::as_str);
            format!("{text}{}", " ".repeat(width.saturating_sub(display_width(text))))
        };
        let line = [part(0, LABEL), part(1, SIDE), part(2, SIDE), part(3, SAYS)].join(" ");
        line.trim_end().to_owned()
    };
    (0..height).map(line).collect::<Vec<String>>().join("\n")
}

/// The lines of one cell. What strangers wrote may hold control characters, which a terminal would obey.
fn cell(text: &str, width: usize) -> Vec<String> {
    let clean = |line: &str| line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    text.lines()
        .flat_map(|line| {
            let options = textwrap::Options::new(width).subsequent_indent("  ");
            textwrap::wrap(&clean(line), options).into_iter().map(|line| line.into_owned()).collect::<Vec<String>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_in_80() {
        let row = |label: &str, a: &str, b: &str, says: &str| Row {
            label: label.to_owned(),
            a: a.to_owned(),
            b: b.to_owned(),
            says: says.to_owned(),
        };
        let rows = [
            row("", "A-1", "B-2", "bits"),
            row("party name", "Lotus Harbour Trading Company Limited", "深圳乐途化工有限公司", "+16.0"),
            row("red", "\u{1b}[31m", "-", "none"),
        ];
        let expected = "               A-1                          B-2                          bits
party name     Lotus Harbour Trading        深圳乐途化工有限公司         +16.0
                 Company Limited
red             [31m                        -                            none";
        let shown = side_by_side(&rows);
        assert_eq!(shown, expected);
        assert!(shown.lines().all(|line| display_width(line) <= 80));
    }
}
