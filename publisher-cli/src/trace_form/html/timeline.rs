//! The timeline of a report, drawn as SVG: a row for each incident, in the order of time, with its hop.

use std::fmt::Write;

use jiff::civil::Date;

use super::{Stop, name, put, text};

const WIDTH: f64 = 1000.0;
/// Where the days begin, right of the names, and where they end.
const LEFT: f64 = 250.0;
const RIGHT: f64 = 970.0;
const ROW: f64 = 26.0;
/// Rows of one drawing: a page has room for so many, and a drawing cannot be broken.
const MOST_ROWS: usize = 30;
/// Signs of a name that fit left of the days.
const MOST_SIGNS: usize = 24;

/// Draws the timeline.
pub(super) fn timeline(stops: &[Stop<'_>], page: &mut String) {
    let mut ordered: Vec<&Stop<'_>> = stops.iter().collect();
    ordered.sort_by_key(|stop| (stop.node.incident.occurred_at.first_day(), stop.number));
    let first = stops.iter().map(|stop| stop.node.incident.occurred_at.first_day()).min();
    let last = stops.iter().map(|stop| stop.node.incident.occurred_at.last_day()).max();
    let Some((first, last)) = first.zip(last) else { return };
    let scale = Scale { first, days: f64::from((last - first).get_days().max(1)) };
    for rows in ordered.chunks(MOST_ROWS) {
        drawing(&scale, rows, stops, page);
    }
}

struct Scale {
    first: Date,
    days: f64,
}

impl Scale {
    fn x(&self, day: Date) -> f64 {
        LEFT + f64::from((day - self.first).get_days()) / self.days * (RIGHT - LEFT)
    }
}

fn drawing(scale: &Scale, rows: &[&Stop<'_>], stops: &[Stop<'_>], page: &mut String) {
    let height = ROW * (rows.len() as f64 + 1.6);
    put!(page, "<figure><svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"Timeline of the trace\">");
    let mut grid = String::new();
    for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let x = LEFT + share * (RIGHT - LEFT);
        let day = scale.first.saturating_add(jiff::Span::new().days((scale.days * share).round() as i32));
        let _ = write!(grid, "M{x:.1} 18V{height:.1}");
        let anchor = if share == 1.0 { "end" } else { "middle" };
        let x = if share == 1.0 { WIDTH } else { x };
        put!(page, "<text x=\"{x:.1}\" y=\"12\" font-size=\"12\" fill=\"#555\" text-anchor=\"{anchor}\">{day}</text>");
    }
    put!(page, "<path d=\"{grid}\" stroke=\"#ccc\" stroke-width=\"0.6\" fill=\"none\"/>");
    let y = |index: usize| ROW * (index as f64 + 1.5);
    let row_of = |number: usize| rows.iter().position(|stop| stop.number == number);
    for (index, stop) in rows.iter().enumerate() {
        let Some((other, other_row)) = stop.next_to.checked_sub(1).map(|n| &stops[n]).zip(row_of(stop.next_to)) else {
            continue;
        };
        let at = |stop: &Stop<'_>| scale.x(stop.node.incident.occurred_at.first_day());
        let (colour, width, dash) = if stop.is_on_path { ("#8b0000", 2.0, "none") } else { ("#777", 1.0, "4 3") };
        put!(
            page,
            "<path d=\"M{:.1} {:.1}L{:.1} {:.1}\" stroke=\"{colour}\" stroke-width=\"{width}\" stroke-dasharray=\"{dash}\" \
             fill=\"none\"/>",
            at(stop),
            y(index),
            at(other),
            y(other_row)
        );
    }
    for (index, stop) in rows.iter().enumerate() {
        let incident = &stop.node.incident;
        let (from, to) = (scale.x(incident.occurred_at.first_day()), scale.x(incident.occurred_at.last_day()));
        let (y, fill) = (y(index), if stop.next_to == 0 { "#8b0000" } else { "#1f4e79" });
        let mut label: String = name(stop.node).chars().take(MOST_SIGNS).collect();
        if label.chars().count() < name(stop.node).chars().count() {
            label.push_str("...");
        }
        put!(page, "<text x=\"0\" y=\"{:.1}\" font-size=\"12.5\">{}</text>", y + 4.5, text(&label));
        // A month or a year is a bar: the day is not known.
        put!(
            page,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"18\" rx=\"9\" fill=\"{fill}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"11.5\" font-weight=\"bold\" fill=\"#fff\" \
             text-anchor=\"middle\">{}</text>",
            from - 11.0,
            y - 9.0,
            to - from + 22.0,
            from.midpoint(to),
            y + 4.2,
            stop.number
        );
    }
    put!(page, "</svg></figure>");
}
