//! A trace as GeoJSON (RFC 7946): incidents as points, hops as great-circle lines, evidence as properties.

use backtrail_bus::gazetteer::distance::great_circle;
use backtrail_bus::incident::Coordinates;
use backtrail_bus::trace::{Trace, TraceNode};
use serde_json::{Value, json};

/// Points of a line are no farther apart, in kilometres: a map draws straight between them.
const STEP_KM: f64 = 200.0;

/// The trace as a FeatureCollection. An incident without a position is a feature without a geometry.
pub(crate) fn geojson(trace: &Trace) -> Value {
    let mut features = Vec::new();
    add(trace, &trace.root, None, &mut features);
    json!({ "type": "FeatureCollection", "features": features })
}

fn add(trace: &Trace, node: &TraceNode, from: Option<&TraceNode>, features: &mut Vec<Value>) {
    let mut properties = serde_json::to_value(&node.incident).expect("a summary is plain data");
    properties["is_root"] = from.is_none().into();
    let origin = trace.origins().find(|origin| origin.incident_id == node.incident.incident_id);
    properties["origin_probability"] = origin.map(|origin| origin.probability).into();
    let point = node.coordinates.map(|at| json!({ "type": "Point", "coordinates": position(at) }));
    features.push(json!({
        "type": "Feature", "id": node.incident.incident_id, "geometry": point, "properties": properties,
    }));
    if let (Some(from), Some(hop)) = (from, &node.hop) {
        let line = from.coordinates.zip(node.coordinates).map(|(to, at)| line(at, to));
        features.push(json!({
            "type": "Feature", "geometry": line, "properties": {
                "from": node.incident.incident_id, "to": from.incident.incident_id, "bits": hop.bits,
                "evidence": hop.evidence, "confirm_by": hop.confirm_by, "ask": hop.ask,
            },
        }));
    }
    node.next().for_each(|next| add(trace, next, Some(node), features));
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
