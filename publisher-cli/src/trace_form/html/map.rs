//! The map of a report, drawn as SVG: outlines, hops along great circles, numbered places.
//!
//! Plate carrée with the standard parallel in the middle, turned so that all places are near each other: the window may
//! reach over the antimeridian. Everything is drawn as often as it enters the window, which cuts the rest off.

use std::fmt::Write;

use backtrail_bus::gazetteer::distance::great_circle;
use backtrail_bus::incident::Coordinates;

use super::{Stop, put};

const OUTLINES: &str = include_str!("../../../../schemas/places/outlines.txt");

/// Size of the drawing, in its own units.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 560.0;
/// Degrees that are shown at least, and beside the outermost places.
const MIN_DEGREES: f64 = 14.0;
const MARGIN: f64 = 0.18;
/// Points of a line are no farther apart, in kilometres.
const STEP_KM: f64 = 150.0;
/// Places nearer than this share one mark, in units of the drawing.
const ONE_MARK: f64 = 22.0;

/// What part of the world is shown, and how.
struct Window {
    west: f64,
    north: f64,
    /// Units for each degree of longitude and of latitude.
    across: f64,
    down: f64,
}

impl Window {
    /// The smallest that holds all places.
    fn around(places: &[Coordinates]) -> Self {
        let mut longitudes: Vec<f64> = places.iter().map(|at| at.longitude).collect();
        longitudes.sort_by(f64::total_cmp);
        // East of the widest gap between neighbours lies the western edge.
        let first_again = longitudes[0] + 360.0;
        let following = longitudes.iter().skip(1).copied().chain([first_again]);
        let gaps = longitudes.iter().zip(following).map(|(from, to)| (to - from, to));
        let (gap, west) = gaps.max_by(|(a, _), (b, _)| a.total_cmp(b)).unwrap_or((360.0, -180.0));
        let latitudes = || places.iter().map(|at| at.latitude);
        let (south, north) = (latitudes().fold(90.0, f64::min), latitudes().fold(-90.0, f64::max));
        let (middle_lon, middle_lat) = (west + (360.0 - gap) / 2.0, ((south + north) / 2.0).clamp(-70.0, 70.0));
        let squeeze = middle_lat.to_radians().cos().max(0.4);
        let lon_span = ((360.0 - gap) * (1.0 + 2.0 * MARGIN)).max(MIN_DEGREES);
        let lat_span = ((north - south) * (1.0 + 2.0 * MARGIN)).max(MIN_DEGREES * squeeze);
        // One scale for both, so that shapes keep their form; never more than once around the world.
        let scale = (WIDTH / (lon_span * squeeze)).min(HEIGHT / lat_span).max(WIDTH / (360.0 * squeeze));
        let (across, down) = (scale * squeeze, scale);
        Self { west: middle_lon - WIDTH / 2.0 / across, north: middle_lat + HEIGHT / 2.0 / down, across, down }
    }

    fn point(&self, longitude: f64, latitude: f64) -> (f64, f64) {
        ((longitude - self.west) * self.across, (self.north - latitude) * self.down)
    }

    /// A place inside the window.
    fn place(&self, at: Coordinates) -> (f64, f64) {
        let longitude = self.west + (at.longitude - self.west).rem_euclid(360.0);
        self.point(longitude, at.latitude)
    }

