//! A trace as GeoJSON (RFC 7946): incidents as points, hops as great-circle lines, evidence as properties. Beside the
//! features stand the trace's handling, what the tree tells beside its hops, and what was left out, as foreign members (section 6.1).

use backtrail_bus::gazetteer::distance::great_circle;
use backtrail_bus::incident::Coordinates;
use backtrail_bus::trace::{Trace, TraceNode};
use serde_json::{Value, json};

use super::tree::pointer;

/// Points of a line are no farther apart, in kilometres: a map draws straight between them.
const STEP_KM: f64 = 200.0;

/// The trace as a FeatureCollection. An incident without a position is a feature without a geometry.
pub(crate) fn geojson(trace: &Trace) -> Value {
    let mut features = Vec::new();
    add(trace, &trace.root, None, false, &mut features);
    let pointers = trace.pointers.iter().map(|one| json!({ "pointer": one, "words": pointer(one) }));
    let pointers: Vec<Value> = pointers.collect();
    json!({
        "type": "FeatureCollection", "handling": trace.handling, "handling_words": trace.handling.words(),
        "left_out": trace.left_out, "pointers": pointers, "siblings": trace.siblings,
        "contradictions": trace.contradictions, "gaps": trace.gaps, "diversion": trace.diversion, "features": features,
    })
}

/// `is_after`: the node came after `next_to`, not before it.
fn add(trace: &Trace, node: &TraceNode, next_to: Option<&TraceNode>, is_after: bool, features: &mut Vec<Value>) {
    let mut properties = serde_json::to_value(&node.incident).expect("a summary is plain data");
    properties["is_root"] = next_to.is_none().into();
    properties["handling"] = json!(node.handling);
    let origin = trace.origins().find(|origin| origin.incident_id == node.incident.incident_id);
    properties["origin_probability"] = origin.map(|origin| origin.probability).into();
    let point = node.coordinates.map(|at| json!({ "type": "Point", "coordinates": position(at) }));
    features.push(json!({
        "type": "Feature", "id": node.incident.incident_id, "geometry": point, "properties": properties,
    }));
    if let (Some(next_to), Some(hop)) = (next_to, &node.hop) {
        // Lines go the way of the goods.
        let (earlier, later) = if is_after { (next_to, node) } else { (node, next_to) };
        let mut handling = earlier.handling.clone();
        handling.inherit(later.handling.codes());
        let line = earlier.coordinates.zip(later.coordinates).map(|(from, to)| line(from, to));
        features.push(json!({
            "type": "Feature", "geometry": line, "properties": {
                "from": earlier.incident.incident_id, "to": later.incident.incident_id, "bits": hop.bits,
                "days": hop.days, "distance_km": hop.distance_km, "evidence": hop.evidence,
                "confirm_by": hop.confirm_by, "ask": hop.ask, "handling": handling,
            },
        }));
    }
    node.upstream.iter().for_each(|next| add(trace, next, Some(node), false, features));
    node.downstream.iter().for_each(|next| add(trace, next, Some(node), true, features));
}

fn line(from: Coordinates, to: Coordinates) -> Value {
    let parts = great_circle(from, to, STEP_KM);
    let parts: Vec<Vec<Value>> = parts.into_iter().map(|part| part.into_iter().map(position).collect()).collect();
    match &parts[..] {
        [one] => json!({ "type": "LineString", "coordinates": one }),
        several => json!({ "type": "MultiLineString", "coordinates": several }),
    }
}

/// Longitude before latitude, as the standard has it.
fn position(at: Coordinates) -> Value {
    json!([at.longitude, at.latitude])
}

#[cfg(test)]
mod tests {
    use geojson::{FeatureCollection, GeoJson, GeometryValue};

    use super::*;