    /// The path of a line in every turn of the world in which it touches the window.
    fn path(&self, line: &[(f64, f64)], close: bool, path: &mut String) {
        for turn in [-720.0, -360.0, 0.0, 360.0, 720.0] {
            let points: Vec<(f64, f64)> = line.iter().map(|(lon, lat)| self.point(lon + turn, *lat)).collect();
            let bounds = |of: fn(&(f64, f64)) -> f64| {
                let values = || points.iter().map(of);
                (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
            };
            let ((left, right), (top, bottom)) = (bounds(|point| point.0), bounds(|point| point.1));
            if right < 0.0 || left > WIDTH || bottom < 0.0 || top > HEIGHT {
                continue;
            }
            for (index, (x, y)) in points.iter().enumerate() {
                let _ = write!(path, "{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' });
            }
            if close {
                path.push('Z');
            }
        }
    }
}

/// Draws the map, and says what is not on it.
pub(super) fn map(stops: &[Stop<'_>], page: &mut String) {
    let placed: Vec<(&Stop<'_>, Coordinates)> =
        stops.iter().filter_map(|stop| Some((stop, stop.node.coordinates?))).collect();
    let missing: Vec<String> =
        stops.iter().filter(|stop| stop.node.coordinates.is_none()).map(|stop| stop.number.to_string()).collect();
    if placed.is_empty() {
        put!(page, "<p>The position of no incident is known.</p>");
        return;
    }
    let lines: Vec<(&Stop<'_>, Vec<(f64, f64)>)> =
        stops.iter().filter_map(|stop| Some((stop, line(stop, stops)?))).collect();
    let window = Window::around(&placed.iter().map(|(_, at)| *at).collect::<Vec<_>>());
    put!(page, "<figure><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"Map of the trace\">");
    put!(
        page,
        "<defs><clipPath id=\"frame\"><rect width=\"{WIDTH}\" height=\"{HEIGHT}\"/></clipPath>\
         <marker id=\"arrow\" viewBox=\"0 0 10 10\" refX=\"5\" refY=\"5\" markerWidth=\"13\" markerHeight=\"13\" \
         markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L10 5L0 10Z\" fill=\"#333\"/></marker></defs>"
    );
    put!(page, "<g clip-path=\"url(#frame)\"><rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#e8eff5\"/>");
    world(&window, page);
    for (stop, line) in &lines {
        let mut path = String::new();
        window.path(line, false, &mut path);
        let (colour, width, dash) = if stop.is_on_path { ("#8b0000", 2.6, "none") } else { ("#333", 1.3, "5 4") };
        put!(
            page,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" stroke-dasharray=\"{dash}\"/>"
        );
        // The way of the goods, in the middle of the line.
        if let Some(middle) = line.get(line.len() / 2 - 1..=line.len() / 2) {
            let mut arrow = String::new();
            window.path(middle, false, &mut arrow);
            put!(page, "<path d=\"{arrow}\" fill=\"none\" marker-end=\"url(#arrow)\"/>");
        }
    }
    marks(&window, &placed, page);
    put!(page, "</g><rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"none\" stroke=\"#777\"/></svg>");
    let missing = match missing.len() {
        0 => String::new(),
        _ => format!(" Not on the map, because their position is not known: no. {}.", missing.join(", ")),
    };
    put!(
        page,
        "<figcaption>Numbers are those of the incidents below; lines are great circles in the direction of the goods, not \
         the route that was taken: solid on the path to the likely origin, dashed elsewhere.{missing} Outlines: Natural \
         Earth, public domain; borders take no side.</figcaption></figure>"
    );
}

/// Land, borders, and a grid.
fn world(window: &Window, page: &mut String) {
    let (mut land, mut borders, mut grid) = (String::new(), String::new(), String::new());
    for outline in OUTLINES.lines().filter(|line| !line.starts_with('#')) {
        let Some((kind, points)) = outline.split_once(' ') else { continue };
        let points = points.split(' ').filter_map(|point| {
            let (longitude, latitude) = point.split_once(',')?;
            Some((longitude.parse().ok()?, latitude.parse().ok()?))
        });
        let points: Vec<(f64, f64)> = points.collect();
        match kind {
            "land" => window.path(&points, true, &mut land),
            _ => window.path(&points, false, &mut borders),
        }
    }
    let degrees = [1.0, 2.0, 5.0, 10.0, 20.0, 30.0];
    let step = degrees.into_iter().find(|step| WIDTH / window.across / step <= 12.0).unwrap_or(30.0);
    let first = (window.west / step).ceil();
    let lines =
        |first: f64, last: f64| (0_i32..).map(move |n| (first + f64::from(n)) * step).take_while(move |at| *at <= last);
    for longitude in lines(first, window.west + WIDTH / window.across) {
        let (x, _) = window.point(longitude, 0.0);
        let _ = write!(grid, "M{x:.1} 0V{HEIGHT}");
    }
    let south = window.north - HEIGHT / window.down;
    for latitude in lines((south / step).ceil(), window.north) {
        let (_, y) = window.point(0.0, latitude);
        let _ = write!(grid, "M0 {y:.1}H{WIDTH}");
    }
    put!(page, "<path d=\"{land}\" fill=\"#fbf8f1\" stroke=\"#9aa5ad\" stroke-width=\"0.6\"/>");
    put!(page, "<path d=\"{borders}\" fill=\"none\" stroke=\"#c3b9a6\" stroke-width=\"0.7\"/>");
    put!(page, "<path d=\"{grid}\" fill=\"none\" stroke=\"#b9c4cc\" stroke-width=\"0.4\"/>");
}

/// The great circle of a hop, from the earlier incident to the later; longitudes go on beyond 180 degrees.
fn line(stop: &Stop<'_>, stops: &[Stop<'_>]) -> Option<Vec<(f64, f64)>> {
    let other = stops.get(stop.next_to.checked_sub(1)?)?;
    let (from, to) = if stop.is_after { (other, stop) } else { (stop, other) };
    let parts = great_circle(from.node.coordinates?, to.node.coordinates?, STEP_KM);
    let mut line: Vec<(f64, f64)> = Vec::new();
    for at in parts.into_iter().flatten() {
        let near = line
            .last()
            .map_or(at.longitude, |(before, _)| at.longitude + ((before - at.longitude) / 360.0).round() * 360.0);
        line.push((near, at.latitude));
    }
    Some(line)
}

/// A numbered circle for each place; those that would cover each other share one.
fn marks(window: &Window, placed: &[(&Stop<'_>, Coordinates)], page: &mut String) {
    let mut marks: Vec<((f64, f64), Vec<usize>)> = Vec::new();
    for (stop, at) in placed {
        let (x, y) = window.place(*at);
        match marks.iter_mut().find(|((a, b), _)| (a - x).hypot(b - y) < ONE_MARK) {
            Some((_, numbers)) => numbers.push(stop.number),
            None => marks.push(((x, y), vec![stop.number])),
        }
    }
    for ((x, y), numbers) in marks {
        let label = match &numbers[..] {
            [.., _, _, _, _] => format!("{}, {}, ...", numbers[0], numbers[1]),
            few => few.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        };
        let width = 14.0 + 8.5 * label.len() as f64;
        let fill = if numbers.contains(&1) { "#8b0000" } else { "#1f4e79" };
        let left = (x - width / 2.0).clamp(1.0, WIDTH - width - 1.0);
        let top = (y - 11.0).clamp(1.0, HEIGHT - 23.0);
        put!(
            page,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"22\" rx=\"11\" fill=\"{fill}\" \
             stroke=\"#fff\" stroke-width=\"1.5\"/><text x=\"{:.1}\" y=\"{:.1}\" font-size=\"13\" font-weight=\"bold\" \
             fill=\"#fff\" text-anchor=\"middle\">{label}</text>",
            left + width / 2.0,
            top + 15.6
        );
    }
}