    /// A trace from a seizure in Fiji to what came before it there, in Tokyo and in Auckland, and to one after it
    /// without a position.
    fn trace() -> Trace {
        let node = |n: u32, at: Option<(f64, f64)>, handling: &str| {
            let hop = (n > 1).then(|| {
                let evidence =
                    json!([{ "comparison": "container", "found": "MSKU6011672", "bits": 13.0, "words": "on both" }]);
                json!({ "bits": 13.0, "evidence": evidence, "days": 9, "confirm_by": "the seal", "ask": "nl-customs" })
            });
            let mut node = json!({
                "incident": {
                    "incident_id": format!("00000000-0000-7000-8000-{n:012}"), "revision": 1,
                    "originator": "nl-customs", "kind": "seizure", "occurred_at": "2026-03-01", "headline": "ketamine",
                },
                "handling": [handling],
            });
            if let Some((latitude, longitude)) = at {
                node["coordinates"] = json!({ "latitude": latitude, "longitude": longitude });
            }
            if let Some(hop) = hop {
                node["hop"] = hop;
            }
            node
        };
        let mut root = node(1, Some((-18.1, -179.9)), "H0");
        root["upstream"] = json!([
            node(2, Some((35.6, 139.7)), "H2"),
            node(3, Some((-36.8, 174.7)), "H0"),
            // The very same place.
            node(4, Some((-18.1, -179.9)), "H0"),
        ]);
        root["downstream"] = json!([node(5, None, "H0")]);
        let trace = json!({ "direction": "both", "handling": ["H2", "H0"], "root": root, "hops": 4 });
        serde_json::from_value(trace).unwrap()
    }

    fn check_line(line: &[geojson::Position]) {
        assert!(line.len() >= 2, "a line has two positions or more (section 3.1.4)");
        for pair in line.windows(2) {
            assert!((pair[0][0] - pair[1][0]).abs() <= 180.0, "crosses the antimeridian (section 3.1.9): {pair:?}");
        }
        for at in line {
            assert!((-180.0..=180.0).contains(&at[0]) && (-90.0..=90.0).contains(&at[1]), "{at:?}");
        }
    }

    #[test]
    fn it_is_what_the_standard_says() {
        let written = geojson(&trace()).to_string();
        let Ok(GeoJson::FeatureCollection(FeatureCollection { features, foreign_members, .. })) = written.parse()
        else {
            panic!("{written}");
        };
        assert_eq!(foreign_members.unwrap()["handling"], json!(["H2", "H0"]));
        let (mut points, mut lines, mut cut, mut nowhere) = (0, 0, 0, 0);
        for feature in &features {
            let properties = feature.properties.as_ref().unwrap();
            assert!(properties.contains_key("handling"), "{properties:?}");
            match feature.geometry.as_ref().map(|geometry| &geometry.value) {
                Some(GeometryValue::Point { coordinates: at }) => {
                    points += 1;
                    check_line(&[at.clone(), at.clone()]);
                }
                Some(GeometryValue::LineString { coordinates }) => {
                    lines += 1;
                    check_line(coordinates);
                    assert_eq!(properties["evidence"][0]["comparison"], "container");
                }
                Some(GeometryValue::MultiLineString { coordinates }) => {
                    cut += 1;
                    coordinates.iter().for_each(|line| check_line(line));
                    let (first, second) = (coordinates[0].last().unwrap(), &coordinates[1][0]);
                    assert_eq!((first[0].abs(), second[0], first[1]), (180.0, -first[0], second[1]));
                }
                None => nowhere += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((points, lines, cut, nowhere), (4, 1, 2, 2), "{written}");
        // Lines go the way of the goods: into the root upstream, out of it downstream.
        let root = "00000000-0000-7000-8000-000000000001";
        let hops = features.iter().filter_map(|feature| feature.properties.as_ref()).filter(|p| p.contains_key("from"));
        let ways: Vec<bool> = hops.map(|properties| properties["to"] == root).collect();
        assert_eq!(ways, [true, true, true, false]);
    }
}
